"""Profiles are what the board file says, in the words of the media service."""

import pytest

from argus.base.access_unit import Codec
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound
from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.media.hub import StreamHub
from argus.media.profiles import MediaProfiles
from argus.media.settings import H264Profile, StreamSettings, VideoSourceSettings

MAIN, SUB = ProfileToken("main"), ProfileToken("sub")


class StillCamera:
    """A camera without a pipeline."""

    def __init__(self) -> None:
        self.settings = VideoSourceSettings(token=VideoSourceToken("cam"), name="Pier")
        self.streams = (
            StreamSettings(token=MAIN, name="Main"),
            StreamSettings(token=SUB, name="Sub", width=640, height=360, bitrate_bps=512_000),
        )
        self.hubs = {stream.token: StreamHub(stream.token, SimulatedClock()) for stream in self.streams}

    def hub(self, token: ProfileToken) -> StreamHub:
        return self.hubs[token]

    async def snapshot(self, token: ProfileToken) -> bytes:
        return b"JPEG of " + token.encode()


@pytest.fixture
def camera() -> StillCamera:
    return StillCamera()


@pytest.fixture
def profiles(camera: StillCamera) -> MediaProfiles:
    return MediaProfiles([camera])


def test_each_stream_is_a_fixed_profile(profiles: MediaProfiles) -> None:
    assert [(profile.token, profile.name, profile.fixed) for profile in profiles.all()] == [
        ("main", "Main", True),
        ("sub", "Sub", True),
    ]


def test_profiles_of_a_camera_share_its_video_source_configuration(profiles: MediaProfiles) -> None:
    (configuration,) = profiles.video_source_configurations()
    assert {profile.video_source for profile in profiles.all()} == {configuration}
    assert (configuration.source_token, configuration.use_count, configuration.name) == ("cam", 2, "Pier")
    assert (configuration.bounds.width, configuration.bounds.height) == (1280, 720)
    assert profiles.video_source_configuration(configuration.token) is configuration


def test_an_encoder_configuration_tells_the_stream_in_units_of_the_message(profiles: MediaProfiles) -> None:
    encoder = profiles.get(SUB).video_encoder
    assert (encoder.encoding, encoder.width, encoder.height) == (Codec.H264, 640, 360)
    assert (encoder.bitrate_limit_kbps, encoder.frame_rate_limit, encoder.gov_length) == (512, 25.0, 25)
    assert (encoder.h264_profile, encoder.encoding_interval, encoder.use_count) == (H264Profile.MAIN, 1, 1)
    assert profiles.video_encoder_configuration(encoder.token) == encoder
    assert len(profiles.video_encoder_configurations()) == 2


def test_tokens_of_configurations_fit_a_reference_token(profiles: MediaProfiles) -> None:
    for profile in profiles.all():
        assert len(profile.video_encoder.token) <= 64
        assert len(profile.video_source.token) <= 64


def test_the_camera_is_a_video_source(profiles: MediaProfiles) -> None:
    (source,) = profiles.video_sources()
    assert (source.token, source.frame_rate, source.width, source.height) == ("cam", 25.0, 1280, 720)


async def test_unknown_tokens_are_not_found(profiles: MediaProfiles) -> None:
    unknown = ProfileToken("third")
    for lookup in (profiles.get, profiles.hub, profiles.request_key_frame):
        with pytest.raises(NotFound) as raised:
            lookup(unknown)
        assert raised.value.subject == "profile"
    with pytest.raises(NotFound):
        await profiles.snapshot(unknown)
    with pytest.raises(NotFound):
        profiles.video_source_configuration("none")
    with pytest.raises(NotFound):
        profiles.video_encoder_configuration("none")


async def test_hub_snapshot_and_key_frames_are_the_cameras_own(profiles: MediaProfiles, camera: StillCamera) -> None:
    asked: list[int] = []
    camera.hubs[SUB].connect_encoder(lambda: asked.append(1))
    profiles.request_key_frame(SUB)
    assert asked == [1]
    assert profiles.hub(SUB) is camera.hubs[SUB]
    assert await profiles.snapshot(SUB) == b"JPEG of sub"
