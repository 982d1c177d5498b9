"""What ffmpeg and GStreamer make of the MP4 files of every format: the very pictures and sounds that went in."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units
from argus.media.annexb import nal_units
from argus.store.export.mp4 import Mp4Writer

START_US = 1_767_225_600_123_456
VIDEO_US, SIZE = 40_000, (320, 176)
TRACK = 1


@dataclass(frozen=True)
class Stream:
    """An elementary stream by ffmpeg's encoder, and the access units it consists of."""

    raw: bytes
    units: list[AccessUnit]


def run(*arguments: str | Path, data: bytes = b"") -> bytes:
    outcome = subprocess.run([*map(str, arguments)], input=data, capture_output=True, timeout=60, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, b""), outcome.stderr.decode()[-2000:]
    return outcome.stdout


def ffmpeg(*arguments: str | Path, data: bytes = b"") -> bytes:
    return run("ffmpeg", "-v", "error", *arguments, data=data)


def video(codec: Codec, size: tuple[int, int] = SIZE) -> Stream:
    """Three seconds, a key frame each second, no pictures out of order."""
    quiet = ["-c:v", "libx265", "-x265-params", "bframes=0:log-level=none:keyint=25:min-keyint=25:scenecut=0"]
    encoder = quiet if codec is Codec.H265 else ["-c:v", "libx264", "-bf", "0", "-g", "25", "-sc_threshold", "0"]
    container = "hevc" if codec is Codec.H265 else "h264"
    source = f"testsrc=size={size[0]}x{size[1]}:rate=25:duration=3"
    picture = ["-pix_fmt", "yuv420p", "-preset", "ultrafast"]
    raw = ffmpeg("-f", "lavfi", "-i", source, *picture, *encoder, "-slices", "1", "-f", container, "-")
    kinds = {"hevc": (lambda nal: nal[0] >> 1 & 0x3F, (32, 33, 34), range(32), range(16, 22))}
    kind, set_kinds, slices, keys = kinds.get(container, (lambda nal: nal[0] & 0x1F, (7, 8), (1, 5), (5,)))
    nals = [bytes(nal) for nal in nal_units(raw)]
    sets = tuple({kind(nal): nal for nal in nals if kind(nal) in set_kinds}.values())
    described = StreamFormat(codec=codec, width=size[0], height=size[1], frame_rate=25, parameter_sets=sets)
    units: list[AccessUnit] = []
    for nal in (nal for nal in nals if kind(nal) in slices):
        key = kind(nal) in keys
        data = join_nal_units([*sets, nal] if key else [nal])
        units.append(at(described, len(units) * VIDEO_US, data, key=key))
    return Stream(raw, units)


def at(stream_format: StreamFormat, time_us: int, data: bytes, *, key: bool) -> AccessUnit:
    return AccessUnit(format=stream_format, data=data, key_frame=key, utc_us=START_US + time_us, mono_ns=0)


def write(path: Path, units: list[AccessUnit], *, also: list[AccessUnit] | None = None) -> Path:
    """A file with a track of these units, and another one."""
    tracks = {number: group for number, group in enumerate((units, also or []), start=TRACK) if group}
    formats = {number: tuple(dict.fromkeys(unit.format for unit in group)) for number, group in tracks.items()}
    with path.open("wb") as file:
        writer = Mp4Writer(file, formats, START_US)
        for number, group in tracks.items():
            starts = [place for place, unit in enumerate(group) if unit.key_frame and (place % 25 == 0)]
            for begin, end in zip(starts, [*starts[1:], len(group)], strict=True):
                writer.write(number, group[begin:end], group[end].utc_us if end < len(group) else None)
        writer.finish()
    return path


