"""Media profiles as the store wants them: sources of recording jobs."""

from __future__ import annotations

from collections.abc import Callable

from argus.base.access_unit import MediaKind
from argus.base.errors import NotFound
from argus.base.tokens import ProfileToken
from argus.media.hub import StreamHub, StreamReader
from argus.media.profiles import MediaProfiles
from argus.store.recording.media_source import SourceMedia, SourcePhase
from argus.store.recording.recordings import PROFILE_SOURCE, SourceRef

# A stream that was silent for longer is not waited for any more: no key frame interval is as long.
GRACE_S = 10.0


class ProfileSources:
    """Every profile can be recorded: its video, and its audio and metadata where it has them.

    A stream that has delivered nothing yet is waited for as long as one that fell silent.
    """

    def __init__(self, profiles: MediaProfiles) -> None:
        self._profiles = profiles

    def compatible(self) -> tuple[str, ...]:
        return tuple(profile.token for profile in self._profiles.all())

    def exists(self, source: SourceRef) -> bool:
        return source.type == PROFILE_SOURCE and source.token in self.compatible()

    def media(self, source: SourceRef) -> tuple[SourceMedia, ...]:
        """One stream of a kind, without a tag."""
        if not self.exists(source):
            return ()
        return tuple(SourceMedia(kind=kind) for kind in self._profiles.kinds(ProfileToken(source.token)))

    def phase(self, source: SourceRef, kind: MediaKind, tag: str) -> SourcePhase:
        """What can be expected of a stream now. Only the empty tag means one."""
        if not self.exists(source):
            return SourcePhase.ABSENT
        if SourceMedia(tag=tag, kind=kind) not in self.media(source):
            return SourcePhase.LACKING
        return _phase(self._profiles.hub(ProfileToken(source.token), kind))

    def failure(self, source: SourceRef) -> str:
        """What camera or microphone complain of; empty where everything comes."""
        phases = {self.phase(source, media.kind, media.tag) for media in self.media(source)}
        if SourcePhase.FAILED not in phases:
            return ""
        return self._profiles.failure(ProfileToken(source.token)) or f"nothing has come for {GRACE_S:g} s"

    def open_reader(self, source: SourceRef, kind: MediaKind, tag: str, name: str) -> StreamReader:
        """Read the profile from its next key frame on.

        Raises:
            NotFound: there is no such profile, or it has no such media.
            LimitReached: subject "stream readers".
        """
        if SourceMedia(tag=tag, kind=kind) not in self.media(source):
            raise NotFound(f"{kind} of profile", source.token)
        return self._profiles.hub(ProfileToken(source.token), kind).open_reader(name)

    def observe(self, observer: Callable[[], None]) -> None:
        """Profiles are those of the board file, and nothing happens when a stream falls silent: it is asked for."""


def _phase(hub: StreamHub) -> SourcePhase:
    if hub.silent_s() > GRACE_S:
        return SourcePhase.FAILED
    return SourcePhase.CONNECTING if hub.format is None else SourcePhase.DELIVERING
