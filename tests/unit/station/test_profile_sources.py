"""What a recording job can expect of a profile, and when it is told."""

from __future__ import annotations

import pytest
from tests.unit.media.test_profiles import StillCamera, StillMetadata, StillMicrophone

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound
from argus.media.hub import StreamHub
from argus.media.profiles import MediaProfiles
from argus.station.profile_sources import GRACE_S, ProfileSources
from argus.store.recording.media_source import MediaSources, SourceMedia, SourcePhase
from argus.store.recording.recordings import RECEIVER_SOURCE, SourceRef

MAIN, SUB, NOBODY = SourceRef(token="main"), SourceRef(token="sub"), SourceRef(token="nobody")
UNIT = AccessUnit(format=StreamFormat(codec=Codec.PCMU, clock_hz=8_000), data=b"u", key_frame=True, utc_us=1, mono_ns=1)


class Rig:
    """Profiles whose hubs the test fills."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.camera, self.microphone, metadata = StillCamera(sound=True), StillMicrophone(), StillMetadata()
        for hubs in (self.camera.hubs, self.microphone.hubs):
            for token in hubs:
                hubs[token] = StreamHub(str(token), self.clock)  # type: ignore[index]  # of its own kind of token
        self.profiles = MediaProfiles([self.camera], [self.microphone], [metadata])
        self.sources = ProfileSources(self.profiles)

    def audio_phase(self) -> SourcePhase:
        return self.sources.phase(MAIN, MediaKind.AUDIO, "")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_the_media_of_a_profile_are_known_before_anything_comes(rig: Rig) -> None:
    sources: MediaSources = rig.sources
    assert sources.compatible() == ("main", "sub")
    assert sources.media(MAIN) == tuple(SourceMedia(kind=kind) for kind in MediaKind)
    assert [media.kind for media in sources.media(SUB)] == [MediaKind.VIDEO, MediaKind.AUDIO]
    assert sources.media(NOBODY) == ()


def test_only_profiles_exist(rig: Rig) -> None:
    assert rig.sources.exists(MAIN)
    assert not rig.sources.exists(NOBODY)
    assert not rig.sources.exists(SourceRef(type=RECEIVER_SOURCE, token="main"))


async def test_a_stream_connects_delivers_fails_and_delivers_again(rig: Rig) -> None:
    assert rig.audio_phase() is SourcePhase.CONNECTING
    hub = rig.profiles.hubs(rig.profiles.all()[0].token)[1]
    hub.publish(UNIT)
    assert rig.audio_phase() is SourcePhase.DELIVERING
    await rig.clock.advance(GRACE_S)
    assert rig.audio_phase() is SourcePhase.DELIVERING
    await rig.clock.advance(1)
    assert rig.audio_phase() is SourcePhase.FAILED
    hub.publish(UNIT)
    assert rig.audio_phase() is SourcePhase.DELIVERING


async def test_a_stream_that_never_came_fails_after_the_same_grace(rig: Rig) -> None:
    await rig.clock.advance(GRACE_S + 1)
    assert rig.audio_phase() is SourcePhase.FAILED
    assert rig.sources.failure(MAIN) == "nothing has come for 10 s"
    rig.microphone.failure = "sensor: no such device"
    assert rig.sources.failure(MAIN) == "sensor: no such device"


def test_a_profile_that_works_complains_of_nothing(rig: Rig) -> None:
    rig.camera.failure = "unplugged"
    assert rig.sources.failure(MAIN) == ""  # it is still waited for


def test_what_a_profile_has_not_is_lacking_and_what_is_no_profile_absent(rig: Rig) -> None:
    assert rig.sources.phase(SUB, MediaKind.METADATA, "") is SourcePhase.LACKING
    assert rig.sources.phase(MAIN, MediaKind.AUDIO, "second") is SourcePhase.LACKING
    assert rig.sources.phase(NOBODY, MediaKind.VIDEO, "") is SourcePhase.ABSENT
    with pytest.raises(NotFound):
        rig.sources.open_reader(SUB, MediaKind.METADATA, "", "job")
    with pytest.raises(NotFound):
        rig.sources.open_reader(NOBODY, MediaKind.VIDEO, "", "job")


async def test_a_reader_reads_the_kind_that_was_asked_for(rig: Rig) -> None:
    reader = rig.sources.open_reader(MAIN, MediaKind.AUDIO, "", "job")
    rig.microphone.hub(rig.microphone.streams[0].token).publish(UNIT)
    assert await reader.read() is UNIT
