"""Profiles are what the board file says, in the words of the media service."""

import pytest

from argus.base.access_unit import Codec, MediaKind
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound
from argus.base.tokens import AudioSourceToken, AudioStreamToken, ProfileToken, VideoSourceToken
from argus.media.audio_settings import AudioSourceSettings, AudioStreamSettings
from argus.media.hub import StreamHub
from argus.media.profiles import MediaProfiles
from argus.media.settings import H264Profile, StreamSettings, VideoSourceSettings

MAIN, SUB = ProfileToken("main"), ProfileToken("sub")
G711, AAC = AudioStreamToken("g711"), AudioStreamToken("aac")


class StillCamera:
    """A camera without a pipeline. With `sound`, its profiles have the streams of a `StillMicrophone`, and metadata."""

    def __init__(self, *, sound: bool = False) -> None:
        self.settings = VideoSourceSettings(token=VideoSourceToken("cam"), name="Pier")
        self.streams = (
            StreamSettings(token=MAIN, name="Main", audio=G711 if sound else None, metadata=sound),
            StreamSettings(
                token=SUB, name="Sub", width=640, height=360, bitrate_bps=512_000, audio=AAC if sound else None
            ),
        )
        self.failure: str | None = None
        self.hubs = {stream.token: StreamHub(stream.token, SimulatedClock()) for stream in self.streams}

    def hub(self, token: ProfileToken) -> StreamHub:
        return self.hubs[token]

    async def snapshot(self, token: ProfileToken) -> bytes:
        return b"JPEG of " + token.encode()


class StillMicrophone:
    """A microphone without a pipeline; nobody uses the last of its streams."""

    def __init__(self) -> None:
        self.settings = AudioSourceSettings(token=AudioSourceToken("mic"), name="Ear")
        self.streams = tuple(
            AudioStreamSettings(token=token, name=token, codec=codec, sample_rate_hz=rate_hz, bitrate_bps=bitrate_bps)
            for token, codec, rate_hz, bitrate_bps in (
                (G711, Codec.PCMU, 8_000, 64_000),
                (AAC, Codec.AAC, 16_000, 32_000),
                (AudioStreamToken("spare"), Codec.AAC, 48_000, 96_000),
            )
        )
        self.failure: str | None = None
        self.hubs = {stream.token: StreamHub(stream.token, SimulatedClock()) for stream in self.streams}

    def hub(self, token: AudioStreamToken) -> StreamHub:
        return self.hubs[token]


class StillMetadata:
    """A metadata stream that says nothing."""

    def __init__(self) -> None:
        self.video_source = VideoSourceToken("cam")
        self.analytics = True
        self.topics = ("RecordingConfig/JobState", "Monitoring/OperatingTime/LastReset")
        self.hub = StreamHub("metadata", SimulatedClock())


def complete_profiles() -> MediaProfiles:
    """One profile with everything, one without metadata."""
    return MediaProfiles([StillCamera(sound=True)], [StillMicrophone()], [StillMetadata()])


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


def test_a_silent_profile_has_video_only(profiles: MediaProfiles, camera: StillCamera) -> None:
    assert profiles.kinds(MAIN) == (MediaKind.VIDEO,)
    assert profiles.hubs(MAIN) == (camera.hubs[MAIN],)
    assert profiles.get(MAIN).audio_encoder is None
    assert profiles.get(MAIN).metadata is None
    assert not profiles.audio_sources()
    assert not profiles.audio_encoder_configurations()
    assert not profiles.metadata_configurations()
    with pytest.raises(NotFound) as caught:
        profiles.hub(MAIN, MediaKind.AUDIO)
    assert caught.value.subject == "Audio of profile"


def test_the_hubs_of_a_profile_come_in_the_order_video_audio_metadata() -> None:
    camera, microphone, metadata = StillCamera(sound=True), StillMicrophone(), StillMetadata()
    profiles = MediaProfiles([camera], [microphone], [metadata])
    assert profiles.kinds(MAIN) == (MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.METADATA)
    assert profiles.hubs(MAIN) == (camera.hubs[MAIN], microphone.hubs[G711], metadata.hub)
    assert profiles.hubs(SUB) == (camera.hubs[SUB], microphone.hubs[AAC])
    assert profiles.hub(MAIN, MediaKind.METADATA) is metadata.hub


def test_use_counts_are_the_number_of_profiles_that_hold_a_configuration() -> None:
    profiles = complete_profiles()
    (source,) = profiles.audio_source_configurations()
    assert (source.token, source.source_token, source.use_count) == ("AudioSource-mic", "mic", 2)
    assert [(one.token, one.use_count) for one in profiles.audio_encoder_configurations()] == [
        ("AudioEncoder-g711", 1),
        ("AudioEncoder-aac", 1),
        ("AudioEncoder-spare", 0),
    ]
    (metadata,) = profiles.metadata_configurations()
    assert (metadata.token, metadata.use_count, metadata.analytics) == ("Metadata-cam", 1, True)
    assert profiles.get(MAIN).metadata is metadata
    assert profiles.get(SUB).metadata is None


def test_an_audio_encoder_is_told_in_units_of_the_message() -> None:
    encoder = complete_profiles().audio_encoder_configuration("AudioEncoder-aac")
    assert (encoder.encoding, encoder.bitrate_kbps, encoder.sample_rate_khz) == (Codec.AAC, 32, 16)


@pytest.mark.parametrize("kind", ["audio_source", "audio_encoder", "metadata"])
def test_an_audio_configuration_nobody_has_is_not_found(kind: str) -> None:
    with pytest.raises(NotFound) as caught:
        getattr(complete_profiles(), f"{kind}_configuration")("nobody")
    assert caught.value.subject == f"{kind.replace('_', ' ')} configuration"


def test_a_key_frame_is_asked_for_in_every_stream_of_the_profile() -> None:
    profiles, asked = complete_profiles(), []
    for hub in profiles.hubs(MAIN):
        hub.connect_encoder(lambda name=hub.name: asked.append(name))  # type: ignore[misc]  # the default binds it
    profiles.request_key_frame(MAIN)
    assert asked == ["main", "g711", "metadata"]


def test_a_profile_complains_of_its_camera_and_its_microphone() -> None:
    camera, microphone = StillCamera(sound=True), StillMicrophone()
    profiles = MediaProfiles([camera], [microphone])
    assert profiles.failure(MAIN) == ""
    camera.failure, microphone.failure = "unplugged", "no such device"
    assert profiles.failure(MAIN) == "unplugged; no such device"
