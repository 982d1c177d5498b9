"""Faults of the media service."""

from __future__ import annotations

from argus.base.errors import InvalidValue, NotFound, NotSupported
from argus.soap.faults import Receiver, Sender, fault

NoProfile = fault(Sender, "InvalidArgVal", "NoProfile", "Profile token does not exist", answers=(NotFound, "profile"))
NoConfig = fault(
    Sender,
    "InvalidArgVal",
    "NoConfig",
    "The requested configuration does not exist",
    answers=tuple(
        (NotFound, f"{kind} configuration")
        for kind in ("video source", "video encoder", "audio source", "audio encoder", "metadata")
    ),
)
InvalidStreamSetup = fault(
    Sender,
    "InvalidArgVal",
    "InvalidStreamSetup",
    "Specification of StreamType or Transport part in StreamSetup is not supported",
    answers=(InvalidValue, "stream setup"),
)
AudioNotSupported = fault(
    Receiver,
    "ActionNotSupported",
    "AudioNotSupported",
    "Device does not support audio",
    answers=(NotSupported, "audio"),
)
