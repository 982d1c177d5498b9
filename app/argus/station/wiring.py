"""The composition root: every object of the station is made here and handed to those that use it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address

from argus.base.clock import Clock, SystemClock
from argus.base.events import EventBus
from argus.base.tasks import Subsystem
from argus.base.units import US_PER_S
from argus.device import settings as device_settings
from argus.device.access import Authenticator
from argus.device.identity import Identity, load_identity
from argus.device.network import Network, NetworkProtocol, ProtocolName
from argus.device.schedule.schedules import Schedules
from argus.device.scopes import Scopes, fixed_scopes
from argus.device.settings import Settings
from argus.device.system import System
from argus.device.users import Users
from argus.linux.clock import AdjustableClock
from argus.linux.multicast import KernelMulticastPort
from argus.linux.name_service import SystemNameService
from argus.linux.netlink import KernelNetlink
from argus.linux.notify import SystemdNotifier
from argus.linux.serial_number import read_serial_number
from argus.linux.system import SimulatedSystem, SystemActions, SystemdSystem
from argus.linux.time_sync import KernelTimeSync, TimeSync, read_boot_id
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
from argus.station.cameras import Cameras
from argus.station.choices import Launch
from argus.station.health import Health
from argus.station.http import HttpListener
from argus.station.media_parts import MediaParts, make_media
from argus.station.parts import Box, Footage
from argus.station.services import LIVE_TOPICS, make_endpoint
from argus.station.site import Site
from argus.station.store_parts import make_footage, open_database
from argus.station.supervisor import Supervisor, Vital
from argus.station.vitals import VideoVital, WriterVital
from argus.store.medium.storage import Storage
from argus.store.recording.quotas import Quotas

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
    cameras: Cameras
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
    box = _box(launch, clock, events, restart, opened)
    first_password = box.users.ensure_administrator(launch.admin_password)
    media = make_media(launch.board, clock, events, LIVE_TOPICS)
    profiles = media.profiles
    footage = make_footage(launch, box, clock, events, profiles, opened)
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
    vitals: list[Vital] = [*map(VideoVital, media.cameras), WriterVital(footage.storage)]
    return Station(
        identity=box.identity,
        first_password=first_password,
        health=health,
        storage=footage.storage,
        quotas=footage.quotas,
        cameras=Cameras(footage.catalog, footage.jobs, footage.receivers),
        addresses=addresses,
        subsystems=(*footage.subsystems, *media.subsystems, box.system, box.schedules, rtsp, http, *discovery),
        hubs=media.hubs,
        http=http,
        rtsp=rtsp,
        clock=clock,
        supervisor=Supervisor(clock=clock, service_manager=SystemdNotifier.from_environment(), vitals=vitals),
        opened=opened.pop_all(),
    )


def _box(
    launch: Launch, clock: AdjustableClock, events: EventBus, restart: Callable[[], None], opened: ExitStack
) -> Box:
    simulated = launch.board.system_actions == "simulated"
    database = open_database(launch.data / DEVICE_DATABASE, device_settings.MIGRATIONS, opened)
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
    system = System(actions, clock, settings)
    netlink = KernelNetlink()
    return Box(
        settings=settings,
        users=users,
        authenticator=Authenticator(users, clock),
        identity=identity,
        # "Streaming" is what clients probe for to find anything that streams, and Core wants one profile at least.
        # Profiles T and G are not claimed before every one of their mandatory operations works.
        scopes=Scopes(settings, fixed=fixed_scopes(identity, ("Streaming",), sound=bool(launch.board.audio_sources))),
        network=Network(
            settings,
            actions=actions,
            interfaces=netlink,
            name_service=SystemNameService(),
            protocols=partial(_protocols, launch),
        ),
        system=system,
        schedules=Schedules(database, events, clock, lambda: system.time_zone),
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


def _health(box: Box, media: MediaParts, footage: Footage, addresses: Addresses) -> Health:
    return Health(
        identity=box.identity,
        network=box.network,
        profiles=media.profiles,
        sources=media.cameras,
        microphones=media.microphones,
        catalog=footage.catalog,
        jobs=footage.jobs,
        receivers=footage.receivers,
        reception=footage.receiving.reception,
        schedules=box.schedules,
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
