"""Media and messages out of one byte stream, in any fragmentation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from argus.rtsp.client.answer import Answer, BadAnswer, find_head, parse_head

_DOLLAR = 0x24
_LINE_ENDS = b"\r\n"
_ANYTHING_ELSE = re.compile(rb"[^\r\n]")

# A packet: the bytes it is part of, a view of them, where it begins and where it ends.
TakePacket = Callable[[bytes, memoryview, int, int], None]
# As many frames as it likes: the bytes, a view of them, where to begin, the channel; returns where to go on.
TakeRun = Callable[[bytes, memoryview, int, int], int]
TakeAnswer = Callable[[Answer], None]


class Demultiplexer:
    """Hands frames to the taker of their channel and messages to `on_answer`, in the order of arrival.

    A packet is handed on where it lies in what was fed: nothing is copied but what is cut by the end of a read.
    """

    def __init__(self, on_answer: TakeAnswer) -> None:
        self._on_answer = on_answer
        self._takers: list[TakePacket | None] = [None] * 256
        self._runs: list[TakeRun | None] = [None] * 256
        self._rest = bytearray()
        self._needed = 0
        self.fed_bytes = 0
        self.messages = 0
        self.stray_frames = 0  # of channels that nobody takes

    @property
    def pending_bytes(self) -> int:
        """Bytes of what is not complete yet; bounded by the longest message."""
        return len(self._rest)

    def attach(self, channel: int, take: TakePacket, take_run: TakeRun | None = None) -> None:
        """Hand the frames of this channel to `take`; those of other channels are dropped.

        `take_run` is asked first, and may take as many of the frames that come next as it likes.
        """
        self._takers[channel] = take
        self._runs[channel] = take_run

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            BadAnswer: they are out of step.
        """
        self.fed_bytes += len(data)
        if self._rest:
            if len(self._rest) + len(data) < self._needed:
                self._rest += data
                return
            data = b"".join((self._rest, data))
        self._take(data)

    def _take(self, data: bytes) -> None:
        """Take what is complete, and keep the rest."""
        position = self._needed = 0
        view, takers, end = memoryview(data), self._takers, len(data)
        while position + 4 <= end:
            if data[position] == _DOLLAR:
                start = position + 4
                stop = start + (data[position + 2] << 8 | data[position + 3])
                if stop > end:
                    self._needed = stop - position
                    break
                channel = data[position + 1]
                # Worth it where at least one more of that size is here.
                take_run = self._runs[channel] if 2 * stop - position <= end else None
                if take_run is not None and (behind := take_run(data, view, position, channel)) > position:
                    position = behind
                    continue
                take = takers[channel]
                if take is not None:
                    take(data, view, start, stop)
                else:
                    self.stray_frames += 1
                position = stop
            elif data[position] in _LINE_ENDS:
                position = _skip_line_ends(data, position)
            else:
                behind = self._take_message(data, position)
                if behind == position:
                    break
                position = behind
        self._rest = bytearray(view[position:])

    def _take_message(self, data: bytes, position: int) -> int:
        """Where the message ends; `position` itself where it is not complete."""
        if not data[position : position + 1].isalpha():
            raise BadAnswer("what arrived is neither media nor an answer")
        head = find_head(data, position)
        if head is None:
            return position
        answer, size = parse_head(data[position : head[0]])
        end = head[1] + size
        if end > len(data):
            self._needed = end - position
            return position
        self.messages += 1
        self._on_answer(replace(answer, body=data[head[1] : end]) if size else answer)
        return end


def _skip_line_ends(data: bytes, position: int) -> int:
    found = _ANYTHING_ELSE.search(data, position)
    return found.start() if found is not None else len(data)
