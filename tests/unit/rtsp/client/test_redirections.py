"""Where a client goes when a camera sends it elsewhere, and where it never goes."""

from tests.unit.rtsp.client.camera import (
    CAMERA,
    MemoryCamera,
)
from tests.unit.rtsp.client.scene import URI, Scene, why

from argus.base.clock import SimulatedClock
from argus.base.errors import InvalidValue, Unavailable
from argus.device.digest import Digest
from argus.rtsp.client import ClientTransport, TargetPolicy
from argus.rtsp.link import Address


class Elsewhere(MemoryCamera):
    """Sends its clients to `location`."""

    def __init__(self, location: str) -> None:
        super().__init__(answers={"DESCRIBE": (302, f"Location: {location}")})


async def test_a_redirection_is_followed_and_the_password_left_behind() -> None:
    there = MemoryCamera(digest=Digest(SimulatedClock()))
    stage = Scene(Elsewhere("rtsp://other:8554/b"), ClientTransport.TCP, URI, TargetPolicy())
    stage.network.cameras["other"] = there
    await stage.run()
    assert [target.authority for target, _ in stage.network.connected] == ["camera:554", "other:8554"]
    assert stage.camera.closed
    assert "asks for a user name" in str(stage.error)
    assert not any(request.header("authorization") for request in there.requests)


async def test_redirections_end_and_lead_nowhere_forbidden() -> None:
    error = await why(Elsewhere("rtsp://camera/again"))
    assert "from one address to the next" in str(error)
    assert isinstance(await why(Elsewhere("file:///etc/passwd")), InvalidValue)
    assert isinstance(await why(Elsewhere("")), (InvalidValue, Unavailable))


async def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    stage = Scene(MemoryCamera(), ClientTransport.TCP, "rtsp://nowhere/", TargetPolicy())
    stage.network.addresses = [(Address(host="127.0.0.1"), True), (CAMERA, False), (Address(host="::1"), True)]
    await stage.run()
    assert str(stage.error) == "nowhere:554 cannot be reached: no route"
    assert [address for _, address in stage.network.connected] == [CAMERA]


async def test_this_station_is_not_connected_to() -> None:
    camera = MemoryCamera()
    stage = Scene(camera, ClientTransport.TCP, URI, TargetPolicy())
    stage.network.addresses = [(Address(host="192.0.2.1"), True)]
    await stage.run()
    assert isinstance(stage.error, InvalidValue)
    assert stage.network.connected == []
