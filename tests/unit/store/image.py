"""What is on a medium, forked cheaply: the bytes it began with, and the pages that were written since."""

from __future__ import annotations

_SHIFT = 12
PAGE_BYTES = 1 << _SHIFT


class Image:
    """Bytes of a fixed length, read and written by slices as a bytearray is. A fork shares pages, which never change.

    Thousands of images of one medium differ in a few pages each; to copy all of them whole would cost more than to
    read them.
    """

    __slots__ = ("_base", "_pages")

    def __init__(self, base: bytes, pages: dict[int, bytes] | None = None) -> None:
        self._base = base
        self._pages = pages if pages is not None else {}

    def fork(self) -> Image:
        """Another image with the same content; neither sees what is written to the other."""
        return Image(self._base, dict(self._pages))

    def fingerprint(self) -> int:
        """The same for forks of one image with the same content, and as good as never for others."""
        return hash((self._base, frozenset(self._pages.items())))

    def __len__(self) -> int:
        return len(self._base)

    def __bytes__(self) -> bytes:
        return self[0 : len(self._base)]

    def __contains__(self, data: bytes) -> bool:
        return data in bytes(self)

    def __getitem__(self, part: slice) -> bytes:
        start, stop = part.start, min(part.stop, len(self._base))
        if start >= stop:
            return b""
        first = start >> _SHIFT
        numbers = range(first, ((stop - 1) >> _SHIFT) + 1)
        if self._pages.keys().isdisjoint(numbers):
            return self._base[start:stop]
        whole = b"".join([self._pages.get(number) or self._untouched(number) for number in numbers])
        return whole[start - (first << _SHIFT) : stop - (first << _SHIFT)]

    def __setitem__(self, part: slice, data: bytes | bytearray | memoryview) -> None:
        start, stop = part.start, part.stop
        assert stop - start == len(data)
        assert stop <= len(self._base)
        view = memoryview(data)
        position = start
        while position < stop:
            number = position >> _SHIFT
            begin = position - (number << _SHIFT)
            end = min(PAGE_BYTES, begin + stop - position)
            piece = bytes(view[position - start : position - start + end - begin])
            if len(piece) < PAGE_BYTES:
                page = self._pages.get(number) or self._untouched(number)
                piece = page[:begin] + piece + page[end:]
            self._pages[number] = piece
            position += end - begin

    def _untouched(self, number: int) -> bytes:
        return self._base[number << _SHIFT : (number + 1) << _SHIFT]
