"""The composition root: every object of the station is made here and handed to those that use it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from argus.base.clock import Clock, SystemClock
from argus.base.database import Database
from argus.base.events import EventBus
from argus.base.tasks import Heartbeat, Subsystem
from argus.base.units import US_PER_S
from argus.device import settings as device_settings
from argus.device.access import Authenticator
from argus.device.identity import Identity, load_identity
from argus.device.network import Network, NetworkProtocol, ProtocolName
from argus.device.scopes import Scopes, fixed_scopes
from argus.device.settings import Settings
from argus.device.system import System
from argus.device.users import Users
from argus.linux.block_devices import SystemBlockDevices
from argus.linux.clock import AdjustableClock
from argus.linux.multicast import KernelMulticastPort
from argus.linux.name_service import SystemNameService
from argus.linux.netlink import KernelNetlink
from argus.linux.notify import SystemdNotifier
from argus.linux.serial_number import read_serial_number
from argus.linux.system import SimulatedSystem, SystemActions, SystemdSystem
from argus.linux.time_sync import KernelTimeSync, TimeSync, read_boot_id
from argus.linux.write_protection import WriteProtection
from argus.media.hub import StreamHub
from argus.media.profiles import MediaProfiles
from argus.onvif.discovery.addresses import HttpListener as AnnouncedListener
from argus.onvif.discovery.responder import DiscoveryResponder
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.rtsp.directory import Directory
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.server import RtspServer
from argus.rtsp.udp import UdpPorts
from argus.soap import discovery as discovery_messages
from argus.station.addresses import Addresses
from argus.station.choices import Launch
from argus.station.health import Health
from argus.station.http import HttpListener
from argus.station.media_parts import MediaParts, make_media
from argus.station.parts import Box, Footage
from argus.station.services import LIVE_TOPICS, make_endpoint
from argus.station.site import Site
from argus.station.sources import ProfileSources
from argus.station.supervisor import Supervisor, Vital
from argus.station.vitals import VideoVital, WriterVital
from argus.store.medium.medium import Medium
from argus.store.medium.readback import ReadBack
from argus.store.medium.storage import Storage
from argus.store.medium.storage_fault import StorageFault
from argus.store.recording import schema as catalog_schema
from argus.store.recording.catalog import Catalog
from argus.store.recording.jobs import Jobs
from argus.store.recording.quotas import Quotas
from argus.store.recording.recorder import Recorder
from argus.store.ring.ring import OnDeleted, RingConfig
from argus.store.ring.witness import WitnessedDevice
from argus.store.search.search import Searches
from argus.store.search.timeline import Timeline

# Its presence tells a box that was set up from a new one.
DEVICE_DATABASE = "device.sqlite"
# How long the first pictures are waited for before the station says that it serves; a camera may be unplugged.
FIRST_PICTURE_S = 5.0
FIRST_PICTURE_POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Everything that runs, in the order of its start, and what is released at the end.

    `first_password` belongs to the administrator that this start created, None where there were accounts before.
    """

    identity: Identity
    first_password: str | None
    health: Health
    storage: Storage
    quotas: Quotas
    addresses: Addresses
    subsystems: tuple[Subsystem, ...]
    hubs: tuple[StreamHub, ...]
    http: HttpListener
    rtsp: RtspServer
    supervisor: Supervisor
    clock: Clock
    opened: ExitStack

    async def serving(self) -> None:
        """Return once clients can connect and every stream can be described, or its camera has had its time."""
        await self.http.listening.wait()
        await self.rtsp.listening.wait()
        await self.addresses.refresh()
        deadline_ns = self.clock.mono_ns() + int(FIRST_PICTURE_S * 1e9)
        while any(hub.format is None for hub in self.hubs) and self.clock.mono_ns() < deadline_ns:
            await self.clock.sleep(FIRST_PICTURE_POLL_S)

    def close(self) -> None:
        """Release what was opened: the last frames and settings reach the disk."""
        self.opened.close()


