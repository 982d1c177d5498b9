"""The storage: the footage of whichever volume is present, and the watch over whether one is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Future
from functools import partial

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import ArgusError, Unavailable
from argus.linux.time_sync import TimeSync
from argus.store.medium.attachment import EMPTY, Absence, Attached
from argus.store.medium.medium import Access, Identity, Medium, OpenVolume
from argus.store.medium.medium_thread import MediumThread
from argus.store.medium.storage_state import StorageHealth, StorageState
from argus.store.medium.track_policy import TrackPolicies
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.health import Occupancy
from argus.store.ring.label import TrackLabel
from argus.store.ring.reclaim import Protection
from argus.store.ring.ring import OnDeleted, Ring, RingConfig
from argus.store.ring.share import Share
from argus.store.ring.span import Gop, Span
from argus.store.ring.volume import BlockDevice, InUse, Missing

logger = logging.getLogger(__name__)

# How often the medium is looked at, beside what the kernel tells, and how often a volume that could not be used, or
# not be written, is tried again.
LOOK_S = 1.0
RETRY_S = 5.0
# A card that takes longer to open at start must not keep the cameras waiting.
FIRST_OPENING_S = 10.0

NOT_INSERTED = "the card is not inserted"

Restore = Callable[[Sequence[FoundTrack]], Awaitable[None]]


class Storage:
    """Footage on one medium that may come and go.

    While there is no volume nothing is found and nothing is taken; what was decided about tracks holds for the next
    one. A volume is never made by coming: `create` is for the first start of a station that keeps a file. Everything
    but `create`, `start` and `close` belongs to the event loop's thread.
    """

    name = "store"

    def __init__(
        self,
        medium: Medium,
        config: RingConfig,
        clock: Clock,
        on_deleted: OnDeleted,
        *,
        time_sync: TimeSync | None = None,
        removable: bool = True,
        largest_share: int = 100,
        wrap: Callable[[BlockDevice], BlockDevice] = lambda device: device,
    ) -> None:
        """`largest_share` is what one recording may use, in percent; `wrap` is put round every device written to.

        Where the medium is `removable` the kernel is listened to, beside looking from time to time.
        """
        self.path = medium.path
        self._medium = medium
        self._config = config
        self._clock = clock
        self._on_deleted = on_deleted
        self._time_sync = time_sync
        self._removable = removable
        self._wrap = wrap
        self._policies = TrackPolicies(largest_share)
        self._attached: Attached | None = None
        self._absence = Absence(state=StorageState.ABSENT, detail=NOT_INSERTED)
        self._observers: list[Callable[[], None]] = []
        self._restore: Restore | None = None
        self._opening: Future[Attached] | None = None
        self._due = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = MediumThread()

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` whenever a volume was attached or detached; for one that is there at once, when `run` is."""
        self._observers.append(observer)

    def restore_with(self, restore: Restore) -> None:
        """Have `restore` take in the tracks that a volume of this station describes and nobody here knows."""
        self._restore = restore

    @property
    def opened(self) -> OpenVolume | None:
        """The volume that is attached."""
        return self._attached.opened if self._attached is not None else None

    # -- coming and going ---------------------------------------------------------------------------------------

    def create(self) -> None:
        """Make the file of the volume where there is none; blocks for I/O.

        Raises:
            Unavailable: there is no space, or the directory cannot be written.
            InvalidValue: the configured sizes leave no room for a ring.
        """
        # A link to a device that is not plugged in is no place for a file.
        if not self.path.exists() and not self.path.is_symlink():
            self._medium.create(self._config.size_bytes, self._config.segment_bytes, self._clock)

    def start(self) -> None:
        """Attach the volume that is there, before anything runs; blocks for I/O, but not for long.

        A volume that cannot be used is no reason not to start: `health` tells of it.

        Raises:
            InUse: another process writes it.
        """
        self._opening = opening = self._thread.submit(self._open)
        try:
            self._attach(opening.result(timeout=FIRST_OPENING_S))
        except TimeoutError:
            detail = f"{self.path} takes longer than {FIRST_OPENING_S:.0f} s to open"
            self._absence = Absence(state=StorageState.FAILED, detail=detail)
            logger.error(detail)
            return
        except InUse:
            raise
        except ArgusError as error:
            self._be_absent(error, None)
        self._opening = None

    async def run(self) -> None:
        """Serve the volume that is there, until cancelled; `close` writes what is queued then."""
        self._loop = asyncio.get_running_loop()
        if self._removable:
            self._medium.devices.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._remind())
                tasks.create_task(self._listen())
                while True:
                    if self._attached is None:
                        await self._look_for_volume()
                    if self._attached is not None:
                        await self._serve(self._attached)
                    else:
                        await self._next_look()
        finally:
            self._medium.devices.close()

    def close(self) -> None:
        """Write what is queued and release the volume; blocks for I/O. `run` must have ended."""
        self._thread.close()
        if self._attached is None and self._opening is not None and self._opening.exception() is None:
            # It took so long to open that nobody came to need it.
            self._keep(self._opening.result())
        if self._attached is not None:
            self._attached.ring.close()

    # -- writing ------------------------------------------------------------------------------------------------

    def append(self, track_id: int, unit: AccessUnit) -> None:
        """Queue one access unit; never blocks.

        Raises:
            Unavailable: there is no volume that takes data, or its queue is full; the unit is lost.
            NotFound: the track was forgotten.
        """
        self._policies.refuse_forgotten(track_id)
        attached = self._attached
        if attached is None or not attached.writable:
            raise Unavailable("storage", self.health().detail)
        self._policies.apply(track_id)
        attached.ring.append(track_id, unit)

    def end_span(self, track_id: int) -> None:
        """The recorder stops: the next unit of the track starts a new span."""
        if self._attached is not None and self._attached.writable:
            self._attached.ring.end_span(track_id)

    def forget(self, track_id: int) -> None:
        """Delete everything of the track, on this volume and on every one that comes."""
        self._policies.forget(track_id)

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Footage older than this is invisible from now on; 0 is unlimited."""
        self._policies.set_retention(track_id, retention_us)

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        """What the volume tells of the track to a station that does not know it."""
        self._policies.set_label(track_id, label)

    def set_share(self, recording: str, share: Share | None) -> None:
        """Keep a recording to a share of whichever volume is present; None: to that of all recordings."""
        self._policies.set_share(recording, share)

    def protect(self, track_ids: Collection[int], start_us: int, end_us: int) -> Protection:
        """Keep footage of the volume that is present from being given up for lack of space or for a quota.

        Retention goes on. It ends with its release, and with the volume's leaving.

        Raises:
            Unavailable: there is no volume, or more than half of it would be kept.
        """
        if self._attached is None:
            raise Unavailable("storage", self._absence.detail)
        return self._attached.ring.protect(track_ids, start_us, end_us)

    async def flush(self) -> None:
        """Return when everything appended, ended or forgotten so far is durable.

        Raises:
            Unavailable: there is no volume, or it failed.
        """
        if self._attached is None:
            raise Unavailable("storage", self._absence.detail)
        await self._attached.ring.flush()

    # -- reading ------------------------------------------------------------------------------------------------

    def tracks(self) -> tuple[int, ...]:
        """Every track with footage on the volume, visible or not."""
        return self._attached.ring.tracks() if self._attached is not None else ()

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable, visible footage in order of time; empty for an unknown track, and while there is no volume."""
        return self._attached.ring.spans(track_id) if self._attached is not None else ()

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format in force at a time inside visible footage, None in a gap."""
        return self._attached.ring.format_at(track_id, utc_us) if self._attached is not None else None

    async def gop_at(self, track_id: int, utc_us: int, *, forward: bool) -> Gop | None:
        """The GOP with the time in it; in a gap the first after it (forward) or the last before it (reverse)."""
        if self._attached is None:
            return None
        return await self._attached.ring.gop_at(track_id, utc_us, forward=forward)

    async def gop_after(self, gop: Gop) -> Gop | None:
        """The next GOP of the track, across gaps; None at the end of the footage."""
        return await self._attached.ring.gop_after(gop) if self._attached is not None else None

    async def gop_before(self, gop: Gop) -> Gop | None:
        """The previous GOP of the track, across gaps; None at the beginning of the footage."""
        return await self._attached.ring.gop_before(gop) if self._attached is not None else None

    # -- how it is ----------------------------------------------------------------------------------------------

    def occupancy(self) -> Occupancy:
        """How full the volume is; zeros while there is none."""
        return self._attached.ring.occupancy() if self._attached is not None else EMPTY

    def usage(self) -> dict[str, int]:
        """Bytes of the volume by recording."""
        return self._attached.ring.usage() if self._attached is not None else {}

    def now_us(self) -> int:
        """The time that retention goes by: the clock's, unless that is behind what the volume knows."""
        return self._attached.ring.now_us() if self._attached is not None else self._clock.utc_us()

    def health(self) -> StorageHealth:
        """What can be done with the storage now, and why not more."""
        return self._attached.health() if self._attached is not None else self._absence.health()

    # -- parts --------------------------------------------------------------------------------------------------

    def _open(self) -> Attached:
        """Open the volume and recover its ring. Blocks. Raises Unavailable."""
        opened = self._medium.open()
        volume, writable = opened.volume, opened.access is Access.WRITABLE
        if writable:
            volume.device = self._wrap(volume.device)
        try:
            ring = Ring(
                volume,
                self._config,
                self._clock,
                self._announce,
                read_only=not writable,
                time_sync=self._time_sync,
            )
        except OSError as error:
            volume.close()
            raise Unavailable("storage", f"{self.path} cannot be read: {error.strerror or error}") from error
        return Attached(opened=opened, ring=ring)

    def _attach(self, attached: Attached) -> None:
        """Nobody reads the volume before it is in line with all that was decided."""
        self._policies.attach(attached.ring, writable=attached.writable)
        self._attached = attached
        logger.info("volume %s: %s", attached.opened.volume.uuid, attached.opened.detail or "attached")

    def _keep(self, attached: Attached) -> None:
        """A volume that came when nobody needs it any more: `close` releases it."""
        self._attached = attached

    def _be_absent(self, error: ArgusError, identity: Identity | None) -> None:
        """Note why there is no volume, and say so once."""
        missing = isinstance(error, Missing)
        state, detail = (StorageState.ABSENT, NOT_INSERTED) if missing else (StorageState.FAILED, str(error))
        if (state, detail) != (self._absence.state, self._absence.detail):
            logger.warning("there is no storage: %s", error)
        retry_ns = self._clock.mono_ns() + int(RETRY_S * 1e9)
        self._absence = Absence(state=state, detail=detail, refused=identity, retry_ns=retry_ns)

    def _is_retry_due(self) -> bool:
        return self._clock.mono_ns() >= self._absence.retry_ns

    async def _look_for_volume(self) -> None:
        identity = None
        try:
            if self._opening is None:
                identity = await self._thread.run(self._medium.identity)
                if identity is not None and identity == self._absence.refused and not self._is_retry_due():
                    return
                self._opening = self._thread.submit(self._open)
            self._attach(await self._thread.result(self._opening, unwanted=self._keep))
        except Unavailable as error:
            self._be_absent(error, identity)
        self._opening = None

    async def _serve(self, attached: Attached) -> None:
        """Run the ring of a volume until the volume is gone, or could be opened for writing."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(attached.ring.run(), name="ring")
            tasks.create_task(self._take_in(attached), name="restore recordings")
            self._tell()
            reason = await self._watch(attached)
            # From here on nothing is read or taken; the descriptors are closed afterwards.
            logger.warning("volume %s is detached: %s", attached.opened.volume.uuid, reason)
            self._policies.detach()
            self._attached, self._absence = None, Absence(state=StorageState.ABSENT, detail=reason)
            self._tell()
            running.cancel()
        await self._thread.run(attached.ring.close)

    async def _watch(self, attached: Attached) -> str:
        """Return with the reason when the volume has to be detached."""
        retry_ns = self._clock.mono_ns() + int(RETRY_S * 1e9)
        while True:
            await self._next_look()
            if await self._thread.run(self._medium.identity) != attached.opened.identity:
                return NOT_INSERTED
            if not attached.writable and self._clock.mono_ns() >= retry_ns:
                if await self._thread.run(partial(self._medium.can_write, attached.opened)):
                    return "it is opened again, for writing"
                retry_ns = self._clock.mono_ns() + int(RETRY_S * 1e9)

    def _tell(self) -> None:
        for observer in self._observers:
            observer()

    async def _take_in(self, attached: Attached) -> None:
        """Offer the tracks that nobody here knows to whoever restores recordings."""
        labels = attached.labels()
        unknown = self._policies.unknown(labels)
        if not unknown or self._restore is None:
            return
        try:
            await self._restore(attached.describe(unknown, labels))
        except ArgusError as error:
            logger.error("%d tracks of the volume are not shown: %s", len(unknown), error)

    def _announce(self, track_id: int, start_us: int, end_us: int) -> None:
        """Pass a deletion on in the event loop's thread; a ring tells of some while it is closed, in another."""
        try:
            in_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            in_loop = False
        if in_loop or self._loop is None or self._loop.is_closed():
            self._on_deleted(track_id, start_us, end_us)
        else:
            self._loop.call_soon_threadsafe(self._on_deleted, track_id, start_us, end_us)

    async def _remind(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            self._due.set()

    async def _listen(self) -> None:
        while True:
            await self._medium.devices.changed()
            self._due.set()

    async def _next_look(self) -> None:
        self._due.clear()
        await self._due.wait()
