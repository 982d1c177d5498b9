"""Asking an endpoint as clients do, bytes in and bytes out; every answer is held against the official schemas."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree
from tests.contract.schemas import official_schemas

from argus.base.access import Caller, UserLevel, UsernameToken
from argus.onvif.endpoint import Challenge, Endpoint, HttpCall
from argus.soap.namespaces import ENV, TDS, TEV, TNS1, TRC, TRP, TRT, TRV, TSC, TSE, TT, WSA, WSNT, Element

SPACES = {
    "s": ENV,
    "tds": TDS,
    "trt": TRT,
    "trv": TRV,
    "trc": TRC,
    "tsc": TSC,
    "tse": TSE,
    "trp": TRP,
    "tev": TEV,
    "tt": TT,
    "wsnt": WSNT,
    "wsa": WSA,
    "tns1": TNS1,
}
BASE_URL = "http://192.0.2.7:8080"


class Everyone:
    """Lets the named level in."""

    level = UserLevel.ADMINISTRATOR

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str) -> Caller | Challenge:
        return Caller(username="anna", level=self.level)

    def username_token(self, token: UsernameToken, *, peer: str) -> Caller:
        raise AssertionError("not used")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A fault as a client sees it: HTTP status, codes joined by slashes, and the fault itself."""

    status: int
    code: str
    element: Element


class Asking:
    """A device with an `endpoint`."""

    endpoint: Endpoint

    async def send(self, body: str, *, path: str = "", header: str = "", base_url: str = BASE_URL) -> Element | Refusal:
        """The element in the answer's body. The answer is valid, and it is one to this request."""
        declarations = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
        request = f"<s:Envelope {declarations}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        answer = await self.endpoint.answer(
            HttpCall(
                method="POST",
                path=path or "/onvif/device_service",
                uri=path or "/onvif/device_service",
                headers={"content-type": "application/soap+xml"},
                body=request.encode(),
                base_url=base_url,
            )
        )
        problems = official_schemas().validate_pair(request.encode(), answer.body)
        assert not problems, problems
        found = etree.fromstring(answer.body).find("s:Body/*", SPACES)
        assert found is not None
        if found.tag != f"{{{ENV}}}Fault":
            assert answer.status == 200
            return found
        values = [value.text or "" for value in found.findall(".//s:Value", SPACES)]
        return Refusal(status=answer.status, code="/".join(v.partition(":")[2] for v in values), element=found)

    async def ask(self, body: str, *, path: str = "", header: str = "", base_url: str = BASE_URL) -> Element:
        answer = await self.send(body, path=path, header=header, base_url=base_url)
        assert not isinstance(answer, Refusal), answer.code
        return answer

    async def refused(self, body: str, *, path: str = "", header: str = "") -> str:
        """The code of the fault, which has the HTTP status of its side."""
        answer = await self.send(body, path=path, header=header)
        assert isinstance(answer, Refusal)
        assert answer.status == (400 if answer.code.startswith("Sender") else 500)
        return answer.code


def texts(element: Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path, SPACES)]
