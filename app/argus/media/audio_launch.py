"""Pipelines of sound as gst-launch text, made from settings. Pure: nothing here needs GStreamer.

Names of elements are how the engine finds them: `sensor`, `sound`, `stream0`, `stream1`...
"""

from __future__ import annotations

from dataclasses import dataclass

from argus.media.audio_encoders import AudioDriver
from argus.media.audio_settings import AudioKind, AudioSourceSettings, AudioStreamSettings

# Chunks of sound a second from the sensor; ten of them may wait for us.
CHUNKS_PER_S = 25
_WAITING_CHUNKS = 10
_SINK = "appsink sync=false async=false"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAudio:
    """An audio stream and the encoder that was chosen for it."""

    settings: AudioStreamSettings
    driver: AudioDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenPlan:
    """All that is decided before a pipeline of sound is built."""

    source: AudioSourceSettings
    streams: tuple[EncodedAudio, ...]


def listen_launch(plan: ListenPlan) -> str:
    """Source, tee, and one branch per stream, all in one thread: coding sound takes a fraction of its duration."""
    branches = "".join(
        f" sound. ! {_branch(stream)} ! {_SINK} name=stream{number} emit-signals=true"
        for number, stream in enumerate(plan.streams)
    )
    return f"{_head(plan.source)} ! tee name=sound{branches}"


def audio_self_test_launch(driver: AudioDriver, stream: AudioStreamSettings) -> str:
    """Half a second of noise through the encoder."""
    branch = _branch(EncodedAudio(settings=stream, driver=driver))
    return f"audiotestsrc wave=pink-noise num-buffers=25 ! {raw_audio(48_000)} ! {branch} ! {_SINK} name=stream0"


def raw_audio(sample_rate_hz: int) -> str:
    """Caps of mono samples of 16 bits."""
    return f"audio/x-raw,format=S16LE,rate={sample_rate_hz},channels=1,layout=interleaved"


def _head(source: AudioSourceSettings) -> str:
    if source.kind is AudioKind.TEST:
        return (
            f"appsrc name=sensor is-live=true format=time block=true max-buffers={_WAITING_CHUNKS} max-bytes=0"
            f' caps="{raw_audio(source.sample_rate_hz)}"'
        )
    chunk_us = 1_000_000 // CHUNKS_PER_S
    # The card's own pace differs from CLOCK_MONOTONIC; "skew" leaves out or repeats a chunk rather than drift away.
    card = f"alsasrc name=sensor latency-time={chunk_us} buffer-time={chunk_us * _WAITING_CHUNKS} slave-method=skew"
    return f"{card} ! audio/x-raw,rate={source.sample_rate_hz} ! audioconvert ! {raw_audio(source.sample_rate_hz)}"


def _branch(stream: EncodedAudio) -> str:
    caps = f"audio/x-raw,rate={stream.settings.sample_rate_hz},channels=1"
    return f"audioresample ! {caps} ! audioconvert ! {stream.driver.launch(stream.settings)}"
