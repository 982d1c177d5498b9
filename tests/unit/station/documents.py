"""A status as the rooms would tell it."""

from argus.station.status import JobStatus, ReceiverStatus, RecordingStatus, StationStatus, StorageStatus

RECORDING: RecordingStatus = {
    "token": "r",
    "name": "",
    "status": "Initiated",
    "since": "",
    "until": "",
    "used_bytes": 0,
    "share": "none",
    "problem": "",
}

JOB: JobStatus = {
    "token": "Job-1",
    "recording": "Recording-1",
    "mode": "Active",
    "state": "Active",
    "priority": 5,
    "sources": ["Receiver-1"],
    "schedule": "",
    "problem": "",
}

RECEIVER: ReceiverStatus = {
    "token": "Receiver-1",
    "mode": "AutoConnect",
    "state": "Connected",
    "uri": "rtsp://192.0.2.9/stream",
    "problem": "",
    "failing_since": "",
}

STORAGE: StorageStatus = {
    "volume": "/data/volume.ring",
    "volume_uuid": "b9a1",
    "state": "OK",
    "detail": "",
    "failure_told": False,
    "used_bytes": 3 << 30,
    "total_bytes": 4 << 30,
    "oldest": "2026-01-01",
    "last_durable": "2026-01-02",
    "dropped_frames": 0,
    "damaged": 0,
    "write_errors": 2,
    "read_back_samples": 12,
    "read_back_wrong": 1,
}


def status(**changes: object) -> StationStatus:
    document: StationStatus = {
        "ready": True,
        "ok": True,
        "problems": [],
        "device": {
            "model": "Argus Station",
            "firmware_version": "1.0",
            "serial_number": "7",
            "hostname": "pier-4",
            "endpoint": "urn:uuid:1",
        },
        "addresses": [{"name": "page", "value": "http://192.0.2.7:8080/"}],
        "profiles": [{"token": "Main", "name": "Main stream"}],
        "video_sources": [
            {"token": "cam", "name": "Camera 1", "state": "running", "problem": "", "frames": 250},
        ],
        "audio_sources": [
            {"token": "mic", "name": "Microphone 1", "state": "running", "problem": "", "packets": 240},
        ],
        "recordings": [
            {
                **RECORDING,
                "token": "Recording-1",
                "name": "Gate",
                "status": "Recording",
                "since": "2026",
                "until": "2027",
                "used_bytes": 3 << 20,
                "share": "25%",
            },
            {**RECORDING, "token": "Recording-22", "name": "Quay"},
        ],
        "jobs": [JOB, {**JOB, "token": "Job-22", "state": "Idle", "schedule": "Night"}],
        "receivers": [RECEIVER],
        "schedules": [{"token": "Night", "name": "At night", "active": False}],
        "storage": STORAGE,
    }
    return {**document, **changes}  # type: ignore[typeddict-item]
