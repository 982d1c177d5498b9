"""A whole device asked over SOAP: the recorder with the device and media services on simulated hardware."""

from __future__ import annotations

import uuid
from ipaddress import ip_address, ip_interface
from pathlib import Path

from tests.unit.media.test_profiles import StillCamera, StillMetadata, StillMicrophone
from tests.unit.onvif.recorder import RecorderDevice

from argus.base.database import Database
from argus.device.identity import Identity
from argus.device.network import Network, NetworkProtocol, ProtocolName
from argus.device.schedule.schedules import Schedules
from argus.device.scopes import Scopes, fixed_scopes
from argus.device.settings import MIGRATIONS, Settings
from argus.device.system import System
from argus.device.users import Users
from argus.linux.clock import AdjustableClock
from argus.linux.name_service import NameService, SimulatedNameService
from argus.linux.netlink import NetworkInterface, SimulatedNetlink
from argus.linux.system import SimulatedSystem
from argus.media.profiles import MediaProfiles
from argus.onvif.device.capabilities import DeviceService
from argus.onvif.device.network import DeviceNetworkService
from argus.onvif.device.scopes import DeviceScopesService
from argus.onvif.device.system import DeviceSystemService
from argus.onvif.device.users import DeviceUsersService
from argus.onvif.endpoint import Endpoint
from argus.onvif.media.service import MediaService
from argus.onvif.receiver.service import ReceiverService
from argus.onvif.schedule.service import ScheduleService
from argus.onvif.uris import StreamUris

LOOPBACK = NetworkInterface(
    index=1,
    name="lo",
    running=True,
    multicast=False,
    loopback=True,
    mtu=65536,
    addresses=(ip_interface("127.0.0.1/8"),),
)
ETHERNET = NetworkInterface(
    index=2,
    name="eth0",
    running=True,
    multicast=True,
    loopback=False,
    mac="02:00:00:00:00:01",
    mtu=1500,
    addresses=tuple(
        map(ip_interface, ("192.0.2.7/24", "198.51.100.1/28", "169.254.7.7/16", "2001:db8::7/64", "fe80::7/64"))
    ),
)
IDENTITY = Identity(
    endpoint_uuid=uuid.UUID("0d9c5a0e-0000-4000-8000-000000000001"),
    manufacturer="Argus & Söhne",
    model="Station <1>",
    hardware_id="simulated",
    firmware_version="1.2.3",
    serial_number="0D9C5A0E",
)


class BoxDevice(RecorderDevice):
    """The recorder with everything a client can ask of the box it is in."""

    def open(self) -> None:
        super().open()
        self.wall = AdjustableClock(self.clock)
        self.memory = Database.open(self.path.with_name("device.sqlite"), MIGRATIONS)
        stored = Settings(self.memory)
        self.reboots = 0
        self.actions = SimulatedSystem(self.wall, self._count_reboot, hostname="pier-4")
        self.netlink = SimulatedNetlink(LOOPBACK, ETHERNET)
        self.names = NameService(servers=(ip_address("192.0.2.1"), ip_address("2001:db8::53")), search_domains=("lan",))
        self.users = Users(self.memory)
        self.users.ensure_administrator("correct horse")
        self.network = Network(
            stored,
            actions=self.actions,
            interfaces=self.netlink,
            name_service=self,
            protocols=lambda: (
                NetworkProtocol(name=ProtocolName.HTTP, enabled=True, ports=(80, 8080)),
                NetworkProtocol(name=ProtocolName.RTSP, enabled=True, ports=(554,)),
            ),
        )
        self.scopes = Scopes(stored, fixed=fixed_scopes(IDENTITY))
        self.system = System(self.actions, self.wall, stored)
        self.camera = StillCamera(sound=True)
        self.key_frames_asked: list[str] = []
        for token, hub in self.camera.hubs.items():
            hub.connect_encoder(lambda token=token: self.key_frames_asked.append(token))
        media = MediaService(MediaProfiles([self.camera], [StillMicrophone()], [StillMetadata()]), StreamUris(8554))
        schedules = Schedules(self.memory, self.events, self.wall, lambda: self.system.time_zone)
        self.advertised = (media, *self.services, ReceiverService(self.receivers), ScheduleService(schedules))
        device = (
            DeviceService(self.advertised, ipv6=True),
            DeviceSystemService(IDENTITY, self.system),
            DeviceNetworkService(self.network),
            DeviceScopesService(self.scopes),
            DeviceUsersService(self.users),
        )
        self.all_services = (*device, *self.advertised)
        self.endpoint = Endpoint(self.all_services, self.guard, self.wall)

    def close(self) -> None:
        self.memory.close()
        super().close()

    async def read(self) -> NameService:
        """What the name service says now."""
        return await SimulatedNameService(self.names).read()

    def _count_reboot(self) -> None:
        self.reboots += 1


def new_box(path: Path) -> BoxDevice:
    return BoxDevice(path / "store.sqlite")
