"""Keeping footage while it is copied: asked of the station that writes the volume."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argus.base.errors import Unavailable
from argus.linux import files
from argus.station import control

if TYPE_CHECKING:
    from argus.station.protections import Wish
    from argus.store.ring.archive import Archive


@contextmanager
def kept_meanwhile(
    archive: Archive, volume: Path, data: Path | None, track_ids: Collection[int], from_us: int, until_us: int
) -> Iterator[bool]:
    """Have the station keep what the tracks hold between two times until the block is left; whether it does.

    The station is the one of `data`, or of the directory that the volume is in. Where another process writes the
    volume and nobody keeps the footage, one line of warning says why.
    """
    wish = _wish(archive, track_ids, from_us, until_us)
    kept = False
    with ExitStack() as keeping:
        if wish is not None:
            try:
                keeping.enter_context(control.keep(data or volume.parent, "protect", **wish.fields()))
                kept = True
            except Unavailable as refusal:
                _warn(volume, refusal)
        if kept:
            # What went since the volume was opened is not missing in the copy: it was gone when that began.
            archive.refresh()
        yield kept


def _wish(archive: Archive, track_ids: Collection[int], from_us: int, until_us: int) -> Wish | None:
    """No more than there is now: what is recorded later is not copied. None where there is nothing."""
    from argus.station.protections import Wish

    spans = [span for track_id in track_ids for span in archive.spans(track_id)]
    spans = [span for span in spans if span.end_us >= from_us and span.start_us <= until_us]
    if not spans:
        return None
    return Wish(
        volume=archive.volume.uuid,
        track_ids=tuple(track_ids),
        start_us=max(from_us, min(span.start_us for span in spans)),
        end_us=min(until_us, max(span.end_us for span in spans)),
    )


def _warn(volume: Path, refusal: Unavailable) -> None:
    if files.is_locked(volume):
        text = f"argus-station: this footage may be overwritten before it is exported: {refusal}"
        click.secho(text, fg="yellow", err=True)
