"""The inventory: what a volume is, whose it is, and which recordings are on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from argus.base.access_unit import StreamFormat
from argus.store.ring import layout
from argus.store.ring.archive import Archive
from argus.store.ring.label import TrackLabel
from argus.store.ring.records import is_intact
from argus.store.ring.run import EARLIEST_US, NEVER_US
from argus.store.ring.volume import NOBODY, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackInventory:
    """One track. Times in microseconds UTC, None where nothing is visible; `retention_us` 0 is unlimited."""

    track_id: int
    track: str
    kind: str
    formats: tuple[str, ...]
    first_us: int | None
    last_us: int | None
    ranges: int
    retention_us: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingInventory:
    """One recording. The tokens are empty where nothing tells whose the tracks are."""

    recording: str
    name: str
    size_bytes: int
    tracks: tuple[TrackInventory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """A whole volume. `owner` is empty while any station may write it; `generation` counts snapshots.

    `superblocks` says of each copy "intact", "damaged" or "different"; `problems` are sentences about damage.
    """

    path: str
    uuid: str
    owner: str
    created_us: int
    size_bytes: int
    segment_bytes: int
    segments: int
    used_segments: int
    used_bytes: int
    free_bytes: int
    data_offset: int
    erase_block_bytes: int
    generation: int
    written_us: int
    superblocks: tuple[str, ...]
    recordings: tuple[RecordingInventory, ...]
    problems: tuple[str, ...]


def take_inventory(archive: Archive, path: Path, labels: Mapping[int, TrackLabel]) -> Inventory:
    """Read it all; `labels` tell what tracks are called. Raises Unavailable."""
    volume, contents = archive.volume, archive.contents()
    geometry = volume.geometry
    superblocks = _superblocks(volume)
    return Inventory(
        path=str(path),
        uuid=str(volume.uuid),
        owner="" if volume.station == NOBODY else str(volume.station),
        created_us=volume.created_us,
        size_bytes=geometry.size_bytes,
        segment_bytes=geometry.segment_bytes,
        segments=geometry.data_segments,
        used_segments=contents.used_segments,
        used_bytes=contents.used_bytes,
        free_bytes=(geometry.data_segments - contents.used_segments) * geometry.segment_bytes,
        data_offset=geometry.data_offset,
        erase_block_bytes=geometry.erase_block_bytes,
        generation=contents.generation,
        written_us=contents.written_us,
        superblocks=superblocks,
        recordings=_recordings(archive, labels),
        problems=(*_superblock_problems(superblocks), *contents.problems),
    )


def _superblocks(volume: Volume) -> tuple[str, ...]:
    found = [volume.device.read(offset, layout.SUPERBLOCK_BYTES) for offset in layout.SUPERBLOCK_OFFSETS]
    intact = [data for data in found if is_intact(data, layout.SUPERBLOCK_MAGIC)]
    return tuple("damaged" if data not in intact else "intact" if data == intact[0] else "different" for data in found)


def _superblock_problems(superblocks: tuple[str, ...]) -> list[str]:
    """ "different" is what a power cut leaves while the volume is adopted: nothing is lost by it."""
    return [
        f"the superblock at {offset} is damaged"
        for offset, state in zip(layout.SUPERBLOCK_OFFSETS, superblocks, strict=True)
        if state == "damaged"
    ]


def _recordings(archive: Archive, labels: Mapping[int, TrackLabel]) -> tuple[RecordingInventory, ...]:
    sizes = archive.used_bytes()
    called: dict[str, str] = {}
    grouped: dict[str, list[TrackInventory]] = {}
    for track_id in archive.track_ids():
        label = labels.get(track_id)
        recording = label.recording if label is not None else ""
        called[recording] = label.name if label is not None else ""
        grouped.setdefault(recording, []).append(_track(archive, track_id, label, sizes.get(track_id, 0)))
    return tuple(
        RecordingInventory(
            recording=recording,
            name=called[recording],
            size_bytes=sum(track.size_bytes for track in tracks),
            tracks=tuple(tracks),
        )
        for recording, tracks in grouped.items()
    )


def _track(archive: Archive, track_id: int, label: TrackLabel | None, size_bytes: int) -> TrackInventory:
    spans = archive.spans(track_id)
    formats = archive.formats(track_id, EARLIEST_US, NEVER_US)
    return TrackInventory(
        track_id=track_id,
        track=label.track if label is not None else "",
        kind=label.kind if label is not None else next((known.codec.kind for known in formats), ""),
        formats=tuple(dict.fromkeys(map(_format, formats))),
        first_us=spans[0].start_us if spans else None,
        last_us=spans[-1].end_us if spans else None,
        ranges=len(spans),
        retention_us=archive.retention_us(track_id),
        size_bytes=size_bytes,
    )


def _format(stream_format: StreamFormat) -> str:
    picture = f" {stream_format.width}×{stream_format.height}" if stream_format.width else ""
    return f"{stream_format.codec.value}{picture}"
