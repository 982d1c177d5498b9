"""Models of how flash cards translate: what a trace of writes and flushes makes them program.

Models, not cards: the order they bring designs into is solid, their absolute figures are not.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

PAGE_BYTES = 16 << 10
_LARGEST_BLOCK = (4 << 20) // PAGE_BYTES


class AllocationUnitCard:
    """A card that maps whole allocation units (AU) and keeps `open_units` of them open for writing in order.

    Closing an AU that is not full copies the rest of it from where it was before; opening one in its middle copies
    what lies before; so does leaving a gap, and going back closes and opens. All of the card holds data. The last,
    partial page waits in memory for what follows it, until a flush. `copied` tells why pages were copied, by the
    cause given with the write that made it necessary.
    """

    def __init__(self, unit_bytes: int, open_units: int) -> None:
        self._unit_bytes = unit_bytes
        self._open_units = open_units
        self._open: OrderedDict[int, int] = OrderedDict()
        self._waiting: tuple[int, int] | None = None
        self.reset()

    def reset(self) -> None:
        """Count from here on."""
        self.programmed_pages = 0
        self.copied: Counter[str] = Counter()

    @property
    def programmed_bytes(self) -> int:
        return self.programmed_pages * PAGE_BYTES

    def write(self, offset: int, size: int, cause: str) -> None:
        while size:
            unit, begin = divmod(offset, self._unit_bytes)
            piece = min(size, self._unit_bytes - begin)
            self._write(unit, begin, begin + piece, cause)
            offset, size = offset + piece, size - piece

    def flush(self) -> None:
        self.programmed_pages += self._waiting is not None
        self._waiting = None

    def _write(self, unit: int, begin: int, end: int, cause: str) -> None:
        position = self._open.get(unit)
        if position is not None and begin < position:
            self._close(unit, f"{cause}: back in its AU")
            position = None
        if position is None:
            if len(self._open) >= self._open_units:
                self._close(next(iter(self._open)), f"{cause}: another AU had to be closed")
            self._copy(begin // PAGE_BYTES, f"{cause}: into the middle of an AU")
        elif begin > position:
            self._copy(begin // PAGE_BYTES - position // PAGE_BYTES, f"{cause}: behind a gap")
        self._program(unit, begin, end)
        self._open[unit] = end
        self._open.move_to_end(unit)
        if end == self._unit_bytes:
            del self._open[unit]

    def _program(self, unit: int, begin: int, end: int) -> None:
        first, last = begin // PAGE_BYTES, (end - 1) // PAGE_BYTES
        if self._waiting != (unit, first):
            self.flush()
        partial = end % PAGE_BYTES != 0
        self.programmed_pages += last - first + 1 - partial
        self._waiting = (unit, last) if partial else None

    def _close(self, unit: int, cause: str) -> None:
        position = self._open.pop(unit)
        if self._waiting is not None and self._waiting[0] == unit:
            self._waiting = None
        self._copy(self._unit_bytes // PAGE_BYTES - position // PAGE_BYTES, cause)

    def _copy(self, pages: int, cause: str) -> None:
        if pages > 0:
            self.programmed_pages += pages
            self.copied[cause] += pages


class PageCard:
    """A card that maps pages, with some of its blocks to spare, and collects the block with least data when it must.

    A partial page is read, completed and programmed anew.
    """

    def __init__(self, size_bytes: int, spare: float = 0.07) -> None:
        pages = -(-size_bytes // PAGE_BYTES)
        self._block_pages = min(_LARGEST_BLOCK, max(8, pages // 256))
        blocks = int(pages * (1 + spare)) // self._block_pages + 3
        self._valid: list[set[int]] = [set() for _ in range(blocks)]
        for page in range(pages):
            self._valid[page // self._block_pages].add(page)
        used = -(-pages // self._block_pages)
        self._free = list(range(used, blocks))
        self._place = [page // self._block_pages for page in range(pages)]
        self._active, self._room = self._free.pop(), self._block_pages
        self.programmed_pages = 0

    def reset(self) -> None:
        """Count from here on."""
        self.programmed_pages = 0

    @property
    def programmed_bytes(self) -> int:
        return self.programmed_pages * PAGE_BYTES

    def write(self, offset: int, size: int) -> None:
        for page in range(offset // PAGE_BYTES, (offset + size - 1) // PAGE_BYTES + 1):
            self._program(page)
            while len(self._free) < 2:
                self._collect()

    def _program(self, page: int) -> None:
        if self._room == 0:
            self._active, self._room = self._free.pop(), self._block_pages
        self._valid[self._place[page]].discard(page)
        self._valid[self._active].add(page)
        self._place[page] = self._active
        self._room -= 1
        self.programmed_pages += 1

    def _collect(self) -> None:
        taken = {self._active, *self._free}
        victim = min((block for block in range(len(self._valid)) if block not in taken), key=self._live)
        for page in sorted(self._valid[victim]):
            self._program(page)
        self._free.append(victim)

    def _live(self, block: int) -> int:
        return len(self._valid[block])
