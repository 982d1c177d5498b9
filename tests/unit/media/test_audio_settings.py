"""What a microphone and its encodings can be set to."""

from dataclasses import replace

import pytest

from argus.base.access_unit import Codec
from argus.base.errors import InvalidValue
from argus.base.tokens import AudioSourceToken, AudioStreamToken
from argus.media.audio_settings import AudioKind, AudioSourceSettings, AudioStreamSettings, highest_aac_bitrate_bps

MICROPHONE = AudioSourceSettings(token=AudioSourceToken("mic"), name="Microphone")
G711 = AudioStreamSettings(token=AudioStreamToken("g711"), name="G.711")
AAC = replace(G711, token=AudioStreamToken("aac"), codec=Codec.AAC, sample_rate_hz=16_000, bitrate_bps=32_000)


def test_g711_is_what_the_standard_says() -> None:
    assert (G711.sample_rate_hz, G711.bitrate_bps) == (8_000, 64_000)
    for other in ({"sample_rate_hz": 16_000}, {"bitrate_bps": 32_000}):
        with pytest.raises(InvalidValue, match="G711 has 8000 samples/s"):
            replace(G711, **other)  # type: ignore[arg-type]  # one field each


@pytest.mark.parametrize("bitrate_bps", [7_999, 96_001])
def test_a_bit_rate_that_aac_cannot_have_is_refused(bitrate_bps: int) -> None:
    with pytest.raises(InvalidValue, match="8000 to 96000"):
        replace(AAC, bitrate_bps=bitrate_bps)


def test_the_highest_bit_rate_of_aac_is_what_a_block_holds() -> None:
    assert [highest_aac_bitrate_bps(rate) for rate in (8_000, 16_000, 48_000)] == [48_000, 96_000, 256_000]


def test_only_codecs_that_can_be_encoded_are_taken() -> None:
    with pytest.raises(InvalidValue, match="G711 and AAC"):
        replace(G711, codec=Codec.H264)


def test_odd_rates_and_tokens_are_refused() -> None:
    with pytest.raises(InvalidValue, match="none of 8000"):
        replace(MICROPHONE, sample_rate_hz=22_050)
    with pytest.raises(InvalidValue, match="letters, digits"):
        replace(G711, token=AudioStreamToken("a b"))


def test_a_sound_card_has_a_name() -> None:
    with pytest.raises(InvalidValue, match="names no device"):
        replace(MICROPHONE, kind=AudioKind.ALSA)
    assert replace(MICROPHONE, kind=AudioKind.ALSA, device="plughw:1,0").device == "plughw:1,0"
