"""Decoded pictures: ffmpeg decodes, and the strip burnt into each picture is read back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import pairwise

from tests.harness.station import PASSWORD, USERNAME

from argus.media.testcard import Stamp, decode_stamp

FRAME_US = 40_000


def with_login(uri: str, username: str = USERNAME, password: str = PASSWORD) -> str:
    return uri.replace("rtsp://", f"rtsp://{username}:{password}@", 1)


def decode(source: Sequence[str], size: tuple[int, int], *, data: bytes | None = None, frames: int = 0) -> list[bytes]:
    """Decode a source (input arguments of ffmpeg) into I420 pictures."""
    command = ["ffmpeg", "-v", "error", "-nostdin" if data is None else "-y", *source, "-fps_mode", "passthrough"]
    command += ["-frames:v", str(frames)] if frames else []
    command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    outcome = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert outcome.returncode == 0, outcome.stderr.decode()[-2000:]
    picture = size[0] * size[1] * 3 // 2
    assert len(outcome.stdout) % picture == 0, f"pictures are not {size}"
    return [outcome.stdout[at : at + picture] for at in range(0, len(outcome.stdout), picture)]


def stamps(pictures: Sequence[bytes], size: tuple[int, int]) -> list[Stamp]:
    """The number and time burnt into each picture."""
    return [decode_stamp(memoryview(picture), *size) for picture in pictures]


def stamps_of_h264(annexb: bytes, size: tuple[int, int]) -> list[Stamp]:
    """Decode an elementary stream and read every picture."""
    return stamps(decode(["-f", "h264", "-i", "-"], size, data=annexb), size)


def stamps_of_stream(uri: str, size: tuple[int, int], frames: int, transport: str = "tcp") -> list[Stamp]:
    """What ffmpeg plays of an RTSP address."""
    source = ["-rtsp_transport", transport, "-timeout", "10000000", "-i", with_login(uri)]
    return stamps(decode(source, size, frames=frames), size)


def assert_consecutive(found: Sequence[Stamp], step: int = 1) -> None:
    """Frame numbers go up by `step` without a gap, and their times with them."""
    for before, after in pairwise(found):
        assert after.number == before.number + step, f"frame {after.number} follows {before.number}"
        assert abs(after.utc_us - before.utc_us - step * FRAME_US) < FRAME_US, "times do not follow the frame rate"


def probe(source: str | bytes, *arguments: str) -> dict:
    """What ffprobe tells of the first stream."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", *arguments]
    command += ["-i", "-" if isinstance(source, bytes) else source]
    data = source if isinstance(source, bytes) else None
    outcome = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert outcome.returncode == 0, outcome.stderr.decode()[-2000:]
    return json.loads(outcome.stdout)["streams"][0]
