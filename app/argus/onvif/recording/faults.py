"""Faults of the recording service.

Spec: RecordingControl 19.06 § Fault codes
"""

from __future__ import annotations

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound, NotSupported
from argus.soap.faults import Receiver, Sender, fault

NoRecording = fault(
    Sender,
    "InvalidArgVal",
    "NoRecording",
    "The RecordingToken does not reference an existing recording",
    answers=(NotFound, "recording"),
)
NoTrack = fault(
    Sender,
    "InvalidArgVal",
    "NoTrack",
    "The TrackToken does not reference an existing track of the recording",
    answers=(NotFound, "track"),
)
NoRecordingJob = fault(
    Sender,
    "InvalidArgVal",
    "NoRecordingJob",
    "The JobToken does not reference an existing job",
    answers=(NotFound, "recording job"),
)
BadConfiguration = fault(
    Sender,
    "InvalidArgVal",
    "BadConfiguration",
    "The configuration is invalid",
    answers=(
        (InvalidValue, "recording configuration"),
        (InvalidValue, "track configuration"),
        (InvalidValue, "job configuration"),
    ),
)
BadMode = fault(Sender, "InvalidArgVal", "BadMode", "The Mode is invalid", answers=(InvalidValue, "job mode"))
CannotDelete = fault(
    Receiver,
    "Action",
    "CannotDelete",
    "The recording or track cannot be deleted",
    answers=((Conflict, "recording"), (Conflict, "track")),
)
MaxTracks = fault(
    Receiver,
    "Action",
    "MaxTracks",
    "The maximum number of tracks is reached",
    answers=(LimitReached, "tracks"),
)
MaxRecordings = fault(
    Receiver,
    "Action",
    "MaxRecordings",
    "The maximum number of recordings is reached",
    answers=(LimitReached, "recordings"),
)
MaxRecordingJobs = fault(
    Receiver,
    "Action",
    "MaxRecordingJobs",
    "The maximum number of recording jobs is reached",
    answers=(LimitReached, "recording jobs"),
)
MaxReceivers = fault(
    Receiver,
    "Action",
    "MaxReceivers",
    "The maximum number of receivers is reached",
    answers=(LimitReached, "receivers"),
)
NotImplementedHere = fault(
    Receiver,
    "ActionNotSupported",
    "NotImplemented",
    "The optional operation is not implemented",
    answers=(NotSupported, ""),
)
