"""ONVIF identifiers (tt:ReferenceToken, at most 64 characters), each with its own type."""

from __future__ import annotations

import secrets
from typing import NewType

ProfileToken = NewType("ProfileToken", str)
VideoSourceToken = NewType("VideoSourceToken", str)
AudioSourceToken = NewType("AudioSourceToken", str)
AudioStreamToken = NewType("AudioStreamToken", str)
RecordingToken = NewType("RecordingToken", str)
TrackToken = NewType("TrackToken", str)
RecordingJobToken = NewType("RecordingJobToken", str)
SearchToken = NewType("SearchToken", str)
ReceiverToken = NewType("ReceiverToken", str)
ScheduleToken = NewType("ScheduleToken", str)
SpecialDayGroupToken = NewType("SpecialDayGroupToken", str)

MAX_TOKEN_LENGTH = 64


def new_token(prefix: str) -> str:
    """A token such as `Recording-3f9c21d07a`, not guessable and not reused in practice."""
    return f"{prefix}-{secrets.token_hex(5)}"
