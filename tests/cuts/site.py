"""Everything a station remembers, in one folder, opened by the product's own code."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from tests.unit.store.house import House

from argus.base.clock import SimulatedClock, SystemClock
from argus.base.database import Database
from argus.base.events import EventBus
from argus.device import settings as device_settings
from argus.device.identity import load_identity
from argus.device.network import Network
from argus.device.schedule.schedules import Schedules
from argus.device.scopes import Scopes, fixed_scopes
from argus.device.settings import Settings
from argus.device.system import System
from argus.device.users import Users
from argus.linux.clock import AdjustableClock
from argus.linux.name_service import SimulatedNameService
from argus.linux.netlink import SimulatedNetlink
from argus.linux.system import SimulatedSystem
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.store.recording.quotas import Quotas
from argus.store.ring.share import Share

CATALOG, DEVICE, BOARD = "catalog.sqlite", "device.sqlite", "simulated.json"
# What one side of a station holds, so that two can be compared: the version of its schema, all rows, and more.
Held = tuple[object, ...]


class Side:
    """One database and what the product makes of it."""

    database: Database

    def held(self) -> Held:
        tables = self.database.read("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        rows = [(name, self.database.read(f'SELECT * FROM "{name}"')) for (name,) in tables]
        return self.database.read("PRAGMA user_version"), rows

    def settle(self) -> None:
        """Return when whatever was asked of the database is done."""
        self.database.read("SELECT 1")

    def copy(self) -> None:
        """Make the copy that is due a second after a change."""
        self.database._copy_soon()
        self.settle()

    def close(self) -> None:
        self.database.close()


class Footage(Side):
    """Recordings, tracks, jobs."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder / CATALOG, max_recordings=64, max_jobs=64, max_receivers=64)
        self.database = self.house.database
        self.receivers = self.house.receivers
        self.quotas = Quotas(self.database, _NoLimits())

    def told(self) -> list[str]:
        return self.house.topics()


class Box(Side):
    """Users, scopes, names and all that is set for the whole device."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder / DEVICE, device_settings.MIGRATIONS)
        self.settings, self.users = Settings(self.database), Users(self.database)
        self.identity = load_identity(
            self.settings, manufacturer="Argus", model="Station", hardware_id="test", firmware_version="1"
        )
        self.users.ensure_administrator("correct horse")
        self.scopes = Scopes(self.settings, fixed=fixed_scopes(self.identity, ("Streaming",)))
        self.actions = SimulatedSystem(AdjustableClock(SystemClock()), lambda: None, state=folder / BOARD)
        self.network = Network(
            self.settings,
            actions=self.actions,
            interfaces=SimulatedNetlink(),
            name_service=SimulatedNameService(),
            protocols=lambda: (),
        )
        self.system = System(self.actions, SimulatedClock(), self.settings)
        self.replay = ReplayConfiguration(self.settings)
        clock = SimulatedClock()
        self.schedules = Schedules(self.database, EventBus(clock), clock, lambda: "UTC0")

    def held(self) -> Held:
        return *super().held(), self.actions.hostname()


SIDES: Mapping[str, Callable[[Path], Side]] = {CATALOG: Footage, DEVICE: Box}


class Site:
    """Both sides, as one station has them."""

    def __init__(self, folder: Path) -> None:
        self.footage, self.box = Footage(folder), Box(folder)
        self.house = self.footage.house
        self.sides: Mapping[str, Side] = {CATALOG: self.footage, DEVICE: self.box}

    def held(self) -> dict[str, Held]:
        return {name: side.held() for name, side in self.sides.items()}

    def settle(self) -> None:
        for side in self.sides.values():
            side.settle()

    def copy(self) -> None:
        for side in self.sides.values():
            side.copy()

    def close(self) -> None:
        for side in self.sides.values():
            side.close()


class _NoLimits:
    """Nobody records here."""

    def set_share(self, recording: str, share: Share | None) -> None:
        pass


def rows_of(file: Path) -> Held:
    """What `Side.held` tells of rows, read past the product from a file nobody has open. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        rows = [(name, connection.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables]
        return connection.execute("PRAGMA user_version").fetchall(), rows


def dangling_references(file: Path) -> list[object]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA foreign_key_check").fetchall()
