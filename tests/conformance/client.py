"""Calls operations of a device as one user, and holds every message against the official schemas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree
from tests.conformance.names import DECLARATIONS, NAMESPACES, Element, clark, prefixed
from tests.conformance.target import Target
from tests.conformance.wire import CONTENT_TYPE, Answer, Wire
from tests.contract.schemas import official_schemas
from tests.harness.digest import DigestAuth, parse_challenge, username_token

DEVICE_PATH = "/onvif/device_service"


class Refused(Exception):
    """A fault, or an HTTP status without one; `codes` are the local names of code and subcodes, outermost first."""

    def __init__(self, status: int, codes: tuple[str, ...], reason: str, answer: Answer) -> None:
        super().__init__(f"HTTP {status} {'/'.join(codes)}: {reason}")
        self.status, self.codes, self.answer = status, codes, answer


@dataclass(slots=True)
class Notes:
    """What a lenient run accepts and nevertheless tells; `add` is told of by the report."""

    add: Callable[[str], None] = lambda note: None


@dataclass(slots=True)
class Client:
    """One user of the device. Log in by "digest", by "token" (WS-UsernameToken) or not at all ("none")."""

    target: Target
    wire: Wire
    notes: Notes
    paths: dict[str, str] = field(default_factory=dict)
    login: str = "digest"
    username: str = ""
    password: str = ""
    device_ahead_s: float = 0.0
    _digest: DigestAuth | None = field(default=None, repr=False)

    def as_user(self, username: str, password: str, login: str = "") -> Client:
        """The same device for another user, over the same connection."""
        return replace(self, username=username, password=password, login=login or self.login, _digest=None)

    def anonymous(self) -> Client:
        return replace(self, login="none", _digest=None)

    def aside(self) -> Client:
        """The same user on a connection of its own, for what happens at the same time."""
        return replace(self, wire=Wire(self.wire.url, self.wire.timeout_s), _digest=None)

    def call(self, body: str, path: str = "", *, malformed: bool = False) -> Element:
        """The response element to a body such as "<trc:GetRecordings/>".

        `malformed` says that the request breaks the schema on purpose. Raises Refused.
        """
        data = envelope(body)
        if not malformed:
            problems = official_schemas().validate(data)
            assert not problems, f"the test itself sends a wrong request: {problems[0]}\n{body}"
        answer = self.post(body, path)
        content = self.content(answer)
        self.judge(data, answer)
        if content.tag == clark("s:Fault"):
            raise _refusal(answer, content)
        return content

    def refused(
        self, body: str, *codes: str, also: Sequence[tuple[str, ...]] = (), path: str = "", malformed: bool = False
    ) -> Refused:
        """Assert that the device answers with exactly this fault, or one of `also`.

        A lenient run accepts any other and notes it.
        """
        try:
            self.call(body, path, malformed=malformed)
        except Refused as refusal:
            if refusal.codes not in (codes, *also):
                self.grumble(f"the fault is {'/'.join(refusal.codes) or refusal.status}, not {'/'.join(codes)}")
            return refusal
        raise AssertionError(f"accepted, although {'/'.join(codes)} was due")

    def post(self, body: str, path: str = "", header: str = "") -> Answer:
        """The whole HTTP answer; one Digest challenge is answered."""
        target = path or self.path_of(body)
        if self.login == "token":
            return self.post_bytes(envelope(body, header + self._token()), target)
        data = envelope(body, header)
        answer = self.post_bytes(data, target)
        if answer.status == 401 and self.login == "digest":
            self._accept(answer)
            answer = self.post_bytes(data, target)
        return answer

    def post_bytes(self, data: bytes, path: str, *, content_type: str = CONTENT_TYPE, method: str = "POST") -> Answer:
        """Exactly these bytes, with an Authorization header where a challenge was accepted before."""
        headers = {"Content-Type": content_type}
        authorization = self._digest.authorization(method, path) if self._digest else None
        if authorization:
            headers["Authorization"] = authorization
        return self.wire.send(method, path, data, headers)

    def path_of(self, body: str) -> str:
        """The path of the service whose prefix the body begins with."""
        namespace = NAMESPACES[body.lstrip("<").partition(":")[0]]
        return self.paths.get(namespace, DEVICE_PATH)

    @staticmethod
    def content(answer: Answer) -> Element:
        """The child of the Body. Raises Refused where the answer is no SOAP message."""
        try:
            root = etree.fromstring(answer.body)
        except etree.XMLSyntaxError:
            raise Refused(answer.status, (), answer.body[:200].decode(errors="replace"), answer) from None
        body = root.find("s:Body", NAMESPACES)
        if body is None or len(body) != 1:
            raise Refused(answer.status, (), "no SOAP Body with one child", answer)
        return body[0]

    def judge(self, request: bytes, answer: Answer) -> None:
        """Hold an answer against the schemas."""
        for problem in official_schemas().validate_pair(request, answer.body)[:3]:
            self.grumble(f"the answer breaks the schema: {problem}")

    def grumble(self, problem: str) -> None:
        """Fail, or note it in a lenient run."""
        assert self.target.lenient, problem
        self.notes.add(problem)

    def _token(self) -> str:
        return username_token(self.username, self.password, -self.device_ahead_s)

    def _accept(self, answer: Answer) -> None:
        challenges = [header for header in answer.all("WWW-Authenticate") if header.lower().startswith("digest")]
        algorithms = {parse_challenge(header).get("algorithm", "MD5").upper() for header in challenges}
        assert algorithms & {"MD5", "SHA-256"}, f"no Digest challenge that is known: {algorithms}"
        algorithm = "MD5" if "MD5" in algorithms else "SHA-256"
        self._digest = DigestAuth(self.username, self.password, algorithm)
        self._digest.accept(challenges)


def envelope(body: str, header: str = "") -> bytes:
    """A SOAP 1.2 envelope in which all our prefixes are bound."""
    inner = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {DECLARATIONS}>{inner}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def _refusal(answer: Answer, fault: Element) -> Refused:
    values = [prefixed(value, value.text or "")[1] for value in fault.iterfind("s:Code//s:Value", NAMESPACES)]
    reason = fault.findtext("s:Reason/s:Text", "", NAMESPACES)
    detail = " ".join(str(part) for part in fault.xpath("s:Detail//text()", namespaces=NAMESPACES))
    return Refused(answer.status, tuple(values), f"{reason} {detail}".strip(), answer)
