"""Pictures whose every frame tells its number and time, and a tone, pushed into a GStreamer pipeline at a steady pace.

Both come from appsrc: it cannot seek, so that servers do not try to.
"""

from __future__ import annotations

import math
import struct
import threading
import time
from functools import cache

import gi
from tests.scenario.models import AUDIO_HZ, FRAME_RATE, HEIGHT, NUMBER_SHIFT, WIDTH

from argus.media.testcard import Stamp, TestCard

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

_PICTURES, _SOUND = "pictures", "sound"
_LIVE = "is-live=true do-timestamp=true format=time"
PICTURES = (
    f"appsrc name={_PICTURES} {_LIVE} "
    f"caps=video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={FRAME_RATE}/1"
)


def sound(codec: str) -> str:
    """The source of raw audio at the rate of the codec."""
    caps = f"audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate={AUDIO_HZ[codec]}"
    return f"appsrc name={_SOUND} {_LIVE} caps={caps}"


class Painter:
    """One thread that draws a frame a tick, and its share of a tone, for whichever pipeline wants them at the time."""

    def __init__(self, camera: int, audio: str) -> None:
        self._card = TestCard(WIDTH, HEIGHT)
        self._background = self._card.background()
        self._camera = camera
        self._audio = audio
        self._taker: Gst.Bin | None = None
        threading.Thread(target=self._paint, daemon=True).start()

    def give_to(self, taker: Gst.Bin) -> None:
        """From now on all goes to the sources in this bin; what has ended by itself refuses it."""
        self._taker = taker

    def _paint(self) -> None:
        number, due = 0, time.monotonic()
        while True:
            # Whoever was frozen goes on from now instead of making up for it.
            number, due = number + 1, max(due + 1 / FRAME_RATE, time.monotonic() - 0.5)
            time.sleep(max(0.0, due - time.monotonic()))
            taker = self._taker
            if taker is None:
                continue
            if self._audio:
                taker.get_by_name(_SOUND).emit("push-buffer", Gst.Buffer.new_wrapped(_tone(AUDIO_HZ[self._audio])))
            frame = bytearray(self._background)
            self._card.draw(
                memoryview(frame), Stamp(number=self._camera << NUMBER_SHIFT | number, utc_us=time.time_ns() // 1000)
            )
            taker.get_by_name(_PICTURES).emit("push-buffer", Gst.Buffer.new_wrapped(bytes(frame)))


@cache
def _tone(rate_hz: int) -> bytes:
    """One frame's time of 440 Hz; 44 whole waves, so that frames join."""
    samples = (int(8000 * math.sin(2 * math.pi * 440 * at / rate_hz)) for at in range(rate_hz // FRAME_RATE))
    return struct.pack(f"<{rate_hz // FRAME_RATE}h", *samples)
