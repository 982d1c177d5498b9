"""What the HTTP listener serves: the ONVIF services, snapshots, and the technician's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Protocol
from urllib.parse import unquote

from argus.base.access import Access, Caller
from argus.base.errors import NotFound, Unavailable
from argus.base.tokens import ProfileToken
from argus.onvif.endpoint import HttpAnswer, HttpCall
from argus.onvif.uris import HTTP_SNAPSHOT_PATH
from argus.station.http import HttpRequest, HttpResponse
from argus.station.status import StationStatus

_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_NO_STORE = ("Cache-Control", "no-store")
# The page needs nothing from elsewhere, so a browser is told to load nothing from elsewhere.
_POLICY = (
    "Content-Security-Policy",
    "default-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
)


class SoapEndpoint(Protocol):
    async def answer(self, call: HttpCall) -> HttpAnswer: ...


class Snapshots(Protocol):
    async def snapshot(self, token: ProfileToken) -> bytes: ...


class Challenge(Protocol):
    @property
    def headers(self) -> tuple[str, ...]: ...


class HttpAuthenticator(Protocol):
    def http(self, method: str, uri: str, authorization: str | None, *, peer: str = "") -> Caller | Challenge: ...


class Site:
    """Routes a request. Everything but the ONVIF services asks for HTTP Digest with READ_MEDIA here, in one place."""

    def __init__(
        self,
        *,
        endpoint: SoapEndpoint,
        authenticator: HttpAuthenticator,
        snapshots: Snapshots,
        status: Callable[[HttpRequest], StationStatus],
    ) -> None:
        self._endpoint = endpoint
        self._authenticator = authenticator
        self._snapshots = snapshots
        self._status = status
        self._page = files("argus.station").joinpath("page.html").read_bytes()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request."""
        if request.path.startswith("/onvif/") and not request.path.startswith(HTTP_SNAPSHOT_PATH):
            # A browser repeats the credentials of this page for any other page that posts here. ONVIF clients are no
            # browsers: they send no Origin.
            if request.headers.get("origin", request.base_url) != request.base_url:
                return HttpResponse(status=403, headers=(_TEXT,), body=b"Not from another page.\n")
            return await self._soap(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers=(("Allow", "GET, HEAD"),))
        refusal = self._refuse(request)
        return refusal or await self._get(request)

    def _refuse(self, request: HttpRequest) -> HttpResponse | None:
        outcome = self._authenticator.http(
            request.method, request.target, request.headers.get("authorization"), peer=request.peer
        )
        if not isinstance(outcome, Caller):
            challenges = tuple(("WWW-Authenticate", header) for header in outcome.headers)
            return HttpResponse(
                status=401, headers=(*challenges, _TEXT), body=b"Log in with an account of this device.\n"
            )
        if not outcome.may(Access.READ_MEDIA):
            return HttpResponse(status=403, headers=(_TEXT,), body=b"This account may not see media.\n")
        return None

    async def _get(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/":
            html = ("Content-Type", "text/html; charset=utf-8")
            return HttpResponse(status=200, headers=(html, _NO_STORE, _POLICY), body=self._page)
        if request.path == "/status.json":
            body = json.dumps(self._status(request)).encode()
            return HttpResponse(status=200, headers=(("Content-Type", "application/json"), _NO_STORE), body=body)
        if request.path.startswith(HTTP_SNAPSHOT_PATH):
            return await self._snapshot(ProfileToken(unquote(request.path.removeprefix(HTTP_SNAPSHOT_PATH))))
        return HttpResponse(status=404, headers=(_TEXT,), body=b"There is nothing here.\n")

    async def _snapshot(self, token: ProfileToken) -> HttpResponse:
        try:
            picture = await self._snapshots.snapshot(token)
        except NotFound as error:
            return HttpResponse(status=404, headers=(_TEXT,), body=f"{error}\n".encode())
        except Unavailable as error:
            return HttpResponse(status=503, headers=(_TEXT, ("Retry-After", "2")), body=f"{error}\n".encode())
        return HttpResponse(status=200, headers=(("Content-Type", "image/jpeg"), _NO_STORE), body=picture)

    async def _soap(self, request: HttpRequest) -> HttpResponse:
        answer = await self._endpoint.answer(
            HttpCall(
                method=request.method,
                path=request.path,
                uri=request.target,
                headers=request.headers,
                body=request.body,
                base_url=request.base_url,
                peer=request.peer,
                local_address=request.local_address,
            )
        )
        return HttpResponse(status=answer.status, headers=answer.headers, body=answer.body)
