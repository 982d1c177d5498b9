"""A program for the tests: the discovery responder alone, until SIGTERM. Arguments: endpoint UUID, HTTP port."""

import asyncio
import contextlib
import random
import signal
import sys
import time
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID

from argus.base.clock import SystemClock
from argus.linux.multicast import KernelMulticastPort
from argus.linux.netlink import KernelNetlink
from argus.onvif.discovery.addresses import HttpListener
from argus.onvif.discovery.responder import DiscoveryResponder
from argus.soap import discovery

SCOPES = (
    "onvif://www.onvif.org/name/Pier%204",
    "onvif://www.onvif.org/hardware/D1-566",
    "onvif://www.onvif.org/location/harbour",
)


async def main(endpoint: UUID, http_port: int) -> None:
    responder = DiscoveryResponder(
        clock=SystemClock(),
        netlink=KernelNetlink(),
        port=KernelMulticastPort(
            port=discovery.PORT,
            group_v4=IPv4Address(discovery.GROUP_V4),
            group_v6=IPv6Address(discovery.GROUP_V6),
            max_bytes=discovery.MAX_DATAGRAM_BYTES,
        ),
        endpoint=endpoint,
        instance_id=int(time.time()),
        http=HttpListener(host="", port=http_port),
        scopes=lambda: SCOPES,
        metadata_version=lambda: 1,
        discoverable=lambda: True,
        random=random.random,
    )
    running = asyncio.create_task(responder.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(main(UUID(sys.argv[1]), int(sys.argv[2])))