def build(launch: Launch, *, restart: Callable[[], None]) -> Station:
    """Make the station. `restart` is what a reboot of the simulated board does. Blocks for I/O.

    Raises:
        Unavailable: a database or the volume cannot be opened; whatever was opened before is closed again.
        InvalidValue: the first administrator's password breaks the rules, or the sizes of the volume do.
    """
    with ExitStack() as opened:
        return _assemble(launch, AdjustableClock(SystemClock()), restart, opened)


def _assemble(launch: Launch, clock: AdjustableClock, restart: Callable[[], None], opened: ExitStack) -> Station:
    events = EventBus(clock)
    box = _box(launch, clock, restart, opened)
    first_password = box.users.ensure_administrator(launch.admin_password)
    media = make_media(launch.board, clock, events, LIVE_TOPICS)
    profiles = media.profiles
    footage = _footage(launch, box, clock, events, ProfileSources(profiles), opened)
    addresses = Addresses(launch.http, launch.rtsp, box.netlink)
    health = _health(box, media, footage, addresses)
    replay = ReplayConfiguration(box.settings)
    site = Site(
        endpoint=make_endpoint(launch, box, footage, profiles, events, replay, clock),
        authenticator=box.authenticator,
        snapshots=profiles,
        status=lambda request: health.status(ready=True, base_url=request.base_url),
    )
    http = HttpListener(*launch.http, site.respond)
    rtsp = _rtsp(launch, box, footage, profiles, replay, clock)
    discovery = (_discovery(launch, box, addresses, clock),) if launch.discovery else ()
    store = (footage.storage, footage.fault, footage.readback)
    vitals: list[Vital] = [*map(VideoVital, media.cameras), WriterVital(footage.storage)]
    return Station(
        identity=box.identity,
        first_password=first_password,
        health=health,
        storage=footage.storage,
        quotas=footage.quotas,
        addresses=addresses,
        subsystems=(*store, *media.subsystems, footage.recorder, box.system, rtsp, http, *discovery),
        hubs=media.hubs,
        http=http,
        rtsp=rtsp,
        clock=clock,
        supervisor=Supervisor(clock=clock, service_manager=SystemdNotifier.from_environment(), vitals=vitals),
        opened=opened.pop_all(),
    )


def _open_database(path: Path, migrations: Sequence[str], opened: ExitStack) -> Database:
    database = Database.open(path, migrations)
    opened.callback(database.close)
    return database


def _box(launch: Launch, clock: AdjustableClock, restart: Callable[[], None], opened: ExitStack) -> Box:
    simulated = launch.board.system_actions == "simulated"
    database = _open_database(launch.data / DEVICE_DATABASE, device_settings.MIGRATIONS, opened)
    settings, users = Settings(database), Users(database)
    identity = load_identity(
        settings,
        manufacturer=launch.board.manufacturer,
        model=launch.board.model,
        hardware_id=launch.board.hardware_id,
        firmware_version=version("argus-station"),
        serial_number=None if simulated else read_serial_number(),
    )
    actions, time_sync = _system(launch, clock, restart)
    netlink = KernelNetlink()
    return Box(
        settings=settings,
        users=users,
        authenticator=Authenticator(users, clock),
        identity=identity,
        # "Streaming" is what clients probe for to find anything that streams, and Core wants one profile at least.
        # Profiles T and G are not claimed before every one of their mandatory operations works.
        scopes=Scopes(settings, fixed=fixed_scopes(identity, ("Streaming",))),
        network=Network(
            settings,
            actions=actions,
            interfaces=netlink,
            name_service=SystemNameService(),
            protocols=partial(_protocols, launch),
        ),
        system=System(actions, clock, settings),
        netlink=netlink,
        time_sync=time_sync,
    )


def _system(launch: Launch, clock: AdjustableClock, restart: Callable[[], None]) -> tuple[SystemActions, TimeSync]:
    if launch.board.system_actions == "simulated":
        simulated = SimulatedSystem(clock, restart, state=launch.data / "simulated.json")
        return simulated, simulated.time_sync
    return SystemdSystem(), KernelTimeSync(read_boot_id())


def _protocols(launch: Launch) -> tuple[NetworkProtocol, ...]:
    return (
        NetworkProtocol(name=ProtocolName.HTTP, enabled=True, ports=(launch.http[1],)),
        NetworkProtocol(name=ProtocolName.RTSP, enabled=True, ports=(launch.rtsp[1],)),
    )


