"""What a track is called, kept on the volume, so that a card explains itself to a station that does not know it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from construct import ConstructError

from argus.base.access_unit import MediaKind
from argus.store.ring import layout

_LONGEST_TOKEN = 200
_LONGEST_NAME = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLabel:
    """The recording and the track by their tokens, the kind of the track, and the recording's name for people."""

    recording: str
    track: str
    kind: MediaKind
    name: str = ""


@lru_cache(maxsize=512)
def encode_label(label: TrackLabel | None) -> bytes:
    """The bytes of a label, none for None. Names that are too long are cut."""
    if label is None:
        return b""
    fields = {
        "recording": _cut(label.recording, _LONGEST_TOKEN),
        "track": _cut(label.track, _LONGEST_TOKEN),
        "kind": label.kind.value,
        "name": _cut(label.name, _LONGEST_NAME),
    }
    encoded: bytes = layout.LABEL.build(fields)
    return encoded


@lru_cache(maxsize=512)
def decode_label(data: bytes) -> TrackLabel | None:
    """The label, None where there is none.

    Raises:
        ValueError: the bytes are not a label.
    """
    if not data:
        return None
    try:
        fields = layout.LABEL.parse(data)
        kind = MediaKind(fields.kind)
    except (ConstructError, UnicodeDecodeError) as error:
        raise ValueError(f"a label cannot be read: {error}") from error
    return TrackLabel(recording=fields.recording, track=fields.track, kind=kind, name=fields.name)


def _cut(text: str, longest_bytes: int) -> str:
    return text.encode()[:longest_bytes].decode(errors="ignore")
