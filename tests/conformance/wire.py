"""HTTP for SOAP: one kept connection, every exchange counted and timed."""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
# Recorders come with self-signed certificates; this tests no trust.
_ANY_CERTIFICATE = ssl._create_unverified_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    elapsed_s: float

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))


@dataclass(slots=True)
class Wire:
    """One HTTP connection to a device, opened anew when the device closed it."""

    url: str
    timeout_s: float = 90.0
    exchanges: int = 0
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One request. A connection that the device closed in between is opened once more."""
        is_fresh = self._connection is None
        try:
            return self._send(method, target, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            if is_fresh:
                raise
            return self._send(method, target, body, headers)

    def _send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connection = self._connection or self._open()
        started = time.monotonic()
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            self.close()
            raise
        self.exchanges += 1
        return Answer(
            status=response.status,
            headers=tuple(response.getheaders()),
            body=content,
            elapsed_s=time.monotonic() - started,
        )

    def _open(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.netloc, timeout=self.timeout_s, context=_ANY_CERTIFICATE)
        return http.client.HTTPConnection(parts.netloc, timeout=self.timeout_s)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
