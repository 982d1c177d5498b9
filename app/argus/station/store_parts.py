"""The store room as one part of the station: the volume, recordings, jobs and their sources, search."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from argus.base.clock import Clock
from argus.base.database import Database
from argus.base.events import EventBus
from argus.base.tasks import Heartbeat
from argus.linux.block_devices import SystemBlockDevices
from argus.linux.clock import AdjustableClock
from argus.linux.write_protection import WriteProtection
from argus.media.profiles import MediaProfiles
from argus.onvif.recording.event_filter import EventTests
from argus.rtsp.client.client import RtspClient
from argus.rtsp.client.media import ClientTransport, Sink
from argus.rtsp.client.target import TargetPolicy
from argus.rtsp.receiving.sources import ReceiverSources
from argus.rtsp.receiving.supervisor import Receiving
from argus.station.board import Board
from argus.station.choices import Launch
from argus.station.parts import Box, Footage
from argus.station.profile_sources import ProfileSources
from argus.station.services import LIVE_TOPICS
from argus.store.medium.medium import Medium
from argus.store.medium.readback import ReadBack
from argus.store.medium.storage import Storage
from argus.store.medium.storage_fault import StorageFault
from argus.store.recording import schema as catalog_schema
from argus.store.recording.catalog import Catalog
from argus.store.recording.catalog_labels import CATALOG_DATABASE
from argus.store.recording.conditions import Conditions
from argus.store.recording.event_windows import EventWindows
from argus.store.recording.jobs import Jobs
from argus.store.recording.media_sources import SourcesByType
from argus.store.recording.quotas import Quotas
from argus.store.recording.receivers import Receivers
from argus.store.recording.recorder import Recorder
from argus.store.recording.recordings import PROFILE_SOURCE, RECEIVER_SOURCE
from argus.store.ring.ring import OnDeleted, RingConfig
from argus.store.ring.witness import WitnessedDevice
from argus.store.search.search import Searches
from argus.store.search.timeline import Timeline


def open_database(path: Path, migrations: Sequence[str], opened: ExitStack) -> Database:
    """A database that is closed with the station. Raises Unavailable."""
    database = Database.open(path, migrations)
    opened.callback(database.close)
    return database


def make_footage(
    launch: Launch, box: Box, clock: AdjustableClock, events: EventBus, profiles: MediaProfiles, opened: ExitStack
) -> Footage:
    """Everything that records. Blocks for I/O.

    Raises:
        Unavailable: the database or the volume cannot be opened.
        InvalidValue: the sizes of the volume make no sense.
    """
    database = open_database(launch.data / CATALOG_DATABASE, catalog_schema.MIGRATIONS, opened)
    storage, catalog = _recordings(launch, box, database, clock, events, opened)
    receivers, receiving = _receiving(launch.board, database, events, catalog, clock)
    sources = SourcesByType({PROFILE_SOURCE: ProfileSources(profiles), RECEIVER_SOURCE: ReceiverSources(receiving)})
    conditions = Conditions(box.schedules, EventWindows(events, EventTests(LIVE_TOPICS), clock))
    jobs = Jobs(catalog, sources, receivers, conditions, database, events, max_jobs=launch.board.limits.jobs)
    jobs.observe(receivers.demand_changed)
    box.schedules.used_by = jobs.follows_schedule
    timeline = Timeline(catalog, jobs, storage, clock)
    readback = _readback(storage, clock)
    fault = StorageFault(storage.health, (readback.doubt, WriteProtection(storage.path).reason), events, clock)
    recorder = Recorder(catalog, jobs, sources, storage, clock, Heartbeat("recorder", clock), fault.takes_data)
    return Footage(
        storage=storage,
        fault=fault,
        readback=readback,
        catalog=catalog,
        jobs=jobs,
        receivers=receivers,
        receiving=receiving,
        recorder=recorder,
        timeline=timeline,
        searches=Searches(catalog, jobs, timeline, storage, sources, clock),
        quotas=Quotas(database, storage),
    )


def _recordings(
    launch: Launch, box: Box, database: Database, clock: AdjustableClock, events: EventBus, opened: ExitStack
) -> tuple[Storage, Catalog]:
    """The volume at work, and the catalog of what is on it."""

    def on_deleted(track_id: int, start_us: int, end_us: int) -> None:
        # The storage tells of deletions only once it runs, and the catalog, which knows the names, exists by then.
        catalog.announce_deleted(track_id, start_us, end_us)

    storage = _storage(launch, box, clock, on_deleted, opened)
    catalog = Catalog(database, events, storage, clock, max_recordings=launch.board.limits.recordings)
    storage.restore_with(catalog.restore)
    storage.start()  # only now, when it knows how long each track is kept, and which were deleted
    return storage, catalog


def _receiving(
    board: Board, database: Database, events: EventBus, catalog: Catalog, clock: Clock
) -> tuple[Receivers, Receiving]:
    policy = TargetPolicy(
        allow_loopback=board.receivers.allow_loopback, verify_certificates=board.receivers.verify_certificates
    )
    receivers = Receivers(
        database,
        events,
        catalog.changes,
        clock,
        check_uri=policy.check_uri,
        max_receivers=board.limits.receivers,
    )

    def connect(uri: str, transport: ClientTransport, sink: Sink) -> RtspClient:
        return RtspClient(uri, transport, clock, sink, policy=policy)

    return receivers, Receiving(receivers, connect, clock)


def _storage(launch: Launch, box: Box, clock: AdjustableClock, on_deleted: OnDeleted, opened: ExitStack) -> Storage:
    settings = launch.board.storage
    storage = Storage(
        Medium(launch.data / settings.volume, SystemBlockDevices(), box.identity.endpoint_uuid),
        RingConfig(size_bytes=settings.size_bytes, segment_bytes=settings.segment_size_bytes),
        clock,
        on_deleted,
        time_sync=box.time_sync,
        removable=settings.removable,
        largest_share=settings.largest_share,
        wrap=partial(WitnessedDevice, clock=clock, rng=random.Random()),
    )
    opened.callback(storage.close)
    if not settings.removable:
        storage.create()
    return storage


def _readback(storage: Storage, clock: AdjustableClock) -> ReadBack:
    readback = ReadBack(clock)

    def follow() -> None:
        """Sample the volume that is written, as long as it is there."""
        device = storage.opened.volume.device if storage.opened is not None else None
        if isinstance(device, WitnessedDevice):
            readback.watch(device, storage.path)
        else:
            readback.unwatch()

    storage.observe(follow)
    return readback
