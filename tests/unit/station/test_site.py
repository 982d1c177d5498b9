"""What a browser and a client get from the listener, and what they must show for it."""

from __future__ import annotations

import json

import pytest
from tests.unit.station.documents import status

from argus.base.access import Caller, UserLevel
from argus.base.errors import NotFound, Unavailable
from argus.base.tokens import ProfileToken
from argus.onvif.endpoint import HttpAnswer, HttpCall
from argus.station.http import HttpRequest, HttpResponse
from argus.station.site import Challenge, Site

CHALLENGES = ('Digest realm="r", algorithm=SHA-256', 'Digest realm="r", algorithm=MD5')


class Asked:
    headers = CHALLENGES


class House:
    """Everything the site stands on: `Authorization: user` lets a level in."""

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []
        self.asked_for: list[tuple[str, str, str]] = []
        self.site = Site(endpoint=self, authenticator=self, snapshots=self, status=lambda _: status())

    async def answer(self, call: HttpCall) -> HttpAnswer:
        self.calls.append(call)
        return HttpAnswer(status=200, headers=(("Content-Type", "application/soap+xml"),), body=b"<soap/>")

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str = "") -> Caller | Challenge:
        self.asked_for.append((method, uri, peer))
        if authorization not in list(UserLevel):
            return Asked()
        return Caller(username="u", level=UserLevel(authorization))

    async def snapshot(self, token: ProfileToken) -> bytes:
        if token == "dark":
            raise Unavailable("snapshot", "the camera is starting")
        if token != "Main/1 %41":
            raise NotFound("profile", token)
        return b"JPEG"

    async def ask(self, target: str, method: str = "GET", level: str = "User", **headers: str) -> HttpResponse:
        return await self.site.respond(
            HttpRequest(
                method=method,
                path=target.partition("?")[0],
                target=target,
                headers={"authorization": level, **headers},
                body=b"",
                base_url="http://box:8080",
                peer="192.0.2.9",
                local_address="192.0.2.7",
            )
        )


@pytest.fixture
def house() -> House:
    return House()


def header(response: HttpResponse, name: str) -> list[str]:
    return [value for key, value in response.headers if key == name]


async def test_the_page_is_one_document_that_loads_nothing_from_elsewhere(house: House) -> None:
    response = await house.ask("/")
    assert (response.status, header(response, "Content-Type")) == (200, ["text/html; charset=utf-8"])
    assert header(response, "Content-Security-Policy")[0].startswith("default-src 'self'")
    assert b"http://" not in response.body
    assert b"https://" not in response.body


async def test_the_status_is_json(house: House) -> None:
    response = await house.ask("/status.json")
    assert header(response, "Content-Type") == ["application/json"]
    assert json.loads(response.body) == status()


@pytest.mark.parametrize("target", ["/", "/status.json", "/onvif/snapshot/Main", "/nowhere", "/etc/passwd"])
async def test_nothing_is_told_to_strangers(house: House, target: str) -> None:
    response = await house.ask(target, level="nobody")
    assert response.status == 401
    assert header(response, "WWW-Authenticate") == list(CHALLENGES)
    assert house.asked_for == [("GET", target, "192.0.2.9")]


@pytest.mark.parametrize("target", ["/", "/status.json", "/onvif/snapshot/Main"])
async def test_an_account_without_the_right_to_see_is_refused(house: House, target: str) -> None:
    assert (await house.ask(target, level="Anonymous")).status == 403


@pytest.mark.parametrize("target", ["/nowhere", "/status.json/", "/page.html", "/../etc/passwd", "//", "*"])
async def test_what_is_not_there_is_not_found(house: House, target: str) -> None:
    assert (await house.ask(target)).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_pages_are_read_only(house: House, method: str) -> None:
    response = await house.ask("/", method=method)
    assert (response.status, header(response, "Allow")) == (405, ["GET, HEAD"])
    assert house.asked_for == []


async def test_head_is_as_get(house: House) -> None:
    assert await house.ask("/", method="HEAD") == await house.ask("/")


async def test_a_snapshot_is_found_by_its_quoted_token(house: House) -> None:
    response = await house.ask("/onvif/snapshot/Main%2F1%20%2541?t=1")
    assert (response.status, response.body) == (200, b"JPEG")
    assert header(response, "Content-Type") == ["image/jpeg"]
    assert header(response, "Cache-Control") == ["no-store"]
    assert house.asked_for == [("GET", "/onvif/snapshot/Main%2F1%20%2541?t=1", "192.0.2.9")]


async def test_a_snapshot_of_nothing_is_not_found_and_of_a_dark_camera_comes_later(house: House) -> None:
    assert (await house.ask("/onvif/snapshot/")).status == 404
    assert (await house.ask("/onvif/snapshot/%ff%fe")).status == 404
    later = await house.ask("/onvif/snapshot/dark")
    assert (later.status, header(later, "Retry-After")) == (503, ["2"])


async def test_services_decide_themselves_whom_they_answer(house: House) -> None:
    response = await house.ask("/onvif/device_service?x", method="POST", level="nobody")
    assert (response.status, response.body) == (200, b"<soap/>")
    (call,) = house.calls
    assert (call.method, call.path, call.uri) == ("POST", "/onvif/device_service", "/onvif/device_service?x")
    assert (call.base_url, call.peer, call.local_address) == ("http://box:8080", "192.0.2.9", "192.0.2.7")
    assert house.asked_for == []


@pytest.mark.parametrize(
    ("origin", "code"),
    [("http://box:8080", 200), ("http://evil.example", 403), ("null", 403), ("https://box:8080", 403)],
)
async def test_another_page_cannot_use_the_credentials_of_ours(house: House, origin: str, code: int) -> None:
    assert (await house.ask("/onvif/device_service", method="POST", origin=origin)).status == code
    assert len(house.calls) == (code == 200)
