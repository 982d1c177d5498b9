"""What the owner chose on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from argus.station.board import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What the owner chose for this run."""

    board: Board
    data: Path
    http: tuple[str, int]
    rtsp: tuple[str, int]
    discovery: bool
    admin_password: str | None
