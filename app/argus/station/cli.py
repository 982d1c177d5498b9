"""The command line: run the station, and ask about it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from argus.base.errors import InvalidValue
from argus.linux.standard_streams import open_standard_streams
from argus.station import control, journal, present
from argus.station.board import find_board, load_board
from argus.station.camera_commands import camera
from argus.station.choices import Launch
from argus.station.plainly import EXIT_DAMAGED, plainly
from argus.station.progress import progress
from argus.station.store_commands import store

# The commands import what they need themselves: the whole station takes more than a second to load, and
# `argus-station status` should not.


class Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT, with an IPv6 host in brackets."""

    name = "HOST:PORT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
            self.fail(f"{value!r} is not HOST:PORT, such as 0.0.0.0:8080 or [::]:8080", param, ctx)
        return host.strip("[]"), int(port)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="argus-station", prog_name="argus-station")
def main() -> None:
    """An edge camera and recorder that any ONVIF client understands.

    \b
    Exit codes: 0 all is well, 1 refused or failed (one line says why), 2 wrong usage,
                3 a store has damage.
    """


main.add_command(camera)
main.add_command(store)


@main.command()
@click.option(
    "--board",
    "board_name",
    default="simulated",
    show_default=True,
    metavar="NAME",
    help="Board to run on, or a path to a board.toml.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Directory for settings and recordings; made if absent.",
)
@click.option(
    "--http",
    type=Address(),
    default="0.0.0.0:8080",
    show_default=True,
    help="Where ONVIF and the technician's page listen.",
)
@click.option("--rtsp", type=Address(), default="0.0.0.0:8554", show_default=True, help="Where RTSP listens.")
@click.option(
    "--video",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play this video file in a loop as if it were the first camera.",
)
@click.option("--no-discovery", is_flag=True, help="Do not answer WS-Discovery on the network.")
@click.option(
    "--admin-password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Password of the first administrator, for unattended set-up; the variable ARGUS_ADMIN_PASSWORD does the same. "
    "Without either a random one is made and printed once.",
)
@click.option("--log-level", type=click.Choice(journal.LEVELS), default="info", show_default=True)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@plainly
def run(
    board_name: str,
    data: Path,
    http: tuple[str, int],
    rtsp: tuple[str, int],
    video: Path | None,
    no_discovery: bool,
    admin_password_file: Path | None,
    log_level: str,
    log_format: str,
) -> None:
    """Run the station until it is told to stop (Ctrl-C or SIGTERM)."""
    from argus.station.launch import Outcome, launch

    open_standard_streams()
    journal.configure(log_level, log_format)
    board = load_board(find_board(board_name))
    if video is not None:
        board = board.with_video_file(video.resolve())
    settings = Launch(
        board=board,
        data=data,
        http=http,
        rtsp=rtsp,
        discovery=not no_discovery,
        admin_password=_first_password(admin_password_file),
    )
    if launch(settings) is Outcome.REBOOT:
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the simulated board reboots by starting this program anew


@main.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The running station's data directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@plainly
def status(data: Path, as_json: bool) -> None:
    """Show what a running station does."""
    answer = control.ask(data)
    click.echo(json.dumps(answer, indent=2) if as_json else present.status(answer))


@main.command(name="check")
@click.argument("volume", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@plainly
def check_volume(volume: Path, as_json: bool) -> None:
    """Verify every checksum of a VOLUME.

    Tells what the volume of recordings holds and what is wrong with it. Changes nothing; a station may be writing.
    """
    from argus.store.ring.check import check

    with progress("Checking") as on_progress:
        report = check(volume, on_progress)
    click.echo(json.dumps(asdict(report), indent=2, default=str) if as_json else present.report(report))
    if report.problems:
        sys.exit(EXIT_DAMAGED)


@main.command(name="discover")
@click.option(
    "--timeout", type=click.FloatRange(0.5, 60), default=3.0, show_default=True, help="Seconds to wait for answers."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@plainly
def discover_devices(timeout: float, as_json: bool) -> None:
    """List the ONVIF devices on this network."""
    from argus.station.discover import discover

    found = discover(timeout)
    click.echo(present.devices_json(found) if as_json else present.devices(found))


def _first_password(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("ARGUS_ADMIN_PASSWORD")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue("password", f"{file}: {error}") from error
