"""Being sent elsewhere."""

from __future__ import annotations

REDIRECTIONS = frozenset({301, 302, 303, 305, 307, 308})
MAX_REDIRECTIONS = 5


class Redirected(Exception):
    """The device wants to be asked at another address, which it wrote as it liked."""

    def __init__(self, location: str) -> None:
        super().__init__("the device wants to be asked elsewhere")
        self.location = location
