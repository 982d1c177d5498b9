"""Which device is tested, and how severely."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device and an administrator's account on it.

    `lenient` accepts another fault than the specification names, and schema errors in answers, and notes both.
    `destructive` allows to use and change recordings that were there before, and to fill the device to its limits.
    """

    url: str
    username: str
    password: str
    login: str = "digest"
    camera: str = ""
    lenient: bool = False
    destructive: bool = False
    patience_s: float = 20.0

    @classmethod
    def at(cls, host: str, username: str, password: str, **options: object) -> Target:
        """`host` is a name or address with an optional port, or the beginning of a URL.

        Raises ValueError where it is none.
        """
        url = host if "://" in host else f"http://{host}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{host!r} is neither a host nor an http(s) URL")
        return cls(url=f"{parts.scheme}://{parts.netloc}", username=username, password=password, **options)  # type: ignore[arg-type]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)
