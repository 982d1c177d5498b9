"""A SOAP client that writes its requests by hand: the tests see every byte that goes out and comes in."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree
from tests.harness.digest import DigestAuth, username_token
from tests.harness.station import PASSWORD, USERNAME

SOAP = "http://www.w3.org/2003/05/soap-envelope"
NAMESPACES = {
    "s": SOAP,
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "trv": "http://www.onvif.org/ver10/receiver/wsdl",
    "tsc": "http://www.onvif.org/ver10/schedule/wsdl",
    "pt": "http://www.onvif.org/ver10/pacs",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsrf": "http://docs.oasis-open.org/wsrf/bf-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
}
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())

Login = Literal["token", "MD5", "SHA-256", "none"]
Element = etree._Element


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))


class SoapFault(Exception):
    """A fault with its HTTP status; `codes` are the local names of code and subcodes, outermost first."""

    def __init__(self, status: int, element: Element, answer: HttpAnswer) -> None:
        values = element.iterfind("s:Code//s:Value", NAMESPACES)
        self.codes = tuple((value.text or "").rpartition(":")[2] for value in values)
        self.status, self.answer = status, answer
        reason = element.findtext("s:Reason/s:Text", "", NAMESPACES)
        detail = " ".join(element.xpath("s:Detail//text()", namespaces=NAMESPACES))
        super().__init__(f"HTTP {status} {'/'.join(self.codes)}: {reason} {detail}")


def envelope(body: str, header: str = "") -> bytes:
    """A SOAP 1.2 envelope in which all prefixes of NAMESPACES are bound."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {_DECLARATIONS}>'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def send(
    url: str, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None, timeout_s: float = 20
) -> HttpAnswer:
    """One HTTP request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_s)
    try:
        connection.request(method, target, body or None, headers or {})
        response = connection.getresponse()
        return HttpAnswer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


@dataclass
class SoapClient:
    """Calls operations as one user, by UsernameToken or HTTP Digest."""

    url: str
    username: str = USERNAME
    password: str = PASSWORD
    login: Login = "token"
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        algorithm = "SHA-256" if self.login == "SHA-256" else "MD5"
        self._digest = DigestAuth(self.username, self.password, algorithm)
        self._paths: dict[str, str] = {}

    def call(self, body: str, path: str = "") -> Element:
        """The response element to a body such as "<tds:GetUsers/>". Raises SoapFault."""
        answer = self.post(body, path)
        root = etree.fromstring(answer.body)
        content = root.find("s:Body", NAMESPACES)[0]
        if content.tag == f"{{{SOAP}}}Fault":
            raise SoapFault(answer.status, content, answer)
        assert answer.status == 200, answer
        return content

    def post(self, body: str, path: str = "", header: str = "") -> HttpAnswer:
        """The whole answer, one Digest challenge answered."""
        target = path or self.path_of(body)
        security = username_token(self.username, self.password) if self.login == "token" else ""
        data = envelope(body, header + security)
        answer = self.post_bytes(data, target)
        if answer.status == 401 and self.login in ("MD5", "SHA-256"):
            self._digest.accept(answer.all("WWW-Authenticate"))
            answer = self.post_bytes(data, target)
        return answer

    def post_bytes(self, data: bytes, path: str = "/onvif/device_service") -> HttpAnswer:
        """Exactly these bytes, with an Authorization header where a challenge was accepted before."""
        headers = {"Content-Type": "application/soap+xml; charset=utf-8", **self.headers}
        authorization = self._digest.authorization("POST", path) if self.login in ("MD5", "SHA-256") else None
        if authorization:
            headers["Authorization"] = authorization
        return send(self.url, "POST", path, data, headers)

    def get(self, target: str) -> HttpAnswer:
        """GET with Digest, for pictures and pages."""
        answer = send(self.url, "GET", target)
        if answer.status == 401 and self.login != "none":
            self._digest.accept(answer.all("WWW-Authenticate"))
            authorization = self._digest.authorization("GET", target) or ""
            answer = send(self.url, "GET", target, headers={"Authorization": authorization})
        return answer

    def path_of(self, body: str) -> str:
        """The path of the service whose prefix the body begins with, as GetServices tells it."""
        if not self._paths:
            listed = SoapClient(self.url, login="none").call(
                "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>",
                "/onvif/device_service",
            )
            for service in listed.iterfind("tds:Service", NAMESPACES):
                namespace = service.findtext("tds:Namespace", "", NAMESPACES)
                self._paths[namespace] = urlsplit(service.findtext("tds:XAddr", "", NAMESPACES)).path
        prefix = body.lstrip("<").partition(":")[0]
        return self._paths[NAMESPACES[prefix]]


def text(element: Element, path: str) -> str:
    """The text at a path; fails where there is none."""
    found = element.findtext(path, None, NAMESPACES)
    assert found is not None, f"no {path} in {etree.tostring(element).decode()}"
    return found


def texts(element: Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(path, NAMESPACES)]
