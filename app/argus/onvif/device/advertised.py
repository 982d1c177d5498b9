"""What GetServices needs of every service."""

from __future__ import annotations

from typing import Protocol


class Advertised(Protocol):
    """A service that GetServices tells about."""

    @property
    def namespace(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def version(self) -> tuple[int, int]: ...

    def capabilities(self) -> object:
        """The message that describes what the service can do."""