def pictures(*source: str | Path, data: bytes = b"") -> list[str]:
    """A checksum of each picture."""
    told = ffmpeg(*source, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-", data=data).decode()
    return [line.split(",")[-1].strip() for line in told.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_every_picture_is_decoded_as_it_was_encoded(codec: Codec, tmp_path: Path) -> None:
    stream = video(codec)
    file = write(tmp_path / "x.mp4", stream.units)
    container = "hevc" if codec is Codec.H265 else "h264"
    expected = pictures("-f", container, "-i", "-", data=stream.raw)
    assert pictures("-i", file) == expected
    assert len(expected) == 75
    parser, decoder = ("h265parse", "avdec_h265") if codec is Codec.H265 else ("h264parse", "avdec_h264")
    launch = f"filesrc location={file} ! qtdemux ! {parser} ! {decoder} ! filesink location={tmp_path / 'frames'}"
    run("gst-launch-1.0", "-q", *launch.split())
    assert (tmp_path / "frames").stat().st_size == 75 * SIZE[0] * SIZE[1] * 3 // 2


def test_a_player_may_begin_in_the_middle(tmp_path: Path) -> None:
    stream = video(Codec.H264)
    file = write(tmp_path / "x.mp4", stream.units)
    assert pictures("-ss", "2", "-i", file) == pictures("-i", file)[50:]


def test_another_size_of_picture_follows_in_the_same_track(tmp_path: Path) -> None:
    first, second = video(Codec.H264), video(Codec.H264, (160, 96))
    later = [replace(unit, utc_us=unit.utc_us + 3_000_000) for unit in second.units]
    file = write(tmp_path / "x.mp4", [*first.units, *later])
    told = run("ffprobe", "-v", "error", "-of", "json", "-show_frames", "-show_entries", "frame=width", file)
    assert [frame["width"] for frame in json.loads(told)["frames"]] == [320] * 75 + [160] * 75


def test_jpeg_pictures_are_the_same_pictures(tmp_path: Path) -> None:
    source = f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=25:duration=1"
    raw = ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", "yuvj420p", "-f", "mjpeg", "-")
    described = StreamFormat(codec=Codec.JPEG, width=SIZE[0], height=SIZE[1], frame_rate=25.0)
    coded = [b"\xff\xd8" + picture for picture in raw.split(b"\xff\xd8")[1:]]
    file = write(
        tmp_path / "x.mp4", [at(described, place * 40_000, data, key=True) for place, data in enumerate(coded)]
    )
    assert pictures("-i", file) == pictures("-f", "mjpeg", "-i", "-", data=raw)
    launch = f"filesrc location={file} ! qtdemux ! jpegdec ! filesink location={tmp_path / 'frames'}"
    run("gst-launch-1.0", "-q", *launch.split())
    assert (tmp_path / "frames").stat().st_size == 25 * SIZE[0] * SIZE[1] * 3 // 2


@pytest.mark.parametrize(("codec", "law"), [(Codec.PCMU, "mulaw"), (Codec.PCMA, "alaw")])
def test_telephone_sound_beside_the_picture_is_the_same_sound(codec: Codec, law: str, tmp_path: Path) -> None:
    sound = ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=3", "-f", law, "-")
    described = StreamFormat(codec=codec, clock_hz=8000)
    units = [
        at(described, place // 160 * 20_000, sound[place : place + 160], key=True) for place in range(0, 24_000, 160)
    ]
    stream = video(Codec.H264)
    file = write(tmp_path / "x.mp4", stream.units, also=units)
    assert ffmpeg("-i", file, "-map", "0:a", "-c:a", "copy", "-f", law, "-") == sound
    assert len(pictures("-i", file)) == 75


def test_aac_sound_is_the_same_sound(tmp_path: Path) -> None:
    source = "sine=frequency=440:sample_rate=16000:duration=3"
    adts = ffmpeg("-f", "lavfi", "-i", source, "-c:a", "aac", "-b:a", "32k", "-f", "adts", "-")
    # AudioSpecificConfig of AAC-LC, 16 kHz, mono.
    described = StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(bytes((0x14, 0x08)),))
    units: list[AccessUnit] = []
    place = 0
    while place < len(adts):
        size = int.from_bytes(adts[place + 3 : place + 6], "big") >> 5 & 0x1FFF
        units.append(at(described, len(units) * 64_000, adts[place + 7 : place + size], key=True))
        place += size
    file = write(tmp_path / "x.mp4", units)
    decoded = ffmpeg("-i", file, "-f", "s16le", "-")
    assert decoded == ffmpeg("-f", "aac", "-i", "-", "-f", "s16le", "-", data=adts)
    assert len(decoded) == 2 * 1024 * len(units)
