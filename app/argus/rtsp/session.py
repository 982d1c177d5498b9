"""The RTSP session of one connection: its state, its tracks, its answers.

Spec: RFC 2326 § Method Definitions, § RTSP State Machine; Streaming § RTSP.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from enum import Enum, auto
from typing import TypeVar

from argus.base.clock import Clock
from argus.base.errors import ArgusError, LimitReached, NotFound, Unavailable
from argus.rtsp.authorization import Authenticator, authorize
from argus.rtsp.description import describe
from argus.rtsp.limits import SessionSlots
from argus.rtsp.link import Link
from argus.rtsp.presentation import Outcome, Playback, Presentation, Presentations
from argus.rtsp.protocol.message import Method, Request, Response
from argus.rtsp.protocol.playback import accepts_sdp, check_require, parse_play, parse_session_id
from argus.rtsp.protocol.range import ClockRange, parse_range
from argus.rtsp.protocol.status import Headers, ProtocolError, Status
from argus.rtsp.protocol.uri import MediaUri, control, parse_media_uri
from argus.rtsp.setup import TrackSetup

logger = logging.getLogger(__name__)

_T = TypeVar("_T")


class State(Enum):
    """Spec: RFC 2326 § Server State Machine."""

    INIT = auto()
    READY = auto()
    PLAYING = auto()


_ANY = frozenset(State)
_ALLOWED = {
    Method.OPTIONS: _ANY,
    Method.DESCRIBE: _ANY,
    Method.GET_PARAMETER: _ANY,
    Method.SET_PARAMETER: _ANY,
    Method.SETUP: frozenset({State.INIT, State.READY}),
    Method.PLAY: frozenset({State.READY, State.PLAYING}),
    Method.PAUSE: frozenset({State.READY, State.PLAYING}),
    Method.TEARDOWN: frozenset({State.READY, State.PLAYING}),
}
_PUBLIC = ", ".join(Method)
# Methods of RFC 2326 that exist and are not for us to answer; other words are no methods at all.
_FOREIGN = frozenset({"ANNOUNCE", "RECORD", "REDIRECT"})


class Session:
    """What one client has set up, and what it is playing. Requests are answered one after the other.

    `tasks` runs the playback; it belongs to the connection and ends with it.
    """

    def __init__(
        self,
        link: Link,
        presentations: Presentations,
        authenticator: Authenticator,
        setup: TrackSetup,
        slots: SessionSlots,
        clock: Clock,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._link = link
        self._presentations = presentations
        self._authenticator = authenticator
        self._setup = setup
        self._slots = slots
        self._clock = clock
        self._tasks = tasks
        self._state = State.INIT
        self._id = ""
        self._timeout_s = 0
        self._presentation: Presentation | None = None
        self._base = ""
        self._playback: Playback | None = None
        self._playing: asyncio.Task[None] | None = None
        self._last_sign_ns = clock.mono_ns()

    async def answer(self, request: Request) -> Response:
        """The answer to any request; playing begins after the caller has sent it."""
        return await self._contain(self._answer(request)) or Response(status=Status.INTERNAL_SERVER_ERROR)

    def receive(self, channel: int, payload: bytes) -> None:
        """Take an interleaved frame: a receiver report is a sign of life, anything else is dropped."""
        if self._setup.is_report(channel, payload):
            self.touch()

    def touch(self) -> None:
        """The client gave a sign of life."""
        self._last_sign_ns = self._clock.mono_ns()

    def overdue(self) -> str:
        """Why this session has to end now; empty where it has not."""
        now_ns = self._clock.mono_ns()
        if self._state is State.INIT:
            return ""
        if now_ns - self._last_sign_ns > self._timeout_s * 1_000_000_000:
            return f"no sign of life for {self._timeout_s} s"
        if self._playback is not None and self._playback.stalled(now_ns):
            return "it takes no data"
        return ""

    @property
    def exists(self) -> bool:
        return self._state is not State.INIT

    async def close(self) -> None:
        """Stop playing and release everything. May be called twice."""
        await self._stop()
        if self._playback is not None:
            self._setup.say_goodbye()
        self._setup.clear()
        self._playback = self._presentation = None
        if self._state is not State.INIT:
            self._state = State.INIT
            self._slots.release()

    async def _contain(self, work: Coroutine[object, object, _T]) -> _T | None:
        """What `work` returns; None where it failed in a way nobody foresaw, which ends up in the log only."""
        try:
            return await work
        except Exception:
            logger.exception("a request or playback of %s failed", self._link.peer.host)
            return None

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._dispatch(request)
        except ProtocolError as error:
            return self._refuse(request, error.status, str(error), error.headers)
        except NotFound as error:
            return self._refuse(request, Status.NOT_FOUND, str(error))
        except (Unavailable, LimitReached) as error:
            return self._refuse(request, Status.SERVICE_UNAVAILABLE, str(error))
        except ArgusError as error:
            return self._refuse(request, Status.BAD_REQUEST, str(error))

    def _refuse(self, request: Request, status: Status, why: str, headers: Headers = ()) -> Response:
        logger.debug("%s %s of %s: %s", request.method, request.uri, self._link.peer.host, why)
        return Response(status=status, headers=headers)

    async def _dispatch(self, request: Request) -> Response:
        method = _method(request.method)
        check_require(request)
        if method is not Method.OPTIONS:
            self._authorize(request)
        self._check_session(method, request)
        if method is not Method.TEARDOWN:
            self.touch()
        match method:
            case Method.OPTIONS:
                return Response(status=Status.OK, headers=(("Public", _PUBLIC), *self._session_header()))
            case Method.GET_PARAMETER | Method.SET_PARAMETER:
                return self._parameter(request)
            case Method.DESCRIBE:
                return self._describe(request)
            case Method.SETUP:
                return self._set_up(request)
            case Method.PLAY:
                return await self._play(request)
            case Method.PAUSE:
                return await self._pause(request)
            case Method.TEARDOWN:
                self._check_uri(request)
                await self.close()
                return Response(status=Status.OK)

    def _authorize(self, request: Request) -> None:
        try:
            authorize(self._authenticator, request, self._link.peer)
        except ProtocolError:
            # A nonce wears out while its client plays, and ffmpeg learns of the next one only by this answer. It is
            # there, and could have said so by OPTIONS without credentials.
            self.touch()
            raise

    def _check_session(self, method: Method, request: Request) -> None:
        claimed = parse_session_id(request.header("session"))
        known = claimed is not None and self.exists and secrets.compare_digest(claimed.encode(), self._id.encode())
        if claimed is not None and not known and method is not Method.DESCRIBE:
            raise ProtocolError(Status.SESSION_NOT_FOUND, "there is no such session on this connection")
        if self._state not in _ALLOWED[method]:
            allowed = ", ".join(name for name, states in _ALLOWED.items() if self._state in states)
            raise ProtocolError(
                Status.METHOD_NOT_VALID_IN_THIS_STATE, f"{method} in {self._state}", (("Allow", allowed),)
            )
        if claimed is None and self.exists and _ALLOWED[method] is not _ANY:
            raise ProtocolError(Status.SESSION_NOT_FOUND, "the Session header is missing")

    def _check_uri(self, request: Request) -> MediaUri:
        """The address in the request, which is that of the session's presentation or of its only track."""
        uri = parse_media_uri(request.uri)
        presentation = self._presentation
        if presentation is None or (uri.service, uri.token) != (presentation.service, presentation.name):
            raise ProtocolError(Status.NOT_FOUND, "the session plays another presentation")
        if uri.track is not None and uri.track not in self._setup.outlets:
            raise ProtocolError(Status.NOT_FOUND, "the session has no such track")
        if uri.track is not None and len(self._setup.outlets) > 1:
            raise ProtocolError(Status.ONLY_AGGREGATE_OPERATION_ALLOWED, "the tracks are played together")
        return uri

    def _session_header(self) -> Headers:
        return (("Session", f"{self._id};timeout={self._timeout_s}"),) if self.exists else ()

    def _parameter(self, request: Request) -> Response:
        """Without a body this is how clients keep a session alive; there are no parameters."""
        if request.body.strip():
            raise ProtocolError(Status.PARAMETER_NOT_UNDERSTOOD, "there are no parameters")
        return Response(status=Status.OK, headers=self._session_header())

    def _describe(self, request: Request) -> Response:
        if not accepts_sdp(request.header("accept")):
            raise ProtocolError(Status.NOT_ACCEPTABLE, "only application/sdp is spoken here")
        uri = parse_media_uri(request.uri)
        presentation = self._presentations.find(uri)
        headers = (("Content-Type", "application/sdp"), ("Content-Base", f"{uri.base}/"))
        return Response(status=Status.OK, headers=headers, body=describe(presentation, self._link.local))

    def _set_up(self, request: Request) -> Response:
        uri = parse_media_uri(request.uri)
        presentation = self._presentation
        if presentation is None:
            presentation = self._presentations.find(uri)
        elif (uri.service, uri.token) != (presentation.service, presentation.name):
            raise ProtocolError(Status.AGGREGATE_OPERATION_NOT_ALLOWED, "a session plays one presentation")
        if not self.exists:
            self._slots.claim()
        try:
            outlet = self._setup.add(presentation, uri.track, request.header("transport"), self.touch)
        except (ProtocolError, ArgusError):
            if not self.exists:
                self._slots.release()
            raise
        if not self.exists:
            self._id, self._timeout_s = secrets.token_hex(8), presentation.timeout_s
            self._presentation, self._base = presentation, uri.base
            self._state = State.READY
        self._playback = None
        return Response(status=Status.OK, headers=(("Transport", outlet.transport_header), *self._session_header()))

    async def _play(self, request: Request) -> Response:
        self._check_uri(request)
        play = parse_play(request)
        assert self._presentation is not None  # there is one in every state that allows PLAY
        if self._playback is None:
            self._playback = self._presentation.open(self._setup.outlets)
        self._playback.check(play)
        await self._stop()
        start = await self._playback.play(play)
        info = ",".join(
            f"url={self._base}/{control(number)};seq={self._setup.outlets[number].stream.next_sequence};rtptime={time}"
            for number, time in start.rtp_timestamps.items()
        )
        self._state = State.PLAYING
        # The task begins when this one waits next, and that is after the answer was written.
        self._playing = self._tasks.create_task(self._run(self._playback))
        headers = (*self._session_header(), ("Range", start.range), ("RTP-Info", info))
        if play.scale is not None:
            headers += (("Scale", f"{start.scale:.1f}"),)
        if play.speed is not None:
            headers += (("Speed", "1.0"),)
        return Response(status=Status.OK, headers=headers)

    async def _pause(self, request: Request) -> Response:
        self._check_uri(request)
        wanted = parse_range(header) if (header := request.header("range")) is not None else None
        if isinstance(wanted, ClockRange) and wanted.start_us is not None and self._state is State.PLAYING:
            assert self._playback is not None
            self._playback.pause_at(wanted.start_us)
        else:
            await self._stop()
            self._state = State.READY
        return Response(status=Status.OK, headers=self._session_header())

    async def _run(self, playback: Playback) -> None:
        """Play until the range or the presentation ends."""
        outcome = await self._contain(_play_out(playback))
        self._playing = None
        if outcome is Outcome.PAUSED:
            self._state = State.READY
            playback.close()
        else:
            logger.info("the presentation played by %s is over", self._link.peer.host)
            self._setup.say_goodbye()
            self._link.close()

    async def _stop(self) -> None:
        """End the running playback, which remembers where it was."""
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.cancel()
            await asyncio.wait([playing])
        if self._playback is not None:
            self._playback.close()


async def _play_out(playback: Playback) -> Outcome:
    try:
        return await playback.run()
    except (ArgusError, ConnectionError) as error:
        logger.info("playing ends: %s", error)
        return Outcome.OVER


def _method(name: str) -> Method:
    try:
        return Method(name)
    except ValueError as error:
        status = Status.METHOD_NOT_ALLOWED if name in _FOREIGN else Status.NOT_IMPLEMENTED
        raise ProtocolError(status, f"{name} is not answered here", (("Allow", _PUBLIC),)) from error
