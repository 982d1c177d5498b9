"""Which audio encoder is taken, and the pipelines made of it."""

from dataclasses import replace

import pytest
from tests.unit.media.test_audio_settings import AAC, G711, MICROPHONE

from argus.base.errors import NotSupported
from argus.media.audio_encoders import AUDIO_DRIVERS, audio_candidates
from argus.media.audio_launch import EncodedAudio, ListenPlan, audio_self_test_launch, listen_launch
from argus.media.audio_settings import AudioKind, AudioSourceSettings

INSTALLED = frozenset({"mulawenc", "avenc_aac", "voaacenc", "opusenc"})
MULAW, AVENC = (driver for driver in AUDIO_DRIVERS if driver.element in ("mulawenc", "avenc_aac"))


def launch(source: AudioSourceSettings) -> str:
    streams = (EncodedAudio(settings=G711, driver=MULAW), EncodedAudio(settings=AAC, driver=AVENC))
    return listen_launch(ListenPlan(source=source, streams=streams))


def test_the_preferred_encoder_comes_first() -> None:
    assert [driver.element for driver in audio_candidates(AAC, INSTALLED)] == ["voaacenc", "avenc_aac"]
    assert [driver.element for driver in audio_candidates(G711, INSTALLED)] == ["mulawenc"]


def test_where_no_encoder_is_installed_the_message_says_what_is_missing() -> None:
    with pytest.raises(NotSupported, match="voaacenc of gstreamer1"):
        audio_candidates(AAC, {"mulawenc"})


def test_the_delay_of_an_encoder_is_in_samples_of_its_stream() -> None:
    assert (AVENC.delay_ns(16_000), MULAW.delay_ns(8_000)) == (64_000_000, 0)


def test_both_encodings_hang_on_one_microphone() -> None:
    text = launch(MICROPHONE)
    assert text.startswith("appsrc name=sensor")
    assert text.count("sound. !") == 2
    assert "rate=8000,channels=1 ! audioconvert ! audiobuffersplit output-buffer-duration=1/25 ! mulawenc" in text
    assert "rate=16000,channels=1 ! audioconvert ! avenc_aac bitrate=32000" in text
    assert "stream-format=raw" in text


def test_a_sound_card_is_asked_for_its_rate_and_mixed_down() -> None:
    text = launch(replace(MICROPHONE, kind=AudioKind.ALSA, device="hw:0", sample_rate_hz=44_100))
    assert text.startswith("alsasrc name=sensor latency-time=40000 buffer-time=400000")
    assert "audio/x-raw,rate=44100 ! audioconvert ! audio/x-raw,format=S16LE,rate=44100,channels=1" in text
    assert "hw:0" not in text  # set as a property: no text of the board file becomes part of a pipeline


def test_the_self_test_ends_by_itself() -> None:
    assert "num-buffers=25" in audio_self_test_launch(AVENC, AAC)
