"""A camera of our own: so that a recorder without one can be tested, unplugged, and sent another encoding.

RTSP 1.0 with Digest, over TCP, UDP and HTTP; ten key frames a second of a small picture of one colour.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from tests.conformance.pictures import PAYLOAD_TYPES, packets, sdp_lines
from tests.conformance.tunnel import OPENED, Decoder, cookie_of, read_head

_REALM = "conformance"
_FRAME_S = 0.1
_NTP_EPOCH_S = 2_208_988_800
_FIELD = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass(slots=True)
class Camera:
    """One RTSP server. Close it in the end; `unplug` and `plug` keep the address."""

    host: str
    codec: str = "H264"
    username: str = ""
    password: str = ""
    port: int = 0
    sessions: set[str] = field(default_factory=set)  # those that play now
    plays: int = 0
    _listener: socket.socket | None = None
    _connections: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tunnels: dict[str, socket.socket] = field(default_factory=dict)  # GETs by their cookie, until the POST comes

    @property
    def uri(self) -> str:
        login = f"{self.username}:{self.password}@" if self.username else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"rtsp://{login}{host}:{self.port}/conformance"

    def plug(self) -> Camera:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def unplug(self) -> None:
        """Every connection ends at once, and no other is accepted."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            shut(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        conversation: _Conversation | None = _Conversation(camera=self, connection=connection, incoming=connection)
        assert conversation is not None
        try:
            if connection.recv(3, socket.MSG_PEEK) in (b"GET", b"POS"):
                head, rest = read_head(connection)
                if head.startswith("GET"):
                    # From now on it belongs to the conversation of the POST with the same cookie.
                    self._tunnels[cookie_of(head)] = connection
                    connection.sendall(OPENED)
                    conversation = None
                    return
                conversation.enter_tunnel(self._tunnels.pop(cookie_of(head)))
                conversation.begin(rest)
            conversation.run()
        except (OSError, KeyError):
            pass
        finally:
            if conversation is not None:
                with self._lock:
                    self._connections.discard(connection)
                    self.sessions.discard(conversation.session)
                conversation.close()


def shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@dataclass(slots=True, kw_only=True)
class _Conversation:
    """One client on one connection, with at most one session."""

    camera: Camera
    connection: socket.socket  # where answers and packets go
    incoming: socket.socket  # where requests come from: the same, or a tunnel's POST
    decoder: Decoder | None = None
    buffer: bytes = b""
    session: str = field(default_factory=lambda: secrets.token_hex(4))
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    channels: tuple[int, int] | None = None
    udp: tuple[socket.socket, socket.socket] | None = None
    playing: bool = False
    sequence: int = 0
    frame: int = 0
    octets: int = 0
    sent: int = 0
    codec: str = ""

    def enter_tunnel(self, outgoing: socket.socket) -> None:
        """Hear on this connection, and speak on that one."""
        self.connection, self.decoder = outgoing, Decoder()

    def begin(self, data: bytes) -> None:
        """Answer what is whole of it, and keep the rest."""
        self.buffer = self._consume(self.buffer + (self.decoder.push(data) if self.decoder else data))

    def run(self) -> None:
        next_frame_s = 0.0
        while True:
            wait_s = max(0.0, next_frame_s - time.monotonic()) if self.playing else 30.0
            readable, _, _ = select.select([self.incoming], [], [], wait_s)
            if readable:
                data = self.incoming.recv(65_536)
                if not data:
                    return
                self.begin(data)
            if self.playing and time.monotonic() >= next_frame_s:
                next_frame_s = time.monotonic() + _FRAME_S
                self._send_frame()

    def close(self) -> None:
        for each in (self.connection, self.incoming, *(self.udp or ())):
            each.close()

    def _consume(self, buffer: bytes) -> bytes:
        """Answer each whole request; interleaved packets of the client (its receiver reports) are dropped."""
        while buffer:
            if buffer[:1] == b"$":
                if len(buffer) < 4 or len(buffer) < (end := 4 + int.from_bytes(buffer[2:4], "big")):
                    break
                buffer = buffer[end:]
                continue
            head, separator, rest = buffer.partition(b"\r\n\r\n")
            length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
            size = int(length[1]) if length else 0
            if not separator or len(rest) < size:
                break
            self._answer(head.decode("utf-8", "replace"))
            buffer = rest[size:]
        return buffer

    def _answer(self, head: str) -> None:
        request_line, *lines = head.split("\r\n")
        method, _, rest = request_line.partition(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method != "OPTIONS" and not self._admits(method, headers.get("authorization", "")):
            self._reply(headers, "401 Unauthorized", f'WWW-Authenticate: Digest realm="{_REALM}", nonce="{self.nonce}"')
            return
        uri = rest.partition(" ")[0]
        if method == "OPTIONS":
            self._reply(headers, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif method == "DESCRIBE":
            self._describe(headers, uri)
        elif method == "SETUP":
            self._setup(headers)
        elif method == "PLAY" and (self.channels or self.udp):
            self._reply(headers, "200 OK", f"Session: {self.session};timeout=60", "Range: npt=now-")
            self.playing = True
            self.camera.plays += 1
            self.camera.sessions.add(self.session)
            self._send_report()
        elif method in ("GET_PARAMETER", "SET_PARAMETER"):
            self._reply(headers, "200 OK", f"Session: {self.session}")
        elif method == "TEARDOWN":
            self.playing = False
            self.camera.sessions.discard(self.session)
            self._reply(headers, "200 OK")
        else:
            self._reply(headers, "455 Method Not Valid in This State")

    def _reply(self, headers: dict[str, str], status: str, *more: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *more]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _admits(self, method: str, authorization: str) -> bool:
        """RFC 2617 without qop."""
        if not self.camera.username:
            return True
        given = dict(_FIELD.findall(authorization))
        secret = _md5(f"{self.camera.username}:{_REALM}:{self.camera.password}")
        action = _md5(f"{method}:{given.get('uri', '')}")
        return given.get("response") == _md5(f"{secret}:{self.nonce}:{action}")

    def _describe(self, headers: dict[str, str], uri: str) -> None:
        self.codec = self.camera.codec
        lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=conformance", "c=IN IP4 0.0.0.0", "t=0 0", *sdp_lines(self.codec)]
        base = f"Content-Base: {uri.rstrip('/')}/"
        self._reply(headers, "200 OK", base, body="\r\n".join([*lines, "a=control:track1"]) + "\r\n")

    def _setup(self, headers: dict[str, str]) -> None:
        wanted = headers.get("transport", "").split(",")[0]
        interleaved = re.search(r"interleaved=(\d+)-(\d+)", wanted)
        ports = re.search(r"client_port=(\d+)-(\d+)", wanted)
        if interleaved or "TCP" in wanted:
            self.channels = (int(interleaved[1]), int(interleaved[2])) if interleaved else (0, 1)
            transport = f"RTP/AVP/TCP;unicast;interleaved={self.channels[0]}-{self.channels[1]};ssrc={self.ssrc:08X}"
        elif ports:
            self.udp = (self._udp(int(ports[1])), self._udp(int(ports[2])))
            mine = "-".join(str(each.getsockname()[1]) for each in self.udp)
            transport = f"RTP/AVP;unicast;{ports[0]};server_port={mine};ssrc={self.ssrc:08X}"
        else:
            self._reply(headers, "461 Unsupported Transport")
            return
        self._reply(headers, "200 OK", f"Session: {self.session};timeout=60", f"Transport: {transport}")

    def _udp(self, port: int) -> socket.socket:
        made = socket.socket(self.connection.family, socket.SOCK_DGRAM)
        made.bind((self.connection.getsockname()[0], 0))
        made.connect((self.connection.getpeername()[0], port))
        return made

    def _timestamp(self) -> int:
        return int(time.time() * 90_000) & 0xFFFFFFFF

    def _send_frame(self) -> None:
        timestamp = self._timestamp()
        payloads = packets(self.codec, self.frame)
        for number, payload in enumerate(payloads):
            marker = 0x80 if number == len(payloads) - 1 else 0
            kind = PAYLOAD_TYPES[self.codec] | marker
            head = struct.pack("!BBHII", 0x80, kind, self.sequence & 0xFFFF, timestamp, self.ssrc)
            self._send(0, head + payload)
            self.sequence, self.sent, self.octets = self.sequence + 1, self.sent + 1, self.octets + len(payload)
        self.frame += 1
        if self.frame % 10 == 0:
            self._send_report()

    def _send_report(self) -> None:
        """An RTCP sender report: the wall-clock time of the pictures."""
        now = time.time()
        seconds, fraction = int(now), int((now % 1) * 2**32)
        report = struct.pack(
            "!BBHIIIIII",
            *(0x80, 200, 6, self.ssrc, seconds + _NTP_EPOCH_S, fraction),
            *(int(now * 90_000) & 0xFFFFFFFF, self.sent, self.octets),
        )
        cname = struct.pack("!BBHIBB", 0x81, 202, 3, self.ssrc, 1, 4) + b"conf\0\0"
        self._send(1, report + cname)

    def _send(self, place: int, packet: bytes) -> None:
        if self.udp:
            try:
                self.udp[place].send(packet)
            except ConnectionRefusedError:
                return
        elif self.channels:
            self.connection.sendall(struct.pack("!BBH", 0x24, self.channels[place], len(packet)) + packet)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
