"""The table a scenario is held against: when what happens, and what a client has to see of it.

A row of text reads `name | 0 Active | 130 Idle | 190 Active`: a name, and what is expected from which second on; a row
without a name goes on with the one above. The seconds are those of actions; how exactly a time has to be met follows
from what kind of action it is, see `KINDS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """From `early_s` to `late_s` after an action."""

    early_s: float
    late_s: float

    def holds(self, after_s: float) -> bool:
        return self.early_s <= after_s <= self.late_s


@dataclass(frozen=True)
class Kind:
    """How soon what is to be seen after an action.

    `job`: states of jobs, and footage of whoever takes over; `receiver`: states of receivers; `end`: the last picture
    of whom it ends for. A job may be seen in the states `by_way_of` before the one it is to be in.
    """

    job: Window
    receiver: Window
    end: Window
    by_way_of: tuple[str, ...] = ()


# Each track of a camera begins for itself, with its first key frame.
_TRACK_BY_TRACK = ("Idle", "PartiallyActive")
# Pictures come ten a second, and a track begins at a key frame: one a second.
_AT_ONCE = Window(-0.2, 3)
KINDS = {
    # A client said so: states are told in the turn in which they change; a busy machine is allowed three seconds.
    "told": Kind(job=_AT_ONCE, receiver=_AT_ONCE, end=Window(-1.5, 3)),
    # The same for what does not fit into the track: that is known with its first picture, and until then it is active.
    "misfit": Kind(job=_AT_ONCE, receiver=_AT_ONCE, end=Window(-1.5, 3), by_way_of=("Active",)),
    # A schedule's boundary, to be noticed within a second.
    "scheduled": Kind(job=_AT_ONCE, receiver=_AT_ONCE, end=Window(-1.5, 3)),
    # A receiver is told to connect: a session with RTSP, four or five answers, and then the next key frame.
    "connect": Kind(job=Window(0, 8), receiver=Window(0, 5), end=Window(0, 8), by_way_of=_TRACK_BY_TRACK),
    # A camera's connection breaks: the receiver notices at once, jobs wait for ten seconds whether it comes back.
    # What VLC had read and not yet sent is lost, up to two seconds.
    "killed": Kind(job=Window(5, 20), receiver=Window(0, 5), end=Window(-2.5, 1)),
    # A camera falls silent: the receiver gives it ten seconds, jobs ten more.
    "frozen": Kind(job=Window(5, 35), receiver=Window(3, 20), end=Window(-1.5, 1)),
    # A camera answers again: the receiver asks at growing distances, up to a minute apart.
    "back": Kind(job=Window(0, 34), receiver=Window(0, 34), end=Window(0, 34), by_way_of=_TRACK_BY_TRACK),
    # The same after a quarter of a minute: by then it asks sixteen seconds apart at most.
    "soon back": Kind(job=Window(0, 20), receiver=Window(0, 20), end=Window(0, 20), by_way_of=_TRACK_BY_TRACK),
}


@dataclass(frozen=True)
class Action:
    """What is done at a moment: `kind` says how exactly the world has to follow."""

    at_s: float
    kind: str
    verb: str
    name: str

    @property
    def windows(self) -> Kind:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Turn:
    """From the action on, `state` holds; None is the beginning."""

    action: Action | None
    state: str


@dataclass(frozen=True)
class Stretch:
    """Footage of one camera from one action to another; without `begin` it was there before the beginning."""

    begin: Action | None
    end: Action
    camera: str


@dataclass(frozen=True)
class Table:
    """A scenario: its length, its actions, and rows of text for everything that is expected."""

    duration_s: float
    actions: tuple[Action, ...]
    jobs: dict[str, tuple[Turn, ...]]
    receivers: dict[str, tuple[Turn, ...]]
    tracks: dict[tuple[str, str], tuple[Stretch, ...]]


def read_table(*, actions: str, jobs: str, receivers: str, tracks: str, scale: float = 1.0) -> Table:
    """Read the four parts of a table; all times are multiplied by `scale`."""
    doings = {}
    for at_s, kind, verb, name in (_cells(line) for line in _lines(actions)):
        doings[at_s] = Action(float(at_s) * scale, kind, verb, name)
    return Table(
        duration_s=max(action.at_s for action in doings.values()),
        actions=tuple(doings.values()),
        jobs={name: _turns(cells, doings) for name, cells in _rows(jobs).items()},
        receivers={name: _turns(cells, doings) for name, cells in _rows(receivers).items()},
        tracks={_pair(name): _stretches(cells, doings) for name, cells in _rows(tracks).items()},
    )


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _rows(text: str) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    name = ""
    for line in _lines(text):
        first, *cells = _cells(line)
        name = first or name
        rows.setdefault(name, []).extend(cells)
    return rows


def _pair(name: str) -> tuple[str, str]:
    recording, track = name.split()
    return recording, track


def _turns(cells: list[str], doings: dict[str, Action]) -> tuple[Turn, ...]:
    pairs = (cell.split(maxsplit=1) for cell in cells)
    return tuple(Turn(None if at_s == "0" else doings[at_s], state) for at_s, state in pairs)


def _stretches(cells: list[str], doings: dict[str, Action]) -> tuple[Stretch, ...]:
    found = []
    for cell in cells:
        span, camera = cell.split()
        begin, _, end = span.partition("-")
        found.append(Stretch(None if begin == "0" else doings[begin], doings[end], camera))
    return tuple(found)
