"""What the commands print for people: plain tables that survive a serial console."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from argus.base.units import to_iso
from argus.station.printable import printable
from argus.station.status import JobStatus, ReceiverStatus, RecordingStatus, StationStatus, StorageStatus

if TYPE_CHECKING:
    from argus.station.discover import FoundDevice
    from argus.store.ring.check import Report

Rows = Sequence[tuple[str, ...]]


def status(answer: StationStatus) -> str:
    """The station's status as sections of columns."""
    clients_create = [("none", "an ONVIF client creates them")]
    sections: dict[str, Rows] = {
        "Station": _station(answer),
        "Video sources": [
            (source["name"], source["problem"] or source["state"], f"{source['frames']} frames")
            for source in answer["video_sources"]
        ],
        "Audio sources": [
            (source["name"], source["problem"] or source["state"], f"{source['packets']} packets")
            for source in answer["audio_sources"]
        ]
        or [("none", "the board has no microphone")],
        "Recordings": [_recording(entry) for entry in answer["recordings"]] or clients_create,
        "Recording jobs": [_job(entry) for entry in answer["jobs"]] or clients_create,
        "Receivers": [_receiver(entry) for entry in answer["receivers"]]
        or [("none", "`argus-station camera add` or an ONVIF client creates them")],
        "Schedules": [
            (entry["token"], "active" if entry["active"] else "not active", entry["name"])
            for entry in answer["schedules"]
        ]
        or clients_create,
        "Storage": _storage(answer["storage"]),
    }
    return "\n\n".join(f"{title}\n{_indent(columns(rows))}" for title, rows in sections.items())


def report(found: Report) -> str:
    """What `check` found; the verdict stands last."""
    rows = [
        ("volume", f"{found.path} ({found.uuid})"),
        ("size", f"{size(found.size_bytes)} in {found.segments} segments of {size(found.segment_bytes)}"),
        ("used", f"{found.segments_used} segments, {found.segments_sealed} sealed"),
        ("holds", f"{found.units} access units of {found.tracks} tracks in {found.spans} spans"),
        ("from", _time(found.oldest_us)),
        ("until", _time(found.newest_us)),
        ("verified", f"{size(found.verified_bytes)} in {found.batches} batches"),
    ]
    verdict = [f"PROBLEM  {problem}" for problem in found.problems] or ["Everything is intact."]
    return "\n".join((columns(rows), "", *verdict))


def devices(found: Sequence[FoundDevice]) -> str:
    """One line a device: name, hardware, address."""
    if not found:
        return "No ONVIF device answered."
    heading = ("NAME", "HARDWARE", "ADDRESS", "ENDPOINT")
    return columns(
        [heading, *((device.name, device.hardware, " ".join(device.xaddrs), device.endpoint) for device in found)]
    )


def devices_json(found: Sequence[FoundDevice]) -> str:
    """The same for programs."""
    named = [
        {
            "name": device.name,
            "hardware": device.hardware,
            "location": device.location,
            "endpoint": device.endpoint,
            "xaddrs": device.xaddrs,
            "scopes": device.scopes,
        }
        for device in found
    ]
    return json.dumps(named, indent=2)


def size(count_bytes: float) -> str:
    """A size with one decimal in the largest unit that fits."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count_bytes < 1024:
            return f"{count_bytes:.0f} {unit}" if unit == "B" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1024
    return f"{count_bytes:.1f} TiB"


def columns(rows: Rows) -> str:
    """Rows with their columns aligned; what clients named things cannot break a line or steer the terminal."""
    rows = [tuple(map(printable, row)) for row in rows]
    widths = [
        max(len(row[number]) for row in rows if number < len(row)) for number in range(max(map(len, rows), default=0))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    )


def _station(answer: StationStatus) -> Rows:
    device = answer["device"]
    return [
        ("state", "; ".join(answer["problems"]) or "everything works"),
        ("model", f"{device['model']} {device['firmware_version']}"),
        ("endpoint", device["endpoint"]),
        *((entry["name"], entry["value"]) for entry in answer["addresses"]),
    ]


def _storage(storage: StorageStatus) -> Rows:
    return [
        ("volume", " ".join((storage["volume"], storage["volume_uuid"])).strip()),
        ("used", f"{size(storage['used_bytes'])} of {size(storage['total_bytes'])}"),
        ("state", f"{storage['state']} {storage['detail']}".strip()),
        ("told clients", "storage failure" if storage["failure_told"] else "no failure"),
        ("last durable", storage["last_durable"] or "-"),
        ("lost", f"{storage['dropped_frames']} frames"),
        ("refused", f"{storage['write_errors']} writes"),
        ("damaged", f"{storage['damaged']} places"),
        ("read back", f"{storage['read_back_samples']} samples, {storage['read_back_wrong']} wrong"),
    ]


def _recording(recording: RecordingStatus) -> tuple[str, ...]:
    known = (recording["token"], recording["status"], recording["name"])
    return *known, _period(recording), _used(recording), recording["problem"]


def _period(recording: RecordingStatus) -> str:
    return f"{recording['since']} to {recording['until']}" if recording["since"] else "nothing recorded yet"


def _used(recording: RecordingStatus) -> str:
    quota = f", quota {recording['share']}" if recording["share"] != "none" else ""
    return size(recording["used_bytes"]) + quota


def _job(job: JobStatus) -> tuple[str, ...]:
    schedule = f"schedule {job['schedule']}" if job["schedule"] else ""
    sources = ", ".join(job["sources"]) or "no source"
    route = f"{sources} to {job['recording']}"
    return job["token"], job["mode"], job["state"], f"priority {job['priority']}", route, schedule, job["problem"]


def _receiver(receiver: ReceiverStatus) -> tuple[str, ...]:
    since = f"since {receiver['failing_since']}: " if receiver["failing_since"] else ""
    uri = receiver["uri"] or "no address yet"
    return receiver["token"], receiver["mode"], receiver["state"], uri, since + receiver["problem"]


def _time(utc_us: int | None) -> str:
    return "-" if utc_us is None else to_iso(utc_us)


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
