"""The commands around volumes of recordings: look into one, make one, take one over, get footage out of one."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from argus.base.clock import SystemClock
from argus.base.errors import Conflict, InvalidValue, NotFound, Unavailable
from argus.base.quantity import SIZE
from argus.base.units import to_utc_us
from argus.linux.os_error import reason
from argus.station import present_store
from argus.station.keeping import kept_meanwhile
from argus.station.plainly import EXIT_DAMAGED, plainly
from argus.station.present import size
from argus.station.progress import progress
from argus.station.quota_command import quota

if TYPE_CHECKING:
    from argus.store.medium.formatting import Site
    from argus.store.ring.archive import Archive
    from argus.store.ring.dump import Part
    from argus.store.ring.label import TrackLabel

EARLIEST_US, LATEST_US = -(1 << 62), 1 << 62
DEVICE_DATABASE = "device.sqlite"

VOLUME = click.Path(exists=True, dir_okay=False, path_type=Path)
DATA = click.Path(exists=True, file_okay=False, path_type=Path)


class Size(click.ParamType[int]):
    """A number of bytes with a unit, such as 8GiB."""

    name = "SIZE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return SIZE.parse(str(value))
        except InvalidValue as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[int]):
    """A time in ISO 8601, in UTC where it names no zone; microseconds since 1970."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-07-01T12:00:00Z", param, ctx)
        return to_utc_us(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


@click.group()
def store() -> None:
    """Volumes of recordings, in a file or on a partition.

    \b
    Exit codes: 0 all is well, 1 refused or failed (one line says why), 2 wrong usage,
                3 the volume has damage (what is intact is shown all the same).
    """


store.add_command(quota)


@store.command()
@click.argument("volume", type=VOLUME)
@click.option("--data", type=DATA, help="Take the names of recordings from this station's data directory.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@plainly
def info(volume: Path, data: Path | None, as_json: bool) -> None:
    """Show what a VOLUME is and which recordings it holds. A station may be writing."""
    from argus.store.ring.archive import Archive
    from argus.store.ring.inventory import take_inventory

    with Archive.open(volume, SystemClock()) as archive:
        found = take_inventory(archive, volume, _labels(archive, volume, data))
    click.echo(json.dumps(asdict(found), indent=2) if as_json else present_store.inventory(found))
    if found.problems:
        sys.exit(EXIT_DAMAGED)


@store.command()
@click.argument("volume", type=VOLUME)
@click.option("--segment", "slot", type=click.IntRange(0), metavar="N", help="Batches and footer of segment slot N.")
@click.option("--snapshot", is_flag=True, help="The headers of all snapshots, and the newest one.")
@click.option("--superblock", is_flag=True, help="Both superblocks. This is what is shown if nothing is asked for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@plainly
def dump(volume: Path, slot: int | None, snapshot: bool, superblock: bool, as_json: bool) -> None:
    """Print structures of a VOLUME as they lie on the medium. Long lists are cut."""
    from argus.store.ring import dump as dumping
    from argus.store.ring.volume import FileDevice, Volume

    device = FileDevice.open(volume, writable=False)
    parts: list[Part] = []
    try:
        if superblock or not (snapshot or slot is not None):
            parts += dumping.superblocks(device)
        if snapshot:
            parts += dumping.snapshots(Volume.open(device))
        if slot is not None:
            opened = Volume.open(device)
            if slot >= opened.geometry.data_segments:
                raise NotFound("segment", f"{slot} of {opened.geometry.data_segments}")
            parts += dumping.segment(opened, slot)
    except OSError as error:
        raise Unavailable("storage", f"{volume} cannot be read: {reason(error)}") from error
    finally:
        device.close()
    click.echo(json.dumps([asdict(part) for part in parts], indent=2) if as_json else present_store.parts(parts))
    if any(part.problem for part in parts):
        sys.exit(EXIT_DAMAGED)


@store.command(name="format")
@click.argument("volume", type=click.Path(path_type=Path))
@click.option("--size", "size_bytes", type=Size(), help="Size of a new file, or less than all of a partition: 8GiB.")
@click.option(
    "--segment-size", "segment_bytes", type=Size(), help="16 MiB by default; less below 512 MiB, more above 256 GiB."
)
@click.option("--data", type=DATA, help="Make it the volume of the station with this data directory.")
@click.option("--yes-format", metavar="UUID", help="Do not ask: the UUID of the volume that will be lost, or its path.")
@click.option("--new", is_flag=True, help="Do not ask: only make a file that does not exist yet.")
@click.option("--zero", is_flag=True, help="Write zeros over all of it first.")
@plainly
def format_volume(
    volume: Path,
    size_bytes: int | None,
    segment_bytes: int | None,
    data: Path | None,
    yes_format: str | None,
    new: bool,
    zero: bool,
) -> None:
    """Make an empty VOLUME in a file or on a partition. What was there is lost.

    Asks for the UUID of the volume that is there, or for its path if there is none. Without --data the volume belongs
    to the first station that uses it.
    """
    from argus.linux.block_devices import SystemBlockDevices
    from argus.store.medium.formatting import Ground, geometry_for, make_volume, survey
    from argus.store.ring.volume import NOBODY

    station = _station(data) if data is not None else NOBODY
    devices = SystemBlockDevices()
    site = survey(volume, devices)
    geometry = geometry_for(site, size_bytes, segment_bytes)
    if new and site.ground is not Ground.NOTHING:
        raise Conflict("storage", f"{site.path} exists")
    _confirm_loss(site, yes_format)
    with progress("Writing zeros") as on_progress:
        made = make_volume(site, geometry, station, SystemClock(), devices, zero=zero, on_progress=on_progress)
    click.echo(f"made volume {made} at {site.path}: {size(geometry.size_bytes)}, {geometry.data_segments} segments")


@store.command()
@click.argument("volume", type=VOLUME)
@click.option("--data", type=DATA, required=True, help="The data directory of the station that takes the volume over.")
@click.option("--yes", "given", metavar="UUID", help="Do not ask: the UUID of the volume.")
@plainly
def adopt(volume: Path, data: Path, given: str | None) -> None:
    """Let a station write on the VOLUME of another one. Its recordings stay.

    Asks for the UUID of the volume.
    """
    from argus.store.ring.volume import FileDevice, Volume

    station = _station(data)
    device = FileDevice.open(volume, writable=True)
    try:
        opened = Volume.open(device)
        if opened.station == station:
            click.echo(f"volume {opened.uuid} belongs to station {station} already")
            return
        click.echo(f"{volume} is volume {opened.uuid} of station {opened.station}.")
        _confirm(str(opened.uuid), given, "adopt")
        opened.adopt(station)
        click.echo(f"volume {opened.uuid} belongs to station {station} now")
    except OSError as error:
        raise Unavailable("storage", f"{volume} cannot be written: {reason(error)}") from error
    finally:
        device.close()


@store.command()
@click.argument("volume", type=VOLUME)
@click.option("--recording", metavar="R", help="All tracks of this recording: its token, or its name.")
@click.option("--track", type=click.IntRange(0), metavar="N", help="One track by the number that `store info` shows.")
@click.option("--from", "from_us", type=Moment(), default=None, help="ISO 8601, UTC. By default from the beginning.")
@click.option("--to", "until_us", type=Moment(), default=None, help="By default to the newest footage.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The MP4 file.")
@click.option("--data", type=DATA, help="The data directory of the station that records, if the VOLUME is elsewhere.")
@plainly
def export(
    volume: Path,
    recording: str | None,
    track: int | None,
    from_us: int | None,
    until_us: int | None,
    output: Path,
    data: Path | None,
) -> None:
    """Write footage of a VOLUME into an MP4 file, beginning with the key frame at or before --from.

    A station may be recording: it is asked to keep this footage until all of it is exported. Footage older than the
    retention is not exported.
    """
    from argus.store.export.export import export
    from argus.store.ring.archive import Archive

    if (recording is None) == (track is None):
        raise click.UsageError("say either --recording or --track")
    begin_us = EARLIEST_US if from_us is None else from_us
    end_us = LATEST_US if until_us is None else until_us
    if begin_us > end_us:
        raise click.UsageError("--from is later than --to")
    # Whoever ends it, nothing half is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Archive.open(volume, SystemClock()) as archive:
        labels = _labels(archive, volume, data)
        tracks = _tracks(archive, labels, recording, track)
        with (
            kept_meanwhile(archive, volume, data, tracks, begin_us, end_us) as kept,
            progress("Exporting") as on_progress,
        ):
            made = export(archive, tracks, begin_us, end_us, output, on_progress)
    click.echo(present_store.exported(made, output, kept=kept))
    if made.holes:
        sys.exit(EXIT_DAMAGED)


def _tracks(archive: Archive, labels: Mapping[int, TrackLabel], recording: str | None, track: int | None) -> list[int]:
    known = archive.track_ids()
    if track is not None:
        if track not in known:
            raise NotFound("track", str(track))
        return [track]
    named = {one for one in labels.values() if recording in (one.recording, one.name)}
    if len({one.recording for one in named}) > 1:
        tokens = ", ".join(sorted({one.recording for one in named}))
        raise Conflict("recording", f"several recordings are called {recording!r}: say which of {tokens}")
    found = [track_id for track_id in known if labels.get(track_id) in named]
    if not found:
        raise NotFound("recording", str(recording))
    return found


def _labels(archive: Archive, path: Path, data: Path | None) -> Mapping[int, TrackLabel]:
    """What the tracks are called: by the volume, by the station named, or by the one whose directory it is in."""
    from argus.device.identity import read_endpoint_uuid
    from argus.store.recording.catalog_labels import read_labels
    from argus.store.ring.volume import NOBODY

    told = archive.labels()
    if data is not None:
        return {**read_labels(data), **told}
    try:
        if archive.volume.station in (NOBODY, read_endpoint_uuid(path.parent / DEVICE_DATABASE)):
            return {**read_labels(path.parent), **told}
    except Unavailable:
        # The volume is somewhere else, on a card for instance.
        pass
    return told


def _station(data: Path) -> UUID:
    from argus.device.identity import read_endpoint_uuid

    station = read_endpoint_uuid(data / DEVICE_DATABASE)
    if station is None:
        raise Unavailable("station", f"the station on {data} has no identity yet: start it once")
    return station


def _confirm_loss(site: Site, given: str | None) -> None:
    if not site.confirmation:
        return
    held = f"volume {site.present}" if site.present is not None else "no volume of this program, perhaps other data"
    click.echo(f"{site.path} ({size(site.size_bytes)}) holds {held}. All of it will be lost.", err=True)
    _confirm(site.confirmation, given, "format")


def _confirm(wanted: str, given: str | None, deed: str) -> None:
    answer = given if given is not None else click.prompt(f"Type {wanted} to {deed} it", err=True)
    if answer.strip() != wanted:
        raise Conflict("storage", f"{answer!r} is not {wanted}: nothing was done")
