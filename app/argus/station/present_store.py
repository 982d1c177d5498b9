"""What the commands around volumes print for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from argus.base.units import US_PER_S, to_iso
from argus.station.present import columns, size
from argus.station.printable import printable

if TYPE_CHECKING:
    from argus.store.export.export import Exported
    from argus.store.ring.dump import Part, Tree
    from argus.store.ring.inventory import Inventory, RecordingInventory, TrackInventory


def inventory(found: Inventory) -> str:
    """The volume first, then its recordings; what is wrong stands last."""
    alignment = f"erase blocks of {size(found.erase_block_bytes)}" if found.erase_block_bytes else "not aligned"
    rows = [
        ("volume", f"{found.path} ({found.uuid})"),
        ("owner", f"station {found.owner}" if found.owner else "none yet: the first station that uses it"),
        ("created", to_iso(found.created_us)),
        ("size", f"{size(found.size_bytes)} in {found.segments} segments of {size(found.segment_bytes)}"),
        ("segments from", f"{size(found.data_offset)} on, {alignment}"),
        ("used", f"{size(found.used_bytes)} in {found.used_segments} segments, {size(found.free_bytes)} free"),
        ("snapshot", f"generation {found.generation} of {to_iso(found.written_us)}"),
        ("superblocks", ", ".join(found.superblocks)),
    ]
    parts = [columns(rows)]
    parts += [_recording(recording) for recording in found.recordings] or ["No recordings."]
    if found.problems:
        parts.append("\n".join(f"PROBLEM  {printable(problem)}" for problem in found.problems))
    return "\n\n".join(parts)


def parts(found: Sequence[Part]) -> str:
    """Structures one below the other, one field a line."""
    return "\n\n".join(_part(part) for part in found) or "Nothing is there."


def exported(made: Exported, path: Path, *, kept: bool) -> str:
    """What is in the file, and what is missing; whether the station `kept` the footage until it was complete."""
    lines = [
        f"{path}: {size(made.size_bytes)}, {made.units} access units in {made.duration_us / US_PER_S:.3f} s,"
        f" {to_iso(made.start_us)} to {to_iso(made.end_us)}"
    ]
    lines += [
        f"MISSING  track {hole.track_id} from {to_iso(hole.start_us)} to {to_iso(hole.end_us)}:"
        " overwritten meanwhile, or damaged"
        for hole in made.holes
    ]
    lines += [f"LEFT OUT  track {track_id}: an MP4 file cannot hold its format" for track_id in made.left_out]
    if kept:
        lines.append("The station that records kept this footage meanwhile.")
    return "\n".join(lines)


def _recording(recording: RecordingInventory) -> str:
    called = f"{recording.recording} {recording.name!r}" if recording.recording else "unknown recording"
    heading = f"{printable(called)}, {size(recording.size_bytes)}"
    rows: list[tuple[str, ...]] = [("TRACK", "NAME", "KIND", "FORMAT", "FROM", "UNTIL", "RANGES", "RETENTION", "SIZE")]
    rows += [_track(track) for track in recording.tracks]
    table = columns(rows)
    return "\n".join((heading, *(f"  {line}" for line in table.splitlines())))


def _track(track: TrackInventory) -> tuple[str, ...]:
    return (
        str(track.track_id),
        track.track or "-",
        track.kind or "-",
        ", ".join(track.formats) or "-",
        "-" if track.first_us is None else to_iso(track.first_us),
        "-" if track.last_us is None else to_iso(track.last_us),
        str(track.ranges),
        f"{track.retention_us / US_PER_S:g} s" if track.retention_us else "unlimited",
        size(track.size_bytes),
    )


def _part(part: Part) -> str:
    heading = f"{printable(part.title)} at {part.offset}"
    problem = [f"  PROBLEM  {printable(part.problem)}"] if part.problem else []
    return "\n".join((heading, *problem, *(f"  {line}" for line in _lines(part.fields))))


def _lines(tree: Tree) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            if isinstance(value, dict | list):
                yield f"{name}:" if value else f"{name}: none"
                yield from (f"  {line}" for line in _lines(value))
            else:
                yield f"{name}: {printable(str(value))}"
    elif isinstance(tree, list):
        yield from (f"- {_inline(item)}" for item in tree)
    else:
        yield printable(str(tree))


def _inline(tree: Tree) -> str:
    if isinstance(tree, dict):
        named = ((name, _inline(value), isinstance(value, dict)) for name, value in tree.items())
        return ", ".join(f"{name}: ({text})" if nested else f"{name}: {text}" for name, text, nested in named)
    if isinstance(tree, list):
        return f"[{', '.join(map(_inline, tree))}]"
    return printable(str(tree))
