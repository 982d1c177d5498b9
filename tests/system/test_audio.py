"""Real microphone pipelines: what leaves the encoders is decoded by ffmpeg, and sounds as and when it should."""

from __future__ import annotations

import array
import asyncio
import itertools
import math
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from argus.base.access_unit import AccessUnit, Codec
from argus.base.clock import SystemClock
from argus.base.errors import Unavailable
from argus.base.tokens import AudioSourceToken, AudioStreamToken
from argus.media.audio_encoders import AUDIO_DRIVERS, AudioDriver
from argus.media.audio_settings import AudioKind, AudioSourceSettings, AudioStreamSettings
from argus.media.audio_source import AudioSource
from argus.media.gstreamer.engine import Gstreamer
from argus.media.testtone import BEEP_HZ, TONE_HZ

G711, AAC = AudioStreamToken("g711"), AudioStreamToken("aac")
MICROPHONE = AudioSourceSettings(token=AudioSourceToken("mic"), name="Microphone")
STREAMS = (
    AudioStreamSettings(token=G711, name="G711"),
    AudioStreamSettings(token=AAC, name="AAC", codec=Codec.AAC, sample_rate_hz=16_000, bitrate_bps=32_000),
)
AAC_DRIVERS = [driver for driver in AUDIO_DRIVERS if driver.codec is Codec.AAC]
_ADTS_RATES = {48_000: 3, 32_000: 5, 16_000: 8}


class OneEncoder(Gstreamer):
    """An engine on which a single encoder of AAC is installed."""

    def __init__(self, driver: AudioDriver) -> None:
        super().__init__(SystemClock())
        self._kept = driver.element

    def installed_audio_encoders(self) -> frozenset[str]:
        return super().installed_audio_encoders() & {"mulawenc", self._kept}


@asynccontextmanager
async def running(engine: Gstreamer, streams: tuple[AudioStreamSettings, ...] = STREAMS) -> AsyncIterator[AudioSource]:
    """A microphone in operation."""
    source = AudioSource(MICROPHONE, streams, SystemClock(), engine)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        try:
            yield source
        finally:
            task.cancel()


async def take(source: AudioSource, token: AudioStreamToken, seconds: float) -> list[AccessUnit]:
    reader = source.hub(token).open_reader("test")
    units = [await reader.read()]
    async with asyncio.timeout(30):
        while units[-1].mono_ns - units[0].mono_ns < seconds * 1e9:
            units.append(await reader.read())
    return units


def adts(unit: AccessUnit) -> bytes:
    """One raw block of AAC-LC in mono behind the header by which ffmpeg knows it.   Spec: ISO/IEC 13818-7 § 6.2"""
    size = len(unit.data) + 7
    rate = _ADTS_RATES[unit.format.clock_hz]
    head = (0xFF, 0xF1, 1 << 6 | rate << 2, 1 << 6 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC)
    return bytes(head) + unit.data


def decoded(units: list[AccessUnit]) -> array.array[int]:
    """The samples ffmpeg makes of the units, in the rate of the stream."""
    rate_hz, codec = units[0].format.clock_hz, units[0].format.codec
    stream = b"".join(adts(unit) if codec is Codec.AAC else unit.data for unit in units)
    form = ["aac"] if codec is Codec.AAC else ["mulaw", "-ar", str(rate_hz), "-ac", "1"]
    command = ["ffmpeg", "-v", "error", "-f", *form, "-i", "-", "-f", "s16le", "-"]
    found = array.array("h")
    found.frombytes(subprocess.run(command, input=stream, capture_output=True, check=True, timeout=60).stdout)
    return found


def strength(samples: array.array[int], rate_hz: int, frequency_hz: int) -> float:
    """The amplitude of one frequency: a single bin of a Fourier transform."""
    angles = [2 * math.pi * frequency_hz * number / rate_hz for number in range(len(samples))]
    real = sum(sample * math.cos(angle) for sample, angle in zip(samples, angles, strict=True))
    imaginary = sum(sample * math.sin(angle) for sample, angle in zip(samples, angles, strict=True))
    return 2 * math.hypot(real, imaginary) / len(samples)