def _footage(
    launch: Launch, box: Box, clock: AdjustableClock, events: EventBus, sources: ProfileSources, opened: ExitStack
) -> Footage:
    database = _open_database(launch.data / "catalog.sqlite", catalog_schema.MIGRATIONS, opened)

    def on_deleted(track_id: int, start_us: int, end_us: int) -> None:
        # The storage tells of deletions only once it runs, and the catalog, which knows the names, exists by then.
        catalog.announce_deleted(track_id, start_us, end_us)

    storage = _storage(launch, box, clock, on_deleted, opened)
    catalog = Catalog(database, events, storage, clock)
    storage.restore_with(catalog.restore)
    # Only now, when it knows how long each track is kept, and which were deleted.
    storage.start()
    jobs = Jobs(catalog, sources, database, events)
    timeline = Timeline(catalog, jobs, storage, clock)
    readback = _readback(storage, clock)
    doubts = (readback.doubt, WriteProtection(storage.path).reason)
    fault = StorageFault(storage.health, doubts, events, clock)
    heartbeat = Heartbeat("recorder", clock)
    return Footage(
        storage=storage,
        fault=fault,
        readback=readback,
        catalog=catalog,
        jobs=jobs,
        recorder=Recorder(catalog, jobs, sources, storage, clock, heartbeat, storage_takes_data=fault.takes_data),
        timeline=timeline,
        searches=Searches(catalog, jobs, timeline, storage, sources, clock),
        quotas=Quotas(database, storage),
    )


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


def _health(box: Box, media: MediaParts, footage: Footage, addresses: Addresses) -> Health:
    return Health(
        identity=box.identity,
        network=box.network,
        profiles=media.profiles,
        sources=media.cameras,
        microphones=media.microphones,
        catalog=footage.catalog,
        jobs=footage.jobs,
        timeline=footage.timeline,
        recorder=footage.recorder.counters,
        fault=footage.fault,
        occupancy=footage.storage.occupancy,
        usage=footage.storage.usage,
        quotas=footage.quotas.all,
        read_back=footage.readback.counters,
        volume=footage.storage.path,
        addresses=addresses.listing,
    )


def _rtsp(
    launch: Launch,
    box: Box,
    footage: Footage,
    profiles: MediaProfiles,
    replay: ReplayConfiguration,
    clock: AdjustableClock,
) -> RtspServer:
    source = ReplaySource(
        recordings=footage.catalog,
        footage=footage.storage,
        clock=clock,
        session_timeout_s=lambda: replay.session_timeout_us // US_PER_S,
        retention_now_us=footage.storage.now_us,
    )
    host, port = launch.rtsp
    return RtspServer(
        host=host,
        port=port,
        presentations=Directory(profiles, source, clock),
        authenticator=box.authenticator,
        ports=UdpPorts(),
        clock=clock,
    )


def _discovery(launch: Launch, box: Box, addresses: Addresses, clock: AdjustableClock) -> DiscoveryResponder:
    async def addresses_changed() -> None:
        await addresses.refresh()
        await box.scopes.metadata_changed()

    host, port = launch.http
    responder = DiscoveryResponder(
        clock=clock,
        netlink=box.netlink,
        port=KernelMulticastPort(
            port=discovery_messages.PORT,
            group_v4=IPv4Address(discovery_messages.GROUP_V4),
            group_v6=IPv6Address(discovery_messages.GROUP_V6),
            max_bytes=discovery_messages.MAX_DATAGRAM_BYTES,
        ),
        endpoint=box.identity.endpoint_uuid,
        instance_id=clock.utc_us() // 1_000_000,
        http=AnnouncedListener(host=host, port=port),
        scopes=box.scopes.all,
        metadata_version=lambda: box.scopes.metadata_version,
        discoverable=lambda: box.network.discoverable,
        random=random.random,
        addresses_changed=addresses_changed,
    )
    box.scopes.subscribe(responder.announce)
    box.network.subscribe(responder.announce)
    return responder
