"""Our RTSP client over real sockets: it gets every picture, in the right order and at the right time."""

import asyncio
import socket
import ssl
import subprocess
from itertools import pairwise

import pytest
import uvloop
from tests.system.rtsp_station import PASSWORD, USER, encode_clip, rtsp_station
from tests.system.rtsp_tunnel import tunnel_server

from argus.base.access_unit import AccessUnit, Codec, MediaKind
from argus.base.clock import SystemClock
from argus.base.errors import ArgusError, InvalidValue, Unavailable
from argus.device.digest import Digest, HashAlgorithm
from argus.rtsp.client import ClientLimits, ClientTransport, ReceivedMedia, RtspClient, TargetPolicy
from argus.rtsp.client.datagrams import FIRST_PORT, LAST_PORT, ClientPorts
from argus.rtsp.link import Address

Clip = list[tuple[bytes, bool]]
HERE = TargetPolicy(allow_loopback=True)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(3)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A camera's own: signed by itself, for another name."""
    folder = tmp_path_factory.mktemp("tls")
    key, signed = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*command, "-keyout", key, "-out", signed, "-subj", "/CN=camera"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context


class Units:
    """A sink that remembers, and tells when it has enough."""

    def __init__(self, wanted: int) -> None:
        self.media: tuple[ReceivedMedia, ...] = ()
        self.units: list[AccessUnit] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    def opened(self, media: tuple[ReceivedMedia, ...]) -> None:
        self.media = media

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> None:
        assert media in self.media
        self.units.append(unit)
        if len(self.units) >= self._wanted:
            self.enough.set()