def onset(samples: array.array[int]) -> int:
    """Where the beep begins: the first sample louder than the tone ever is, back to the zero before it."""
    return next(number for number, sample in enumerate(samples) if abs(sample) > 6_000)


def beep_error_s(units: list[AccessUnit]) -> float:
    """By how much the times of the units miss the start of the second that the sound tells."""
    samples, rate_hz = decoded(units), units[0].format.clock_hz
    lead = rate_hz // 5
    # not the beep in whose middle the recording may have begun
    begin = next(n for n in range(lead, len(samples)) if max(map(abs, samples[n - lead : n])) < 6_000)
    heard_us = units[0].utc_us + (begin + onset(samples[begin:])) * 1_000_000 / rate_hz
    return (heard_us / 1e6 + 0.5) % 1 - 0.5


@pytest.mark.parametrize("driver", AAC_DRIVERS, ids=lambda driver: driver.element)
async def test_the_beep_is_heard_at_the_second_by_the_capture_times_of_every_encoding(driver: AudioDriver) -> None:
    async with running(OneEncoder(driver)) as source:
        g711, aac = await asyncio.gather(take(source, G711, 1.6), take(source, AAC, 1.6))
    for units in (g711, aac):
        # A sine of 1 kHz passes the threshold about 60 us after it began; a millisecond is what the tone may deviate.
        assert -0.0005 < beep_error_s(units) < 0.003


async def test_both_tones_are_in_the_sound_and_nothing_else() -> None:
    async with running(Gstreamer(SystemClock())) as source:
        g711, aac = await asyncio.gather(take(source, G711, 1.2), take(source, AAC, 1.2))
    for units in (g711, aac):
        samples, rate_hz = decoded(units), units[0].format.clock_hz
        quiet = samples[onset(samples) + rate_hz // 5 :][: rate_hz // 4]
        assert 2_900 < strength(quiet, rate_hz, TONE_HZ) < 3_600
        assert strength(quiet, rate_hz, BEEP_HZ) < 100
        beep = samples[onset(samples) :][: rate_hz // 20]
        assert 14_000 < strength(beep, rate_hz, BEEP_HZ) < 18_000


async def test_packets_follow_each_other_without_a_hole_and_begin_a_group_each_second() -> None:
    async with running(Gstreamer(SystemClock())) as source:
        g711, aac = await asyncio.gather(take(source, G711, 2.2), take(source, AAC, 2.2))
    for units, samples in ((g711, 320), (aac, 1024)):
        step_ns = samples * 1_000_000_000 // units[0].format.clock_hz
        assert all(abs(b.mono_ns - a.mono_ns - step_ns) <= 1_000 for a, b in itertools.pairwise(units))
        assert units[0].key_frame
        begun = [b for a, b in itertools.pairwise(units) if a.mono_ns // 10**9 != b.mono_ns // 10**9]
        assert len(begun) >= 2
        assert all(unit.key_frame for unit in begun)
        # beside them only those that readers asked for
        assert sum(unit.key_frame for unit in units) <= len(begun) + 2
    assert {len(unit.data) for unit in g711} == {320}
    assert g711[0].format.parameter_sets == ()
    (configuration,) = aac[0].format.parameter_sets
    # object type 2 (LC), index 8 (16 kHz), one channel.   Spec: ISO/IEC 14496-3 § 1.6.2.1
    assert int.from_bytes(configuration[:2], "big") >> 3 == 2 << 8 | 8 << 4 | 1


async def test_times_are_the_time_of_day() -> None:
    clock = SystemClock()
    async with running(Gstreamer(clock)) as source:
        units = await take(source, G711, 0.5)
        assert 0 <= clock.utc_us() - units[-1].utc_us < 2_000_000
        assert 0 <= clock.mono_ns() - units[-1].mono_ns < 2_000_000_000


async def test_a_sound_card_that_is_not_there_is_a_reason_people_understand() -> None:
    settings = replace(MICROPHONE, kind=AudioKind.ALSA, device="plughw:7,0")
    source = AudioSource(settings, STREAMS, SystemClock(), Gstreamer(SystemClock()))
    with pytest.raises(Unavailable, match="sensor"):
        await source.run_once()
    assert not source.health().running
    assert source.health().failure
