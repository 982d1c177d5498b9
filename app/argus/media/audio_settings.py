"""What the board file says about microphones and their streams, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from argus.base.access_unit import Codec
from argus.base.errors import InvalidValue
from argus.base.tokens import AudioSourceToken, AudioStreamToken
from argus.media.settings import check_token

AUDIO_CODECS = (Codec.PCMU, Codec.AAC)
# What G.711 is: 8000 samples a second of 8 bits each.   Spec: RFC 3551 § PCMA and PCMU
G711_SAMPLE_RATE_HZ, G711_BITRATE_BPS = 8_000, 64_000
SAMPLE_RATES_HZ = (8_000, 16_000, 32_000, 44_100, 48_000)
MIN_AAC_BITRATE_BPS, MAX_AAC_BITRATE_BPS = 8_000, 256_000
# A block of AAC holds 1024 samples, for which a mono channel has 6144 bits.
# Spec: ISO/IEC 14496-3 § Buffer requirements
AAC_BLOCK_SAMPLES, _AAC_BLOCK_BITS = 1024, 6144


class AudioKind(StrEnum):
    """Where sound comes from."""

    TEST = "test"
    ALSA = "alsa"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSourceSettings:
    """One microphone. `device` of kind `alsa` is the name of a PCM, such as `plughw:1,0`."""

    token: AudioSourceToken
    name: str
    kind: AudioKind = AudioKind.TEST
    device: str | None = None
    sample_rate_hz: int = 48_000

    def __post_init__(self) -> None:
        check_token("audio source", self.token)
        if self.kind is AudioKind.ALSA and not self.device:
            raise InvalidValue("audio source", f"audio source {self.token!r} is of kind 'alsa' and names no device")
        _check_rate("audio source", self.token, self.sample_rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStreamSettings:
    """One encoding of a microphone, in mono. Media profiles hold it by its token."""

    token: AudioStreamToken
    name: str
    codec: Codec = Codec.PCMU
    sample_rate_hz: int = G711_SAMPLE_RATE_HZ
    bitrate_bps: int = G711_BITRATE_BPS

    def __post_init__(self) -> None:
        check_token("audio stream", self.token)
        where = f"audio stream {self.token!r}"
        if self.codec not in AUDIO_CODECS:
            raise InvalidValue("audio stream", f"{where} asks for {self.codec}; G711 and AAC can be encoded")
        _check_rate("audio stream", self.token, self.sample_rate_hz)
        if self.codec is Codec.AAC:
            highest_bps = highest_aac_bitrate_bps(self.sample_rate_hz)
            if not MIN_AAC_BITRATE_BPS <= self.bitrate_bps <= highest_bps:
                raise InvalidValue(
                    "audio stream",
                    f"{where}: {self.bitrate_bps} bit/s is not in {MIN_AAC_BITRATE_BPS} to {highest_bps}",
                )
        elif (self.sample_rate_hz, self.bitrate_bps) != (G711_SAMPLE_RATE_HZ, G711_BITRATE_BPS):
            raise InvalidValue("audio stream", f"{where}: G711 has 8000 samples/s and 64 kbit/s, nothing else")


def highest_aac_bitrate_bps(sample_rate_hz: int) -> int:
    """What AAC can use for one channel at most."""
    return min(MAX_AAC_BITRATE_BPS, sample_rate_hz * _AAC_BLOCK_BITS // AAC_BLOCK_SAMPLES)


def _check_rate(subject: str, token: str, sample_rate_hz: int) -> None:
    if sample_rate_hz not in SAMPLE_RATES_HZ:
        known = ", ".join(map(str, SAMPLE_RATES_HZ))
        raise InvalidValue(subject, f"{subject} {token!r}: {sample_rate_hz} samples/s is none of {known}")
