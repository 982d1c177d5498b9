"""The board profile: facts about the hardware, read from board.toml and handed to the rooms."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from argus.base.access_unit import Codec
from argus.base.errors import InvalidValue
from argus.base.quantity import BITRATE, DURATION_MS, FREQUENCY, PERCENT, SIZE
from argus.base.tokens import AudioSourceToken, AudioStreamToken, ProfileToken, VideoSourceToken
from argus.media.audio_settings import (
    AUDIO_CODECS,
    MIN_AAC_BITRATE_BPS,
    SAMPLE_RATES_HZ,
    AudioKind,
    AudioSourceSettings,
    AudioStreamSettings,
    highest_aac_bitrate_bps,
)
from argus.media.encoders import DRIVERS
from argus.media.settings import (
    AUTO,
    HEIGHT_STEP,
    MAX_FRAME_RATE,
    MAX_HEIGHT,
    MAX_WIDTH,
    WIDTH_STEP,
    EncoderSettings,
    SourceKind,
    StreamSettings,
    VideoSourceSettings,
)
from argus.station.table import Table

MAX_VIDEO_SOURCES = 16
MAX_AUDIO_SOURCES = 4
MAX_STREAMS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """The volume to record on: a file in the data directory, or, where the path is absolute, what may come and go.

    `size_bytes` and `segment_size_bytes` are those of a new file; `largest_share` is in percent of the volume.
    """

    volume: Path
    size_bytes: int
    segment_size_bytes: int
    largest_share: int = 100

    @property
    def removable(self) -> bool:
        """Whether the station takes the volume as it finds it, and never makes one."""
        return self.volume.is_absolute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the hardware can take: objects, and the rates of one recording and of all together."""

    recordings: int
    jobs: int
    receivers: int
    recording_rate_bps: int
    total_rate_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """From where receivers may take media."""

    allow_loopback: bool
    verify_certificates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSource:
    settings: VideoSourceSettings
    streams: tuple[StreamSettings, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSource:
    settings: AudioSourceSettings
    streams: tuple[AudioStreamSettings, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All facts of one board. `system_actions` is "simulated" or "systemd"."""

    board_id: str
    manufacturer: str
    model: str
    hardware_id: str
    system_actions: str
    video_sources: tuple[VideoSource, ...]
    audio_sources: tuple[AudioSource, ...]
    storage: StorageSettings
    receivers: ReceiverSettings
    limits: Limits

    def with_video_file(self, path: Path) -> Board:
        """The same board, its first camera replaced by a video file that plays in a loop."""
        first, *others = self.video_sources
        settings = replace(first.settings, kind=SourceKind.FILE, path=path, device=None)
        return replace(self, video_sources=(replace(first, settings=settings), *others))


def board_directories() -> tuple[Path, ...]:
    """Where boards are looked for by name: ARGUS_BOARD_DIR, the installed place, the source tree."""
    named = os.environ.get("ARGUS_BOARD_DIR")
    source_tree = Path(__file__).resolve().parents[3] / "board"
    return tuple(
        path for path in (Path(named) if named else None, Path("/usr/share/argus-station/board"), source_tree) if path
    )


def find_board(name: str) -> Path:
    """The board.toml of a board by its name, or of a path to a folder or file.

    Raises:
        InvalidValue("board"): nothing there; the message lists the boards that exist.
    """
    given = Path(name)
    for candidate in (given, given / "board.toml"):
        if candidate.is_file() and "/" in name:
            return candidate
    known: list[str] = []
    for directory in board_directories():
        candidate = directory / name / "board.toml"
        if "/" not in name and candidate.is_file():
            return candidate
        known += sorted(path.parent.name for path in directory.glob("*/board.toml"))
    choices = ", ".join(dict.fromkeys(known)) or "none"
    raise InvalidValue("board", f"there is no board {name!r}; known: {choices}; or give a path such as ./board.toml")


def load_board(file: Path) -> Board:
    """Read and validate a board.toml.

    Raises:
        InvalidValue("board"): the file, the key, and what is allowed there.
    """
    try:
        root = Table(file, "", tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidValue("board", f"{file}: {error}") from error
    facts, system = root.table("board"), root.table("system")
    board = Board(
        board_id=facts.text("id"),
        manufacturer=facts.text("manufacturer"),
        model=facts.text("model"),
        hardware_id=facts.text("hardware_id"),
        system_actions=system.choice("actions", ("simulated", "systemd")),
        video_sources=tuple(_video_source(file, table) for table in root.tables("video_source", MAX_VIDEO_SOURCES)),
        audio_sources=tuple(_audio_source(table) for table in root.tables("audio_source", MAX_AUDIO_SOURCES, least=0)),
        storage=_storage(root.table("storage")),
        receivers=_receivers(root.optional_table("receivers")),
        limits=_limits(root.optional_table("limits")),
    )
    for table in (facts, system, root):
        table.finish()
    _refuse_equal_tokens(root, board)
    _refuse_unknown_audio(root, board)
    return board


def _video_source(file: Path, table: Table) -> VideoSource:
    kind = SourceKind(table.choice("source", tuple(SourceKind)))
    path, device = None, None
    if kind is SourceKind.FILE:
        path = file.parent / table.text("file", longest=4096)
        if not path.is_file():
            table.refuse("file", f"there is no file {path}")
    else:
        table.absent("file", 'only a source = "file" has one')
    if kind is SourceKind.V4L2:
        device = table.text("device", longest=256)
    else:
        table.absent("device", 'only a source = "v4l2" has one')
    settings = VideoSourceSettings(
        token=VideoSourceToken(table.text("token")),
        name=table.text("name"),
        kind=kind,
        path=path,
        device=device,
        width=_size(table, "width", WIDTH_STEP, MAX_WIDTH),
        height=_size(table, "height", HEIGHT_STEP, MAX_HEIGHT),
        frame_rate=table.number("frame_rate", 1, MAX_FRAME_RATE),
    )
    streams = tuple(_stream(stream, settings) for stream in table.tables("stream", MAX_STREAMS))
    table.finish()
    return VideoSource(settings=settings, streams=streams)


def _stream(table: Table, source: VideoSourceSettings) -> StreamSettings:
    audio = table.optional_text("audio", longest=32)
    stream = StreamSettings(
        token=ProfileToken(table.text("token", longest=32)),
        name=table.text("name"),
        codec=Codec(table.choice("codec", (Codec.H264,))),
        width=_size(table, "width", WIDTH_STEP, source.width),
        height=_size(table, "height", HEIGHT_STEP, source.height),
        frame_rate=table.number("frame_rate", 1, source.frame_rate),
        bitrate_bps=table.quantity("bitrate", BITRATE, "32 kbit/s", "50 Mbit/s"),
        key_frame_interval_s=table.quantity("key_frame_interval", DURATION_MS, "200 ms", "10 s") / 1000,
        encoder=_encoder(table),
        audio=AudioStreamToken(audio) if audio is not None else None,
        metadata=table.flag("metadata", False),
    )
    table.finish()
    return stream


def _audio_source(table: Table) -> AudioSource:
    kind = AudioKind(table.choice("source", tuple(AudioKind)))
    if kind is not AudioKind.ALSA:
        table.absent("device", 'only a source = "alsa" has one')
    settings = AudioSourceSettings(
        token=AudioSourceToken(table.text("token", longest=32)),
        name=table.text("name"),
        kind=kind,
        device=table.text("device", longest=256) if kind is AudioKind.ALSA else None,
        sample_rate_hz=_sample_rate(table, "48 kHz"),
    )
    streams = tuple(_audio_stream(stream) for stream in table.tables("stream", MAX_STREAMS))
    table.finish()
    return AudioSource(settings=settings, streams=streams)


def _audio_stream(table: Table) -> AudioStreamSettings:
    codec = Codec(table.choice("codec", AUDIO_CODECS))
    token, name = AudioStreamToken(table.text("token", longest=32)), table.text("name")
    if codec is Codec.AAC:
        sample_rate_hz = _sample_rate(table, None)
        stream = AudioStreamSettings(
            token=token,
            name=name,
            codec=codec,
            sample_rate_hz=sample_rate_hz,
            bitrate_bps=table.quantity(
                "bitrate", BITRATE, f"{MIN_AAC_BITRATE_BPS} bit/s", f"{highest_aac_bitrate_bps(sample_rate_hz)} bit/s"
            ),
        )
    else:
        for key in ("sample_rate", "bitrate"):
            table.absent(key, 'codec = "G711" is always 8 kHz and 64 kbit/s')
        stream = AudioStreamSettings(token=token, name=name, codec=codec)
    table.finish()
    return stream


def _sample_rate(table: Table, default: str | None) -> int:
    lowest, highest = f"{SAMPLE_RATES_HZ[0]} Hz", f"{SAMPLE_RATES_HZ[-1]} Hz"
    sample_rate_hz = table.quantity("sample_rate", FREQUENCY, lowest, highest, default)
    if sample_rate_hz not in SAMPLE_RATES_HZ:
        table.refuse("sample_rate", f"{sample_rate_hz} Hz is none of {', '.join(map(str, SAMPLE_RATES_HZ))}")
    return sample_rate_hz


def _encoder(table: Table) -> EncoderSettings:
    element = table.text("encoder", AUTO)
    if element != AUTO and not any(driver.matches(element) for driver in DRIVERS):
        known = ", ".join(repr(driver.usual_element) for driver in DRIVERS)
        table.refuse("encoder", f"{element!r} is neither {AUTO!r} nor an encoder of the driver table: {known}")
    return EncoderSettings(element=element)


def _size(table: Table, key: str, step: int, largest: int) -> int:
    value = table.whole(key, 64, largest)
    if value % step:
        table.refuse(key, f"{value} is not a multiple of {step}")
    return value


def _storage(table: Table) -> StorageSettings:
    volume = Path(table.text("volume", longest=4096))
    if ".." in volume.parts:
        table.refuse("volume", f"{str(volume)!r} leads somewhere else; use the absolute path of that place")
    storage = StorageSettings(
        volume=volume,
        size_bytes=table.quantity("size", SIZE, "16 MiB", "4096 GiB", "2 GiB" if volume.is_absolute() else None),
        segment_size_bytes=table.quantity("segment_size", SIZE, "1 MiB", "64 MiB", "16 MiB"),
        largest_share=table.quantity("largest_share", PERCENT, "1 %", "100 %", "100 %"),
    )
    table.finish()
    return storage


def _receivers(table: Table) -> ReceiverSettings:
    settings = ReceiverSettings(
        allow_loopback=table.flag("allow_loopback", False),
        verify_certificates=table.flag("verify_certificates", False),
    )
    table.finish()
    return settings


def _limits(table: Table) -> Limits:
    limits = Limits(
        recordings=table.whole("recordings", 1, 4096, 64),
        jobs=table.whole("jobs", 1, 4096, 128),
        receivers=table.whole("receivers", 1, 256, 64),
        recording_rate_bps=table.quantity("recording_rate", BITRATE, "100 kbit/s", "200 Mbit/s", "50 Mbit/s"),
        total_rate_bps=table.quantity("total_rate", BITRATE, "100 kbit/s", "2000 Mbit/s", "200 Mbit/s"),
    )
    table.finish()
    return limits


def _refuse_equal_tokens(root: Table, board: Board) -> None:
    tokens: list[str] = [source.settings.token for source in board.video_sources]
    tokens += [stream.token for source in board.video_sources for stream in source.streams]
    tokens += [source.settings.token for source in board.audio_sources]
    tokens += [stream.token for source in board.audio_sources for stream in source.streams]
    for token in tokens:
        if tokens.count(token) > 1:
            root.refuse("video_source", f"token {token!r} is used more than once; tokens of sources and streams differ")


def _refuse_unknown_audio(root: Table, board: Board) -> None:
    known = [stream.token for source in board.audio_sources for stream in source.streams]
    for stream in (stream for source in board.video_sources for stream in source.streams):
        if stream.audio is not None and stream.audio not in known:
            choices = ", ".join(map(repr, known)) or "none"
            root.refuse(
                "video_source", f"stream {stream.token!r} names audio {stream.audio!r}; audio streams: {choices}"
            )
