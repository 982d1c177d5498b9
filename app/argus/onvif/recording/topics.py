"""The topics of the recording service.

Spec: RecordingControl 19.06 § Events
"""

from __future__ import annotations

from argus.onvif.events.topics import Topic, element, simple, tokens

TOPICS = (
    Topic(path="RecordingConfig/CreateRecording", source=tokens("RecordingToken")),
    Topic(path="RecordingConfig/DeleteRecording", source=tokens("RecordingToken")),
    Topic(path="RecordingConfig/CreateTrack", source=tokens("RecordingToken", "TrackToken")),
    Topic(path="RecordingConfig/DeleteTrack", source=tokens("RecordingToken", "TrackToken")),
    Topic(
        path="RecordingConfig/RecordingConfiguration",
        source=tokens("RecordingToken"),
        data=(element("Configuration", "RecordingConfiguration"),),
    ),
    Topic(
        path="RecordingConfig/TrackConfiguration",
        source=tokens("RecordingToken", "TrackToken"),
        data=(element("Configuration", "TrackConfiguration"),),
    ),
    Topic(
        path="RecordingConfig/RecordingJobConfiguration",
        source=tokens("RecordingJobToken"),
        data=(element("Configuration", "RecordingJobConfiguration"),),
    ),
    Topic(
        path="RecordingConfig/JobState",
        source=tokens("RecordingJobToken"),
        data=(simple("State", "string"), element("Information", "RecordingJobStateInformation")),
        is_property=True,
    ),
    Topic(
        path="RecordingConfig/DeleteTrackData",
        source=tokens("RecordingToken", "TrackToken"),
        data=(simple("StartTime", "dateTime"), simple("EndTime", "dateTime")),
    ),
)
