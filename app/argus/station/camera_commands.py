"""The commands for other cameras: record one, list them, record one no more. The station has to run."""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from argus.base.errors import InvalidValue
from argus.base.quantity import Dimension
from argus.base.units import US_PER_S
from argus.station.control import ask, request
from argus.station.plainly import plainly
from argus.station.present import columns
from argus.station.printable import printable

if TYPE_CHECKING:
    from argus.station.cameras import CameraParts
    from argus.station.status import JobStatus, StationStatus

# How long `add` watches what becomes of the new camera: a first attempt has failed by then, or pictures come.
WATCH_S = 15
# Those of `cameras`, which is not imported: a command is not to wait until the whole store is loaded.
_TRANSPORTS = ("tcp", "udp", "http")
_PERIODS = Dimension(
    units={"s": Fraction(1), "min": Fraction(60), "h": Fraction(3_600), "d": Fraction(86_400)}, example='"30 d"'
)


class Period(click.ParamType[int]):
    """A time such as 12h or 30d, in microseconds."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return _PERIODS.parse(str(value)) * US_PER_S
        except InvalidValue as error:
            self.fail(str(error), param, ctx)


_data = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The running station's data directory.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group()
def camera() -> None:
    """Other cameras that the running station records."""


@camera.command()
@click.argument("uri")
@_data
@click.option("--name", default="", help="What the recording is called; the host of the URI if not given.")
@click.option(
    "--retention",
    type=Period(),
    default=0,
    metavar="TIME",
    help="Footage older than this is deleted, such as 12h or 30d. Without it footage stays until its space is needed.",
)
@click.option(
    "--transport",
    type=click.Choice(_TRANSPORTS),
    help="How media comes: inside the RTSP connection (tcp, unless the URI is http), beside it, or inside HTTP.",
)
@_json
@plainly
def add(uri: str, data: Path, name: str, retention: int, transport: str | None, as_json: bool) -> None:
    """Record the camera at URI from now on, until it is removed.

    URI is such as rtsp://user:password@192.0.2.9/stream; a single - reads it from the standard input, where no
    other user of this machine sees the password. Makes a recording, and a job with a receiver of its own.
    """
    uri = sys.stdin.readline().strip() if uri == "-" else uri
    by_scheme = "http" if uri.lower().startswith("http") else "tcp"
    asked = {"uri": uri, "name": name, "retention_us": str(retention), "transport": transport or by_scheme}
    made = cast("CameraParts", request(data, "add-camera", **asked))
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(_told(f"{made['name']} is added.", made))
    click.echo(_watched(data, made["job"]))


@camera.command(name="list")
@_data
@_json
@plainly
def list_cameras(data: Path, as_json: bool) -> None:
    """List the cameras that jobs record."""
    rows = _cameras(ask(data))
    if as_json:
        keys = ("name", "uri", "receiver", "job", "recording", "problem")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    heading = ("NAME", "URI", "RECEIVER", "JOB", "RECORDING", "PROBLEM")
    click.echo(columns([heading, *rows]) if rows else "No other cameras.")


@camera.command()
@click.argument("name")
@_data
@click.option("--delete-footage", is_flag=True, help="Delete the recording, too, with all that was recorded.")
@click.option("--yes", is_flag=True, help="Do not ask before footage is deleted.")
@_json
@plainly
def remove(name: str, data: Path, delete_footage: bool, yes: bool, as_json: bool) -> None:
    """Record the camera NAME no more. Its recording and all footage stay.

    NAME is what `camera list` shows, or the token of the recording.
    """
    if delete_footage and not yes:
        click.confirm(f"Delete {name} and everything that was recorded of it?", abort=True)
    gone = cast(
        "CameraParts", request(data, "remove-camera", camera=name, footage="delete" if delete_footage else "keep")
    )
    if as_json:
        click.echo(json.dumps(gone, indent=2))
        return
    what = "is deleted with its footage." if delete_footage else "is not recorded any more; its recording stays."
    click.echo(_told(f"{gone['name'] or gone['recording']} {what}", gone))


def _told(sentence: str, parts: CameraParts) -> str:
    rows = [(noun, parts[noun]) for noun in ("recording", "job", "receiver") if parts[noun]]
    return "\n".join((printable(sentence), *(f"  {line}" for line in columns(rows).splitlines())))


def _watched(data: Path, token: str) -> str:
    """What becomes of a new job: recording, an error, or still nothing after a while."""
    for _ in range(WATCH_S):
        time.sleep(1)
        job = next((one for one in ask(data)["jobs"] if one["token"] == token), None)
        if job is None:
            return "The job was deleted meanwhile."
        if job["state"] == "Error":
            return printable(f"Not recording yet: {job['problem']}. The station goes on trying.")
        if job["state"] != "Idle":
            return "It is being recorded."
    return "Nothing has come of it yet. The station goes on trying; `argus-station camera list` tells."


def _cameras(status: StationStatus) -> list[tuple[str, ...]]:
    names = {recording["token"]: recording["name"] for recording in status["recordings"]}
    receivers = {receiver["token"]: receiver for receiver in status["receivers"]}
    found: list[tuple[str, ...]] = []
    for job in status["jobs"]:
        for receiver in (receivers[token] for token in job["sources"] if token in receivers):
            name = names.get(job["recording"], "") or job["recording"]
            problem = receiver["problem"] or job["problem"]
            found.append((name, receiver["uri"], receiver["state"], _state(job), job["recording"], problem))
    return found


def _state(job: JobStatus) -> str:
    return job["state"] if job["mode"] == "Active" else "switched off"
