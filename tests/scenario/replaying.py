"""Plays what was recorded and reads the cameras' and frames' numbers and times off the pictures."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.harness.pictures import decode, stamps_of_stream, with_login
from tests.harness.recorder import Recorder
from tests.harness.rtp import ReceivedUnit, RtpPacket, access_units
from tests.harness.rtsp import clock_range
from tests.scenario.models import CAMERAS, HEIGHT, NUMBER_SHIFT, WIDTH, Model, Software
from tests.scenario.stage import Stage
from tests.scenario.table import Stretch, Table

from argus.media.testcard import Stamp, decode_stamp

SIZE = (WIDTH, HEIGHT)
# Pictures decoded at once; they are held in memory.
_BATCH = 600
# Pictures so far apart do not follow each other.
_GAP_US = 2_000_000
# How far the time of capture that was recorded may be from the one in the picture. gst-rtsp-server tells in its
# reports when it sends; VLC keeps what it read for about a second before.
_LATE_S = {Software.GSTREAMER: 1.0, Software.VLC: 4.0}
_DEMUXERS = {"H264": "h264", "H265": "hevc"}
_NAMES = {model.number: name for name, model in CAMERAS.items()}


@dataclass
class Run:
    """Pictures of one camera that follow each other."""

    camera: str
    first_frame: int
    last_frame: int
    pictures: int
    late_s: list[float]

    @property
    def missing(self) -> int:
        return self.last_frame - self.first_frame + 1 - self.pictures


def runs(recorder: Recorder, recording: str, video: str) -> list[Run]:
    """Everything of an H.264 or H.265 track, camera by camera."""
    found: list[Run] = []
    gap_us = 0
    with recorder.replay(recording) as client:
        client.play(Rate_Control="no", Range=clock_range(recorder.information(recording).earliest_us))
        packets = client.packets(quiet_s=1.5, limit_s=120)
        units = access_units(packets) if video == "H264" else access_units_of_h265(packets)
        for batch in _batches(list(units)):
            stream = b"".join(unit.annexb for unit in batch)
            pictures = [_stamp(one) for one in decode(["-f", _DEMUXERS[video], "-i", "-"], SIZE, data=stream)]
            assert len(pictures) == len(batch), f"{len(batch)} units are {len(pictures)} pictures"
            for number, (unit, stamp) in enumerate(zip(batch, pictures, strict=True)):
                if stamp is None:
                    before = f"{found[-1].camera} {found[-1].last_frame}" if found else "nothing"
                    raise AssertionError(
                        f"{recording}: the picture after {before} is damaged, {number} after a key frame,"
                        f" at {unit.utc_us / 1e6:.2f} s, {len(unit.annexb)} bytes"
                    )
                camera, frame = _NAMES[stamp.number >> NUMBER_SHIFT], stamp.number & (1 << NUMBER_SHIFT) - 1
                # A camera that was unplugged counts from the beginning again.
                if not found or found[-1].camera != camera or frame <= found[-1].last_frame or unit.utc_us > gap_us:
                    found.append(Run(camera, frame, frame, 0, []))
                gap_us = unit.utc_us + _GAP_US
                found[-1].last_frame = frame
                found[-1].pictures += 1
                found[-1].late_s.append((unit.utc_us - stamp.utc_us) / 1e6)
    return found


def _stamp(picture: bytes) -> Stamp | None:
    try:
        return decode_stamp(memoryview(picture), *SIZE)
    except ValueError:
        return None


def access_units_of_h265(packets: Iterable[RtpPacket]) -> Iterator[ReceivedUnit]:
    """Single NAL units, aggregation packets and fragments.   RFC 7798 § Payload Structures"""
    unit: ReceivedUnit | None = None
    for packet in packets:
        if unit is None:
            unit = ReceivedUnit(packet.timestamp, packet.sequence, packet.extension)
        payload, kind = packet.payload, packet.payload[0] >> 1 & 0x3F
        if kind == 48:
            position = 2
            while position < len(payload):
                size = int.from_bytes(payload[position : position + 2], "big")
                unit.nal_units.append(payload[position + 2 : position + 2 + size])
                position += 2 + size
        elif kind == 49:
            if payload[2] & 0x80:
                unit.nal_units.append(bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]]))
            unit.nal_units[-1] += payload[3:]
        else:
            unit.nal_units.append(payload)
        if packet.marker:
            yield unit
            unit = None


def judge_pictures(table: Table, stage: Stage) -> tuple[list[str], list[str]]:
    """Mistakes, and figures: whose pictures each video track holds, and whether one is missing."""
    mistakes: list[str] = []
    figures: list[str] = []
    for (recording, track), stretches in table.tracks.items():
        if track != "VIDEO001":
            continue
        token = stage.recording_tokens[recording]
        models = [CAMERAS[stretch.camera] for stretch in stretches]
        if all(model.video == models[0].video in _DEMUXERS for model in models):
            found = runs(stage.recorder, token, models[0].video)
            mistakes += _judge_runs(recording, stretches, found)
            figures += [
                f"{recording}: {run.pictures} pictures of {run.camera}, {run.missing} missing, recorded as "
                f"{median(run.late_s):.2f} s after they were drawn ({min(run.late_s):.2f} to {max(run.late_s):.2f})"
                for run in found
            ]
        else:
            mistakes += _judge_start(recording, models[0], stage.recorder.replay_uri(token))
        mistakes += _judge_streams(recording, table, models[0], stage.recorder.replay_uri(token))
    return mistakes, figures


def _judge_runs(recording: str, stretches: Sequence[Stretch], found: Sequence[Run]) -> Iterator[str]:
    cameras = [stretch.camera for stretch in stretches]
    if [run.camera for run in found] != cameras:
        yield f"{recording}: pictures of {[run.camera for run in found]}, not of {cameras}"
    for run in found:
        if run.missing:
            yield f"{recording}: {run.missing} of {run.pictures} pictures of {run.camera} are missing"
        limit_s = _LATE_S[CAMERAS[run.camera].software]
        if not -0.5 <= min(run.late_s) <= max(run.late_s) <= limit_s:
            yield f"{recording}: {run.camera} recorded {min(run.late_s):.2f} to {max(run.late_s):.2f} s after drawn"


def _judge_start(recording: str, model: Model, uri: str) -> Iterator[str]:
    """Two seconds of a track, decoded by ffmpeg from the replay."""
    numbers = [stamp.number for stamp in stamps_of_stream(uri, SIZE, 20)]
    if any(number >> NUMBER_SHIFT != model.number for number in numbers):
        yield f"{recording}: pictures of another camera than {model.name}"
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield f"{recording}: the first pictures are {[number & 0xFFFFFF for number in numbers]}"


def _judge_streams(recording: str, table: Table, model: Model, uri: str) -> Iterator[str]:
    """The replay offers the tracks that have footage, in the encoding of the camera."""
    names = {"H264": "h264", "H265": "hevc", "JPEG": "mjpeg", "PCMU": "pcm_mulaw", "PCMA": "pcm_alaw", "AAC": "aac"}
    wanted = {names[model.video]}
    if (recording, "AUDIO001") in table.tracks:
        wanted.add(names[model.audio])
    offered = _codecs(uri)
    if offered != wanted:
        yield f"{recording}: replay offers {offered}, not {wanted}"


def _codecs(uri: str) -> set[str]:
    """What ffprobe finds in a presentation."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-of",
        "json",
        "-show_entries",
        "stream=codec_name",
        "-analyzeduration",
        "1000000",
    ]
    command += ["-rtsp_transport", "tcp", "-timeout", "10000000", with_login(uri)]
    outcome = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return {stream["codec_name"] for stream in json.loads(outcome.stdout)["streams"]}


def _batches(units: Sequence[ReceivedUnit]) -> Iterator[Sequence[ReceivedUnit]]:
    """Runs of units that begin with a key frame, so that each decodes by itself."""
    begin = 0
    for at, unit in enumerate(units):
        clean = unit.extension is not None and unit.extension.clean_point
        if clean and at - begin >= _BATCH:
            yield units[begin:at]
            begin = at
    if units:
        yield units[begin:]
