"""The parts of a station as they are handed on during wiring: what each room consists of."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.tasks import Subsystem
from argus.device.access import Authenticator
from argus.device.identity import Identity
from argus.device.network import Network
from argus.device.schedule.schedules import Schedules
from argus.device.scopes import Scopes
from argus.device.settings import Settings
from argus.device.system import System
from argus.device.users import Users
from argus.linux.netlink import Netlink
from argus.linux.time_sync import TimeSync
from argus.rtsp.receiving.supervisor import Receiving
from argus.store.medium.readback import ReadBack
from argus.store.medium.storage import Storage
from argus.store.medium.storage_fault import StorageFault
from argus.store.recording.catalog import Catalog
from argus.store.recording.jobs import Jobs
from argus.store.recording.quotas import Quotas
from argus.store.recording.receivers import Receivers
from argus.store.recording.recorder import Recorder
from argus.store.search.search import Searches
from argus.store.search.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The device room, ready."""

    settings: Settings
    users: Users
    authenticator: Authenticator
    identity: Identity
    scopes: Scopes
    network: Network
    system: System
    netlink: Netlink
    time_sync: TimeSync
    schedules: Schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """The store room, ready."""

    storage: Storage
    fault: StorageFault
    readback: ReadBack
    catalog: Catalog
    jobs: Jobs
    receivers: Receivers
    receiving: Receiving
    recorder: Recorder
    timeline: Timeline
    searches: Searches
    quotas: Quotas

    @property
    def subsystems(self) -> tuple[Subsystem, ...]:
        return (self.storage, self.fault, self.readback, self.receiving, self.recorder)
