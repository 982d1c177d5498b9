"""The audio encoder drivers: one row per GStreamer element, and the choice among those installed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from argus.base.access_unit import Codec
from argus.base.errors import NotSupported
from argus.media.audio_settings import AudioStreamSettings

# G.711 travels in packets of this length: as many a second as pictures, and half as many as is usual in telephony.
G711_PACKETS_PER_S = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDriver:
    """What sets one audio encoder apart.

    `delay_samples` is how many samples late the decoded sound comes out by the times the element gives: an AAC
    encoder begins with samples that nobody spoke. `caps` are those of its output; `before` and `options` are
    written before the element and behind its name. `package` is what to install.
    """

    element: str
    codec: Codec
    delay_samples: int
    caps: str
    before: str = ""
    options: str = ""
    package: str

    @property
    def configured(self) -> bool:
        """Whether a decoder has to be told something beside codec and rate."""
        return self.codec is Codec.AAC

    def delay_ns(self, sample_rate_hz: int) -> int:
        return self.delay_samples * 1_000_000_000 // sample_rate_hz

    def launch(self, stream: AudioStreamSettings) -> str:
        """From raw mono samples in the stream's rate to packets, as gst-launch text."""
        options = self.options.format(bitrate_bps=stream.bitrate_bps)
        return f"{self.before}{self.element} {options} ! {self.caps}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSelfTest:
    """What an audio encoder did when it was tried. `detail` is a sentence for log and health."""

    element: str
    usable: bool
    detail: str


_RAW_AAC = "audio/mpeg,mpegversion=4,stream-format=raw,base-profile=lc"
# In order of preference: libav takes 40 MB of memory and half as much time again.
AUDIO_DRIVERS = (
    AudioDriver(
        element="mulawenc",
        codec=Codec.PCMU,
        delay_samples=0,
        caps="audio/x-mulaw",
        before=f"audiobuffersplit output-buffer-duration=1/{G711_PACKETS_PER_S} ! ",
        package="gstreamer1.0-plugins-good",
    ),
    AudioDriver(
        element="voaacenc",
        codec=Codec.AAC,
        delay_samples=1600,
        caps=_RAW_AAC,
        options="bitrate={bitrate_bps}",
        package="gstreamer1.0-plugins-bad",
    ),
    AudioDriver(
        element="avenc_aac",
        codec=Codec.AAC,
        delay_samples=1024,
        caps=_RAW_AAC,
        options="bitrate={bitrate_bps}",
        package="gstreamer1.0-libav",
    ),
)


def audio_candidates(stream: AudioStreamSettings, installed: Collection[str]) -> tuple[AudioDriver, ...]:
    """The installed encoders of the stream's codec, the preferred one first.

    Raises:
        NotSupported("audio encoder"): there is none; the message says what to install.
    """
    drivers = [driver for driver in AUDIO_DRIVERS if driver.codec is stream.codec]
    found = tuple(driver for driver in drivers if driver.element in installed)
    if not found:
        known = " or ".join(f"{driver.element} of {driver.package}" for driver in drivers)
        raise NotSupported("audio encoder", f"audio stream {stream.token!r} ({stream.codec}) needs {known}")
    return found
