"""Media profiles as the store wants them: sources of recording jobs."""

from __future__ import annotations

from argus.base.access_unit import MediaKind
from argus.base.errors import NotFound
from argus.base.tokens import ProfileToken
from argus.media.hub import StreamReader
from argus.media.profiles import MediaProfiles


class ProfileSources:
    """Every profile can be recorded; each delivers video."""

    def __init__(self, profiles: MediaProfiles) -> None:
        self._profiles = profiles

    def tokens(self) -> tuple[str, ...]:
        return tuple(profile.token for profile in self._profiles.all())

    def exists(self, token: str) -> bool:
        return token in self.tokens()

    def kinds(self, token: str) -> frozenset[MediaKind]:
        return frozenset({MediaKind.VIDEO}) if self.exists(token) else frozenset()

    def open_reader(self, token: str, kind: MediaKind, name: str) -> StreamReader:
        """Read the profile from its next key frame on. Raises NotFound where it has no such media."""
        if kind not in self.kinds(token):
            raise NotFound(f"{kind} of profile", token)
        return self._profiles.hub(ProfileToken(token)).open_reader(name)
