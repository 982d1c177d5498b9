"""The command for the shares of the volume: through the station where one runs, else in its database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from argus.base.errors import InvalidValue, Unavailable
from argus.station.control import NotRunning, request
from argus.station.plainly import plainly
from argus.station.present import columns

if TYPE_CHECKING:
    from argus.station.requests import QuotaStatus


@click.command()
@click.argument("recording", required=False)
@click.argument("share", required=False)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The station's data directory. The station may run or not.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@plainly
def quota(recording: str | None, share: str | None, data: Path, as_json: bool) -> None:
    """Show, or set, which share of the volume recordings may use.

    RECORDING is a token or a name, SHARE such as 25% or 4GiB, or none for all of it. What is over the share goes,
    oldest footage first.
    """
    if recording is not None and share is None:
        raise click.UsageError("say which SHARE the recording may use: 25%, 4GiB or none")
    if share is not None:
        _check(share)
    try:
        found = _ask(data, recording, share)
    except NotRunning:
        found = _change(data, recording, share)
    rows = [("RECORDING", "NAME", "SHARE"), *((one["recording"], one["name"], one["share"]) for one in found)]
    click.echo(json.dumps(found, indent=2) if as_json else columns(rows) if found else "No recordings.")


def _check(share: str) -> None:
    from argus.station.requests import share_of

    try:
        share_of(share)
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error


def _ask(data: Path, recording: str | None, share: str | None) -> list[QuotaStatus]:
    if recording is None or share is None:
        answer = request(data, "quotas")
    else:
        answer = request(data, "set-quota", recording=recording, share=share)
    return cast("list[QuotaStatus]", answer)


def _change(data: Path, recording: str | None, share: str | None) -> list[QuotaStatus]:
    """As the station would, while none runs."""
    from argus.base.database import Database
    from argus.station.requests import quota_status, share_of
    from argus.store.recording.catalog_labels import CATALOG_DATABASE
    from argus.store.recording.quotas import find_recording, load_quotas, set_quota
    from argus.store.recording.schema import MIGRATIONS

    path = data / CATALOG_DATABASE
    if not path.exists():
        raise Unavailable("station", f"no station was ever started on {data}")
    database = Database.open(path, MIGRATIONS)
    try:
        if recording is not None and share is not None:
            token = find_recording(load_quotas(database), recording)
            database.write_now([set_quota(token, share_of(share))])
        return [quota_status(one) for one in load_quotas(database)]
    finally:
        database.close()
