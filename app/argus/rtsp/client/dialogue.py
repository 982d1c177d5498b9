"""Requests and their answers on one connection.

Spec: RFC 2326 § Request, § Response; RFC 7616.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from argus.base.errors import Unavailable
from argus.rtsp.client.answer import Answer
from argus.rtsp.client.challenge import Authorization
from argus.rtsp.client.deadline import Deadlines
from argus.rtsp.protocol.message import Method
from argus.rtsp.protocol.status import Headers

USER_AGENT = "argus-station"
# Unsigned, signed, and signed anew where the nonce has worn out in between.
MAX_ATTEMPTS = 3
DEFAULT_SESSION_TIMEOUT_S = 60
_SESSION = re.compile(r"([!-:<-~]{1,128})\s*(?:;\s*timeout\s*=\s*([0-9]{1,6}))?", re.IGNORECASE)


class Dialogue:
    """Asks one thing after the other and signs what has to be signed."""

    def __init__(
        self, send: Callable[[bytes], None], authorization: Authorization, deadlines: Deadlines, step_s: float
    ) -> None:
        self.session = ""
        self.session_timeout_s = DEFAULT_SESSION_TIMEOUT_S
        self._send = send
        self._authorization = authorization
        self._deadlines = deadlines
        self._step_s = step_s
        self._cseq = 0
        self._turn = asyncio.Lock()
        self._awaited: asyncio.Future[Answer] | None = None
        self._failure = ""

    async def ask(self, method: Method, uri: str, headers: Headers = ()) -> Answer:
        """The final answer, whatever its status; 401 only where it could not be obeyed.

        Raises:
            Unavailable: subject "receiver": there is none in time, or the device wants other credentials.
        """
        async with self._turn:
            with self._deadlines.step(f"answer to {method}", self._step_s):
                for _ in range(MAX_ATTEMPTS):
                    signature = self._authorization.header(method, uri)
                    answer = await self._exchange(method, uri, headers, signature)
                    if answer.status != 401:
                        self._authorization.accepted()
                        return answer
                    self._authorization.challenged(answer.values("www-authenticate"), signed=signature is not None)
        raise Unavailable("receiver", "the device asks to log in again and again")

    def take(self, answer: Answer) -> None:
        """Take what the server sent: an answer, a provisional one, or a request of its own."""
        if answer.status == 0:
            self._refuse(answer)
            return
        matches = answer.cseq is None or answer.cseq == self._cseq
        if matches and answer.status >= 200 and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(answer)

    def fail(self, why: str) -> None:
        """There will be no answer any more."""
        self._failure = self._failure or why
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(Unavailable("receiver", self._failure))

    async def _exchange(self, method: Method, uri: str, headers: Headers, signature: str | None) -> Answer:
        if self._failure:
            raise Unavailable("receiver", self._failure)
        self._cseq += 1
        signed = () if signature is None else (("Authorization", signature),)
        session = (("Session", self.session),) if self.session else ()
        self._awaited = asyncio.get_running_loop().create_future()
        self._send(_encode(f"{method} {uri} RTSP/1.0", (("CSeq", str(self._cseq)), *headers, *session, *signed)))
        try:
            answer = await self._awaited
        finally:
            self._awaited = None
        self._note_session(answer)
        return answer

    def _note_session(self, answer: Answer) -> None:
        match = _SESSION.match(answer.header("session"))
        if match is not None and answer.status < 300:
            self.session = match[1]
            if match[2] is not None:
                self.session_timeout_s = max(1, int(match[2]))

    def _refuse(self, request: Answer) -> None:
        """Nothing may be asked of a client; OPTIONS is how some servers look whether it is still there."""
        status = "200 OK" if request.method == Method.OPTIONS else "501 Not Implemented"
        cseq = () if request.cseq is None else (("CSeq", str(request.cseq)),)
        self._send(_encode(f"RTSP/1.0 {status}", cseq))


def _encode(first_line: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    if not first_line.startswith("RTSP/"):
        lines.append(f"User-Agent: {USER_AGENT}")
    if not all(line.isprintable() for line in lines):
        # What a header holds came from the device: a nonce, a session, an address.
        raise Unavailable("receiver", "the device sent a control character to be sent back")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
