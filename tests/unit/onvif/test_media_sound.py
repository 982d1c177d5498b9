"""The media service about sound and metadata, read side."""

from __future__ import annotations

import pytest
from tests.unit.media.test_profiles import StillCamera
from tests.unit.onvif.asking import texts
from tests.unit.onvif.box import BoxDevice
from tests.unit.onvif.test_media_service import NO_CONFIG, NO_PROFILE, by_configuration, by_profile, inner

from argus.media.profiles import MediaProfiles
from argus.onvif.endpoint import Endpoint
from argus.onvif.media.service import MediaService
from argus.onvif.uris import StreamUris

NOT_SUPPORTED = "Receiver/ActionNotSupported/AudioNotSupported"
TOKENS = {
    "AudioSource": ["AudioSource-mic"],
    "AudioEncoder": ["AudioEncoder-g711", "AudioEncoder-aac", "AudioEncoder-spare"],
    "Metadata": ["Metadata-cam"],
}


async def test_a_microphone_is_told_with_its_channels(box: BoxDevice) -> None:
    (source,) = await box.ask("<trt:GetAudioSources/>")
    assert (source.get("token"), texts(source, "tt:Channels")) == ("mic", ["1"])


@pytest.mark.parametrize("kind", list(TOKENS))
async def test_configurations_are_the_same_in_every_answer(box: BoxDevice, kind: str) -> None:
    profiles = list(await box.ask("<trt:GetProfiles/>"))
    listed = list(await box.ask(f"<trt:Get{kind}Configurations/>"))
    assert [one.get("token") for one in listed] == TOKENS[kind]
    for one in listed:
        alone = (await box.ask(by_configuration(f"Get{kind}Configuration", one.get("token") or "")))[0]
        assert inner(alone) == inner(one)
        held = [(p, p.find(f"{{*}}{kind}Configuration")) for p in profiles]
        holders = [(p, there) for p, there in held if there is not None and there.get("token") == one.get("token")]
        assert texts(one, "tt:UseCount") == [str(len(holders))]
        for holder, there in holders:
            (found,) = await box.ask(by_profile(f"GetCompatible{kind}Configurations", holder.get("token") or ""))
            assert inner(found) == inner(one) == inner(there)


async def test_an_encoder_is_told_in_kilobits_and_kilohertz(box: BoxDevice) -> None:
    answer = (await box.ask(by_configuration("GetAudioEncoderConfiguration", "AudioEncoder-aac")))[0]
    assert [texts(answer, f"tt:{name}") for name in ("Encoding", "Bitrate", "SampleRate")] == [["AAC"], ["32"], ["16"]]


async def test_the_options_of_audio_are_what_the_board_has(box: BoxDevice) -> None:
    every = (await box.ask("<trt:GetAudioEncoderConfigurationOptions/>"))[0]
    assert [(*texts(one, "tt:Encoding"), *texts(one, "tt:SampleRateList/*")) for one in every] == [
        ("G711", "8"),
        ("AAC", "16", "48"),
    ]
    for one in (
        by_profile("GetAudioEncoderConfigurationOptions", "sub"),
        by_configuration("GetAudioEncoderConfigurationOptions", "AudioEncoder-aac"),
    ):
        (chosen,) = (await box.ask(one))[0]
        assert texts(chosen, "tt:BitrateList/tt:Items") == ["32"]
    for one in (by_profile("GetAudioSourceConfigurationOptions"), "<trt:GetAudioSourceConfigurationOptions/>"):
        assert texts((await box.ask(one))[0], "tt:InputTokensAvailable") == ["mic"]


async def test_metadata_tell_which_topics_are_in_them(box: BoxDevice) -> None:
    answer = (await box.ask(by_configuration("GetMetadataConfiguration", "Metadata-cam")))[0]
    (expression,) = answer.findall("{*}Events/{*}Filter/{*}TopicExpression")
    assert expression.text == "tns1:RecordingConfig/JobState|tns1:Monitoring/OperatingTime/LastReset"
    assert expression.nsmap["tns1"] == "http://www.onvif.org/ver10/topics"
    assert texts(answer, "tt:Analytics") == ["true"]


async def test_there_is_no_ptz_in_metadata(box: BoxDevice) -> None:
    for one in (
        by_profile("GetMetadataConfigurationOptions"),
        by_configuration("GetMetadataConfigurationOptions", "Metadata-cam"),
    ):
        assert texts((await box.ask(one))[0], "tt:PTZStatusFilterOptions/*") == ["false", "false"]


async def test_a_profile_without_metadata_is_compatible_with_none(box: BoxDevice) -> None:
    assert len(await box.ask(by_profile("GetCompatibleMetadataConfigurations", "sub"))) == 0


@pytest.mark.parametrize("kind", list(TOKENS))
async def test_what_does_not_exist_is_a_fault(box: BoxDevice, kind: str) -> None:
    assert await box.refused(by_configuration(f"Get{kind}Configuration", "nobody")) == NO_CONFIG
    assert await box.refused(by_configuration(f"Get{kind}ConfigurationOptions", "nobody")) == NO_CONFIG
    assert await box.refused(by_profile(f"Get{kind}ConfigurationOptions", "nobody")) == NO_PROFILE
    assert await box.refused(by_profile(f"GetCompatible{kind}Configurations", "nobody")) == NO_PROFILE


async def test_a_device_without_a_microphone_does_not_support_audio(box: BoxDevice) -> None:
    deaf = MediaService(MediaProfiles([StillCamera()]), StreamUris(8554))
    box.endpoint = Endpoint((deaf,), box.guard, box.wall)
    requests = ["<trt:GetAudioSources/>"]
    for kind in ("AudioSource", "AudioEncoder"):
        requests += [
            f"<trt:Get{kind}Configurations/>",
            f"<trt:Get{kind}ConfigurationOptions/>",
            by_configuration(f"Get{kind}Configuration", "nobody"),
            by_profile(f"GetCompatible{kind}Configurations", "main"),
        ]
    for request in requests:
        assert await box.refused(request) == NOT_SUPPORTED
    assert len(await box.ask("<trt:GetMetadataConfigurations/>")) == 0