async def receive(
    uri: str,
    transport: ClientTransport,
    wanted: int,
    *,
    limits: ClientLimits | None = None,
    policy: TargetPolicy = HERE,
) -> tuple[Units, RtspClient]:
    """The first `wanted` units; what the client raises is raised."""
    sink = Units(wanted)
    client = RtspClient(uri, transport, SystemClock(), sink, policy=policy, limits=limits)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(failure(client))
        enough = tasks.create_task(sink.enough.wait())
        await asyncio.wait([running, enough], return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        error = running.result() if running.done() else None
        running.cancel()
    if error is not None:
        raise error
    return sink, client


async def failure(client: RtspClient) -> ArgusError:
    try:
        await client.run()
    except ArgusError as error:
        return error
    raise AssertionError("a client never ends by itself")


def live(port: int, *, scheme: str = "rtsp", password: str = PASSWORD) -> str:
    return f"{scheme}://{USER}:{password.replace(' ', '%20')}@127.0.0.1:{port}/live/main"


def check_units(units: list[AccessUnit], clip: Clip) -> None:
    """Every picture is there unchanged, and captured as far from the one before as the camera took them."""
    pictures = [data for data, _ in clip]
    start = pictures.index(units[0].data)
    assert units[0].key_frame
    for number, unit in enumerate(units):
        data, key_frame = clip[(start + number) % len(clip)]
        assert (unit.data, unit.key_frame) == (data, key_frame)
        assert (unit.format.codec, unit.format.width, unit.format.height) == (Codec.H264, 320, 240)
    assert all(first.utc_us < second.utc_us for first, second in pairwise(units))
    assert (
        abs(units[-1].utc_us - units[-1].mono_ns // 1_000 - SystemClock().utc_us() + SystemClock().mono_ns() // 1_000)
        < 2_000
    )


@pytest.mark.parametrize("transport", [ClientTransport.TCP, ClientTransport.UDP])
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
async def test_every_picture_arrives_after_a_digest_log_in(
    clip: Clip, transport: ClientTransport, algorithm: HashAlgorithm
) -> None:
    async with rtsp_station(clip, algorithms=(algorithm,)) as (server, _, _):
        sink, client = await receive(live(server.bound_port), transport, 30)
    check_units(sink.units, clip)
    [media] = sink.media
    assert (media.tag, media.kind, media.codec) == ("track1", MediaKind.VIDEO, Codec.H264)
    assert (client.counters.units, client.counters.lost) == (len(sink.units), 0)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
async def test_every_picture_arrives_through_http(clip: Clip, scheme: str) -> None:
    async with rtsp_station(clip) as (server, _, _), tunnel_server(server.bound_port) as tunnel:
        sink, _ = await receive(live(tunnel.port, scheme=scheme), ClientTransport.HTTP, 20)
    check_units(sink.units, clip)
    assert [request.split()[0] for request in tunnel.requests] == ["GET", "POST"]
    # The log-in belongs to RTSP; HTTP did not ask for one.
    assert not any("authorization" in request.lower() for request in tunnel.requests)


async def test_http_may_want_a_log_in_of_its_own(clip: Clip) -> None:
    login = Digest(SystemClock())
    async with rtsp_station(clip) as (server, _, _), tunnel_server(server.bound_port, login=login) as tunnel:
        sink, _ = await receive(live(tunnel.port), ClientTransport.HTTP, 5)
    check_units(sink.units, clip)
    assert [request.split()[0] for request in tunnel.requests] == ["GET", "GET", "POST"]


async def test_every_picture_arrives_through_https_of_a_camera_that_signs_for_itself(
    clip: Clip, certificate: ssl.SSLContext
) -> None:
    async with rtsp_station(clip) as (server, _, _), tunnel_server(server.bound_port, certificate) as tunnel:
        sink, _ = await receive(live(tunnel.port, scheme="https"), ClientTransport.TCP, 20)
        check_units(sink.units, clip)
        strict = TargetPolicy(allow_loopback=True, verify_certificates=True)
        with pytest.raises(Unavailable, match="its certificate is not accepted"):
            await receive(live(tunnel.port, scheme="https"), ClientTransport.TCP, 1, policy=strict)


async def test_the_session_is_kept_alive_for_longer_than_its_timeout(clip: Clip) -> None:
    async with rtsp_station(clip, session_timeout_s=2) as (server, _, _):
        uri = live(server.bound_port).replace("live/main", "replay/Recording-1")
        sink, _ = await receive(uri, ClientTransport.UDP, 73)
    assert len(sink.units) >= 73


async def test_a_wrong_password_is_refused_in_words_that_do_not_repeat_it(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        with pytest.raises(Unavailable, match="refuses the user name or the password") as refused:
            await receive(live(server.bound_port, password="secret"), ClientTransport.TCP, 1)
    assert "secret" not in str(refused.value)


async def test_the_end_of_the_server_is_noticed_at_once(clip: Clip) -> None:
    sink = Units(1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        async with rtsp_station(clip) as (server, _, _):
            client = RtspClient(live(server.bound_port), ClientTransport.TCP, SystemClock(), sink, policy=HERE)
            running = tasks.create_task(failure(client))
            await sink.enough.wait()
        async with asyncio.timeout(1):
            assert isinstance(await running, Unavailable)


async def test_nobody_listens() -> None:
    with pytest.raises(Unavailable, match="9 cannot be reached: Connection refused"):
        await receive(live(9), ClientTransport.TCP, 1)


async def test_the_station_itself_is_not_contacted_without_leave(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0"):
            uri = live(server.bound_port).replace("127.0.0.1", host)
            with pytest.raises(InvalidValue, match="cannot be received from"):
                await receive(uri, ClientTransport.TCP, 1, policy=TargetPolicy())


def test_it_works_on_the_event_loop_of_the_station_too(clip: Clip) -> None:
    async def play() -> None:
        async with rtsp_station(clip) as (server, _, _):
            for transport in (ClientTransport.TCP, ClientTransport.UDP):
                sink, _ = await receive(live(server.bound_port), transport, 10)
                check_units(sink.units, clip)
            async with tunnel_server(server.bound_port) as tunnel:
                sink, _ = await receive(live(tunnel.port), ClientTransport.HTTP, 10)
                check_units(sink.units, clip)

    uvloop.run(play())


@pytest.mark.parametrize("transport", [ClientTransport.TCP, ClientTransport.UDP])
async def test_cameras_with_ipv6_are_received_from(clip: Clip, transport: ClientTransport) -> None:
    async with rtsp_station(clip, host="::1") as (server, _, _):
        sink, _ = await receive(live(server.bound_port).replace("127.0.0.1", "[::1]"), transport, 5)
    check_units(sink.units, clip)


async def test_datagrams_of_strangers_are_not_heard(clip: Clip) -> None:
    sink = Units(1)
    async with rtsp_station(clip) as (server, _, _), asyncio.TaskGroup() as tasks:
        client = RtspClient(live(server.bound_port), ClientTransport.UDP, SystemClock(), sink, policy=HERE)
        running = tasks.create_task(client.run())
        await sink.enough.wait()
        before = client.counters.discarded
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for port in range(FIRST_PORT, LAST_PORT):
                stranger.sendto(b"nonsense", ("127.0.0.1", port))
        await asyncio.sleep(0.2)
        assert client.counters.discarded == before
        running.cancel()


async def test_udp_ports_are_pairs_of_an_even_and_the_next_odd_one_and_are_given_back() -> None:
    ports, here = ClientPorts(first=21_541, last=21_547), Address(host="127.0.0.1")
    taken = [ports.open(here, lambda data: None, lambda data: None) for _ in range(3)]
    assert sorted(pair.client_ports for pair in taken) == [(21_542, 21_543), (21_544, 21_545), (21_546, 21_547)]
    with pytest.raises(Unavailable, match="all 3 pairs of UDP ports are in use"):
        ports.open(here, lambda data: None, lambda data: None)
    taken[0].close()
    again = ports.open(here, lambda data: None, lambda data: None)
    for pair in (again, *taken[1:]):
        pair.close()
