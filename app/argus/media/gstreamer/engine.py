"""The media engine: which encoders are installed, whether they work, and pipelines made of them."""

from __future__ import annotations

import logging

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.media import launch
from argus.media.annexb import NalType, nal_units
from argus.media.audio_encoders import AudioDriver, AudioSelfTest
from argus.media.audio_launch import ListenPlan
from argus.media.audio_settings import AudioStreamSettings
from argus.media.capture_clock import CaptureClock
from argus.media.encoders import Encoder, SelfTest
from argus.media.gstreamer.capture import Capture, Deliver
from argus.media.gstreamer.key_frames import request_key_frame
from argus.media.gstreamer.pipeline import Gst, parse, play, sample_bytes
from argus.media.gstreamer.sound import DeliverAudio, Listening, try_audio_encoder
from argus.media.launch import CapturePlan
from argus.media.settings import StreamSettings

logger = logging.getLogger(__name__)

# Coded pictures the self-test takes before it asks for a key frame, and at most in all.
_WARM_UP_FRAMES, _TEST_FRAMES = 5, 30
_SELF_TEST_TIMEOUT_S = 10


class Gstreamer:
    """Builds pipelines, and tells which encoders are installed and whether they work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        Gst.init(None)

    def installed_encoders(self) -> frozenset[str]:
        """Names of all video encoder elements."""
        factories = Gst.ElementFactory.list_get_elements(Gst.ELEMENT_FACTORY_TYPE_VIDEO_ENCODER, Gst.Rank.NONE)
        return frozenset(factory.get_name() for factory in factories)

    def self_test(self, encoder: Encoder, stream: StreamSettings) -> SelfTest:
        """Encode some frames of the stream's size with the encoder. Blocks for about a second, 20 s at worst."""
        started_ns = self._clock.mono_ns()
        units: list[frozenset[int]] = []
        detail = "it delivered no picture"
        try:
            units = _encode_some(encoder, stream, self._clock)
        except Unavailable as error:
            detail = str(error)
        first = units[0] if units else frozenset()
        later = units[_WARM_UP_FRAMES:]
        result = SelfTest(
            element=encoder.element,
            key_frame_first=NalType.IDR in first,
            parameter_sets={NalType.SPS, NalType.PPS} <= first,
            key_frame_on_request=any(NalType.IDR in unit for unit in later),
            took_ms=(self._clock.mono_ns() - started_ns) // 1_000_000,
            detail=f"{len(units)} pictures were coded" if units else detail,
        )
        verdict = "works" if result.usable else "does not work"
        logger.info("encoder %s %s (self-test of %d ms: %s)", result.element, verdict, result.took_ms, result.detail)
        return result

    def installed_audio_encoders(self) -> frozenset[str]:
        """Names of all audio encoder elements."""
        factories = Gst.ElementFactory.list_get_elements(Gst.ELEMENT_FACTORY_TYPE_AUDIO_ENCODER, Gst.Rank.NONE)
        return frozenset(factory.get_name() for factory in factories)

    def audio_self_test(self, driver: AudioDriver, stream: AudioStreamSettings) -> AudioSelfTest:
        """Encode some noise with the encoder. Blocks for some milliseconds, 10 s at worst."""
        return try_audio_encoder(driver, stream)

    def listen(self, plan: ListenPlan, times: CaptureClock, deliver: DeliverAudio) -> Listening:
        """A pipeline of sound that is not started yet."""
        return Listening(plan, self._clock, times, deliver)

    def capture(self, plan: CapturePlan, times: CaptureClock, deliver: Deliver) -> Capture:
        """A pipeline that is not started yet."""
        return Capture(plan, self._clock, times, deliver)


def _encode_some(encoder: Encoder, stream: StreamSettings, clock: Clock) -> list[frozenset[int]]:
    """The NAL types of each access unit of the self-test. Raises Unavailable where the pipeline does not start."""
    pipeline = parse(launch.self_test_launch(encoder, stream))
    sink = pipeline.get_by_name("stream0")
    units: list[frozenset[int]] = []
    deadline_ns = clock.mono_ns() + _SELF_TEST_TIMEOUT_S * Gst.SECOND
    try:
        play(pipeline)
        while len(units) < _TEST_FRAMES:
            sample = sink.try_pull_sample(max(0, deadline_ns - clock.mono_ns()))
            if sample is None:
                break
            units.append(frozenset(nal[0] & 0x1F for nal in nal_units(sample_bytes(sample))))
            if len(units) == _WARM_UP_FRAMES:
                request_key_frame(encoder, stream, pipeline.get_by_name("encoder0"), sink)
            elif len(units) > _WARM_UP_FRAMES and NalType.IDR in units[-1]:
                break
    finally:
        pipeline.set_state(Gst.State.NULL)
    return units
