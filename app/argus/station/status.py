"""The station's status as one JSON document: for the page, the control socket and `argus-station status`."""

from __future__ import annotations

from typing import TypedDict


class DeviceStatus(TypedDict):
    model: str
    firmware_version: str
    serial_number: str
    hostname: str
    endpoint: str


class Address(TypedDict):
    """What is reachable where, for people."""

    name: str
    value: str


class ProfileStatus(TypedDict):
    token: str
    name: str


class VideoSourceStatus(TypedDict):
    """`state` is "running" or a word for what is wrong; `problem` says more, or is empty."""

    token: str
    name: str
    state: str
    problem: str
    frames: int


class AudioSourceStatus(TypedDict):
    """As of a video source; `packets` counts those of its first encoding."""

    token: str
    name: str
    state: str
    problem: str
    packets: int


class RecordingStatus(TypedDict):
    """Times are ISO 8601 in UTC, empty while nothing is recorded. `problem` is what its jobs show to clients.

    `share` is the quota, a text such as "25%" or "4GiB", or "none".
    """

    token: str
    name: str
    status: str
    since: str
    until: str
    used_bytes: int
    share: str
    problem: str


class JobStatus(TypedDict):
    """A recording job in the words of ONVIF; `sources` are tokens of profiles and receivers.

    `schedule` is the token of the one it follows, or empty; `problem` its errors as clients read them, or empty.
    """

    token: str
    recording: str
    mode: str
    state: str
    priority: int
    sources: list[str]
    schedule: str
    problem: str


class ReceiverStatus(TypedDict):
    """A receiver in the words of ONVIF; its `uri` is without credentials, or empty.

    `problem` says why it fails, or is empty; `failing_since` is the first of the failures in a row, or empty.
    """

    token: str
    mode: str
    state: str
    uri: str
    problem: str
    failing_since: str


class ScheduleStatus(TypedDict):
    token: str
    name: str
    active: bool


class StorageStatus(TypedDict):
    """`state` is a word of `StorageState`; times are ISO 8601 in UTC or empty.

    `failure_told` is what clients hear by the StorageFailure event. Frames and read-back samples are counted since the
    station started, refused writes and damaged places since the volume was opened.
    """

    volume: str
    volume_uuid: str
    state: str
    detail: str
    failure_told: bool
    used_bytes: int
    total_bytes: int
    oldest: str
    last_durable: str
    dropped_frames: int
    damaged: int
    write_errors: int
    read_back_samples: int
    read_back_wrong: int


class StationStatus(TypedDict):
    """`ready` once the station serves; `ok` while `problems` is empty."""

    ready: bool
    ok: bool
    problems: list[str]
    device: DeviceStatus
    addresses: list[Address]
    profiles: list[ProfileStatus]
    video_sources: list[VideoSourceStatus]
    audio_sources: list[AudioSourceStatus]
    recordings: list[RecordingStatus]
    jobs: list[JobStatus]
    receivers: list[ReceiverStatus]
    schedules: list[ScheduleStatus]
    storage: StorageStatus
