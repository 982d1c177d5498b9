"""What configurations of recordings and tracks may say, and what the device makes of them."""

from __future__ import annotations

from dataclasses import replace

from argus.base.errors import InvalidValue
from argus.store.recording.recordings import RecordingConfiguration, TrackConfiguration

MAX_NAME_LENGTH = 64
# SourceId and Address must hold 128 characters; a longer one than this is refused, for half an address is a wrong one.
MAX_ADDRESS_LENGTH = 1024
# Location, Description and Content are cut here without a word, as the data structures allow.
MAX_TEXT_LENGTH = 1024


def checked(configuration: RecordingConfiguration) -> RecordingConfiguration:
    """The configuration as it will be stored. Raises InvalidValue("recording configuration")."""
    source, subject = configuration.source, "recording configuration"
    bounds = (("Name", source.name, MAX_NAME_LENGTH), ("SourceId", source.source_id, MAX_ADDRESS_LENGTH))
    for field, value, longest in (*bounds, ("Address", source.address, MAX_ADDRESS_LENGTH)):
        if len(value) > longest:
            raise InvalidValue(subject, f"{field} has at most {longest} characters, this one {len(value)}")
    if not 0 <= configuration.maximum_retention_us < 1 << 62:
        raise InvalidValue(subject, f"a retention of {configuration.maximum_retention_us} us is out of range")
    cut = replace(source, location=source.location[:MAX_TEXT_LENGTH], description=source.description[:MAX_TEXT_LENGTH])
    return replace(configuration, source=cut, content=configuration.content[:MAX_TEXT_LENGTH])


def checked_track(configuration: TrackConfiguration) -> TrackConfiguration:
    """The configuration as it will be stored."""
    return replace(configuration, description=configuration.description[:MAX_TEXT_LENGTH])
