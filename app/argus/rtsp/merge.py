"""Several tracks in one order: that in which they were recorded."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from argus.rtsp.frames import Frame

Walk = AsyncGenerator[Frame | None, None]


async def merge(walks: Mapping[int, Walk], *, reverse: bool) -> AsyncGenerator[tuple[int, Frame | None], None]:
    """The frames of all tracks with their track numbers, by capture time; in reverse by that of their group's start.

    A track that has nothing at the moment does not hold up the others. No frame means that none has anything.
    """
    if len(walks) == 1:
        [(only, walk)] = walks.items()
        async for frame in walk:
            yield only, frame
        return
    heads: dict[int, Frame] = {}

    def order(number: int) -> int:
        return -heads[number].gop_start_us if reverse else heads[number].unit.utc_us

    while True:
        for number, walk in walks.items():
            if number not in heads and (head := await anext(walk)) is not None:
                heads[number] = head
        if heads:
            earliest = min(heads, key=order)
            yield earliest, heads.pop(earliest)
        else:
            yield 0, None
