"""A small RTSP client of the tests' own: what ffmpeg does not ask, and what a hostile client does."""

import asyncio
import hashlib
import re
import secrets

from tests.system.rtsp_station import PASSWORD, USER
from tests.unit.rtsp.twins import Packet, parse_packet


class RtspClient:
    """One connection. Every request is signed with Digest, after the first challenge."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uri: str) -> None:
        self.reader = reader
        self.writer = writer
        self.uri = uri
        self.session = ""
        self.cseq = 0
        self.packets: list[Packet] = []
        self._challenge: dict[str, str] = {}
        self._uses = 0

    @classmethod
    async def connect(cls, port: int, path: str) -> "RtspClient":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, f"rtsp://127.0.0.1:{port}/{path}")

    async def ask(self, method: str, uri: str = "", **headers: str) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer; packets that come before it are kept."""
        uri = uri or self.uri
        status, answered = await self._exchange(method, uri, headers)
        if status == 401:
            challenges = answered["WWW-Authenticate"].split("\n")
            self._challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', next(c for c in challenges if "SHA-256" in c)))
            status, answered = await self._exchange(method, uri, headers)
        if "Session" in answered:
            self.session = answered["Session"].partition(";")[0]
        return status, answered

    async def read_packet(self) -> Packet | None:
        """The next RTP packet; None for an RTCP packet."""
        head = await self.reader.readexactly(4)
        assert head[0] == 0x24
        data = await self.reader.readexactly(int.from_bytes(head[2:], "big"))
        return parse_packet(data, head[1]) if head[1] % 2 == 0 else None

    async def read_units(self, count: int) -> list[Packet]:
        """The first packets of the next access units that carry the replay extension, the last one read whole."""
        packets = self.packets
        self.packets = []
        async with asyncio.timeout(20):
            while sum(packet.utc_us is not None for packet in packets) < count or not packets[-1].marker:
                if (packet := await self.read_packet()) is not None:
                    packets.append(packet)
        return [packet for packet in packets if packet.utc_us is not None]

    async def silent(self, seconds: float) -> bool:
        """Whether nothing arrives for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.readexactly(1)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self.writer.close()

    async def _exchange(self, method: str, uri: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.cseq += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self._challenge:
            lines.append(f"Authorization: {self._sign(method, uri)}")
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self._answer()

    async def _answer(self) -> tuple[int, dict[str, str]]:
        async with asyncio.timeout(20):
            while (first := await self.reader.readexactly(1)) == b"$":
                head = await self.reader.readexactly(3)
                data = await self.reader.readexactly(int.from_bytes(head[1:], "big"))
                if head[0] % 2 == 0:
                    self.packets.append(parse_packet(data, head[0]))
            text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
            status_line, *lines = text.strip().split("\r\n")
            answered: dict[str, str] = {}
            for line in lines:
                name, _, value = line.partition(": ")
                answered[name] = f"{answered[name]}\n{value}" if name in answered else value
            await self.reader.readexactly(int(answered.get("Content-Length", "0")))
        return int(status_line.split()[1]), answered

    def _sign(self, method: str, uri: str) -> str:
        """RFC 7616 with SHA-256 and qop=auth."""

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        realm, nonce, cnonce = self._challenge["realm"], self._challenge["nonce"], secrets.token_hex(8)
        self._uses += 1
        secret, request = digest(f"{USER}:{realm}:{PASSWORD}"), digest(f"{method}:{uri}")
        response = digest(f"{secret}:{nonce}:{self._uses:08x}:{cnonce}:auth:{request}")
        fields = {"username": USER, "realm": realm, "nonce": nonce, "uri": uri, "response": response, "cnonce": cnonce}
        quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return f"Digest {quoted}, algorithm=SHA-256, qop=auth, nc={self._uses:08x}"
