"""The streams of one receiver as its readers see them, whichever connection they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.clock import Clock
from argus.media.hub import StreamHub, StreamReader
from argus.rtsp.client.media import ReceivedMedia

Selector = tuple[MediaKind, str]


def select(media: Iterable[ReceivedMedia], kind: MediaKind, tag: str) -> ReceivedMedia | None:
    """The medium of that kind and tag; with an empty tag the first of that kind."""
    return next((one for one in media if one.kind is kind and tag in ("", one.tag)), None)


class Route:
    """The way of one medium's units, as long as one connection lasts. `last_ns` is when the latest was delivered.

    What was captured at `newest_ns` or before is not delivered: a device that is connected to again may begin with
    the pictures it kept since its last key frame, and footage only ever grows at its end.
    """

    __slots__ = ("_broken", "hubs", "last_ns", "media", "newest_ns")

    def __init__(self, media: ReceivedMedia, newest_ns: int) -> None:
        self.media = media
        self.hubs: list[StreamHub] = []
        self.last_ns: int | None = None
        self.newest_ns = newest_ns
        self._broken = False

    def accepts(self, unit: AccessUnit) -> bool:
        """Whether the unit may follow what was delivered; a picture whose reference was dropped may not."""
        if unit.mono_ns <= self.newest_ns:
            self._broken = self.media.kind is MediaKind.VIDEO
            return False
        if self._broken and not unit.key_frame:
            return False
        self._broken = False
        self.newest_ns = unit.mono_ns
        return True


class Channels:
    """One hub for every selector that is read. A reader names what it wants and keeps it over any reconnection,
    also to another device whose media have other tags."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._hubs: dict[Selector, StreamHub] = {}
        self._routes: dict[str, Route] = {}
        self._ask: Callable[[ReceivedMedia], None] | None = None
        self._newest_ns: dict[MediaKind, int] = {}  # of all connections before

    def open_reader(self, kind: MediaKind, tag: str, name: str) -> StreamReader:
        """Start reading what is selected; where nothing is connected, it begins with the next connection.

        Raises:
            LimitReached: too many read already.
        """
        hub = self._hubs.get((kind, tag))
        if hub is None:
            self._drop_unread()
            hub = self._hubs[kind, tag] = StreamHub(f"{self._name} {kind} {tag}".rstrip(), self._clock)
            self._join(kind, tag, hub)
        return hub.open_reader(name)

    def connect(self, media: Iterable[ReceivedMedia], ask: Callable[[ReceivedMedia], None]) -> None:
        """Lead the units of these media to whoever selects them; `ask` requests a key frame of one."""
        self.disconnect()
        self._drop_unread()
        self._ask = ask
        self._routes = {one.tag: Route(one, self._newest_ns.get(one.kind, 0)) for one in media}
        for (kind, tag), hub in self._hubs.items():
            self._join(kind, tag, hub)

    def disconnect(self) -> None:
        """Forget the connection; readers wait for the next."""
        for hub in self._hubs.values():
            hub.connect_encoder(None)
        for route in self._routes.values():
            kind = route.media.kind
            self._newest_ns[kind] = max(self._newest_ns.get(kind, 0), route.newest_ns)
        self._routes = {}
        self._ask = None

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> bool:
        """Deliver one unit; False where its medium is none of those connected, or it comes too late."""
        route = self._routes.get(media.tag)
        if route is None or not route.accepts(unit):
            return False
        route.last_ns = self._clock.mono_ns()
        for hub in route.hubs:
            hub.publish(unit)
        return True

    def routes(self) -> Iterable[Route]:
        """One for each medium that is connected, in the order of the presentation."""
        return self._routes.values()

    def route(self, kind: MediaKind, tag: str) -> Route | None:
        """The way of what is selected now."""
        media = select((route.media for route in self._routes.values()), kind, tag)
        return self._routes[media.tag] if media is not None else None

    def close(self) -> None:
        """End all readers: the receiver is gone."""
        self.disconnect()
        for hub in self._hubs.values():
            hub.close()
        self._hubs.clear()

    def _join(self, kind: MediaKind, tag: str, hub: StreamHub) -> None:
        route = self.route(kind, tag)
        if route is not None and self._ask is not None:
            route.hubs.append(hub)
            hub.connect_encoder(partial(self._ask, route.media))

    def _drop_unread(self) -> None:
        """Selectors are text of clients: those that nobody reads any more are not kept."""
        for selector in [selector for selector, hub in self._hubs.items() if not hub.health().readers]:
            hub = self._hubs.pop(selector)
            for route in self._routes.values():
                if hub in route.hubs:
                    route.hubs.remove(hub)
