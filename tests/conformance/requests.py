"""One request that the schema accepts for every operation, with tokens that no device has."""

from __future__ import annotations

from tests.conformance import receiver as rx
from tests.conformance import recording as rc
from tests.conformance.names import child, request
from tests.conformance.schedule import ALWAYS, GROUP, SCHEDULE, DayGroup, Schedule

NONE = "no-such-token-7f3a"


def export_request(file_format: str = "XYZ", path: str = "", storage: str = NONE) -> str:
    """ExportRecordedData of nothing in particular."""
    relative = child("tt:RelativePath", path) if path else ""
    return (
        f"<trc:ExportRecordedData><trc:SearchScope/>{child('trc:FileFormat', file_format)}<trc:StorageDestination>"
        f"{child('tt:StorageToken', storage)}{relative}</trc:StorageDestination></trc:ExportRecordedData>"
    )


def _bare(*names: str) -> dict[str, str]:
    return {name: f"<{name}/>" for name in names}


def _recording_requests() -> dict[str, str]:
    job = rc.Job(recording=NONE)
    return {
        **_bare("trc:GetServiceCapabilities", "trc:GetRecordings", "trc:GetRecordingJobs"),
        # A negative retention time: were it accepted from the wrong user, it would still be refused.
        "trc:CreateRecording": f"<trc:CreateRecording>{rc.Recording(retention='-PT1S').xml()}</trc:CreateRecording>",
        "trc:DeleteRecording": request("trc:DeleteRecording", RecordingToken=NONE),
        "trc:SetRecordingConfiguration": rc.RecordingControl.set_configuration(NONE, rc.Recording()),
        "trc:GetRecordingConfiguration": request("trc:GetRecordingConfiguration", RecordingToken=NONE),
        "trc:CreateTrack": rc.create_track(NONE, "Video"),
        "trc:DeleteTrack": request("trc:DeleteTrack", RecordingToken=NONE, TrackToken=NONE),
        "trc:GetTrackConfiguration": request("trc:GetTrackConfiguration", RecordingToken=NONE, TrackToken=NONE),
        "trc:SetTrackConfiguration": rc.set_track(NONE, NONE, "Video", ""),
        "trc:CreateRecordingJob": rc.create_job(job),
        "trc:DeleteRecordingJob": request("trc:DeleteRecordingJob", JobToken=NONE),
        "trc:SetRecordingJobConfiguration": rc.set_job(NONE, job),
        "trc:GetRecordingJobConfiguration": request("trc:GetRecordingJobConfiguration", JobToken=NONE),
        "trc:SetRecordingJobMode": request("trc:SetRecordingJobMode", JobToken=NONE, Mode="Idle"),
        "trc:GetRecordingJobState": request("trc:GetRecordingJobState", JobToken=NONE),
        "trc:GetRecordingOptions": request("trc:GetRecordingOptions", RecordingToken=NONE),
        "trc:ExportRecordedData": export_request(),
        "trc:StopExportRecordedData": request("trc:StopExportRecordedData", OperationToken=NONE),
        "trc:GetExportRecordedDataState": request("trc:GetExportRecordedDataState", OperationToken=NONE),
    }


def _receiver_requests() -> dict[str, str]:
    tokens = ("GetReceiver", "DeleteReceiver", "GetReceiverState")
    return {
        **_bare("trv:GetServiceCapabilities", "trv:GetReceivers"),
        **{f"trv:{name}": request(f"trv:{name}", ReceiverToken=NONE) for name in tokens},
        "trv:CreateReceiver": rx.create(rx.Receiver(uri="gopher://192.0.2.1/conformance")),
        "trv:ConfigureReceiver": rx.configure(NONE, rx.Receiver()),
        "trv:SetReceiverMode": request("trv:SetReceiverMode", ReceiverToken=NONE, Mode="NeverConnect"),
    }


def _schedule_requests() -> dict[str, str]:
    found = {
        **_bare("tsc:GetServiceCapabilities"),
        "tsc:GetScheduleState": request("tsc:GetScheduleState", Token=NONE),
    }
    values: tuple[Schedule | DayGroup, ...] = (Schedule(token=NONE, standard=ALWAYS), DayGroup(token=NONE))
    for entity, value in zip((SCHEDULE, GROUP), values, strict=True):
        # A create with a token is refused, whoever asks; so nothing comes of it.
        for operation in ("Create", "Modify", "Set"):
            found[f"tsc:{operation}{entity.name}"] = entity.body(operation, value)
        found[f"tsc:Delete{entity.name}"] = entity.delete(NONE)
        found[f"tsc:Get{entity.plural}"] = entity.get(NONE)
        found[f"tsc:Get{entity.name}Info"] = entity.get(NONE, info=True)
        found[f"tsc:Get{entity.name}List"] = entity.list()
        found[f"tsc:Get{entity.name}InfoList"] = entity.list(info=True)
    return found


REQUESTS: dict[str, str] = _recording_requests() | _receiver_requests() | _schedule_requests()

_READERS = ("trc:Get", "trv:Get", "trc:ExportRecordedData", "trc:StopExportRecordedData")


def access_class(operation: str) -> str:
    """The access class of an operation of these three services.   Spec: Core § Access classes, and each service"""
    if operation.endswith(":GetServiceCapabilities"):
        return "PRE_AUTH"
    if operation.startswith("tsc:"):
        if operation == "tsc:GetScheduleState":
            return "READ_SYSTEM_SENSITIVE"
        return "READ_SYSTEM" if operation.startswith("tsc:Get") else "WRITE_SYSTEM"
    return "READ_MEDIA" if operation.startswith(_READERS) else "ACTUATE"


# Needed beside the service itself, by operation.
NEEDED: dict[str, str] = {
    "trc:CreateRecording": "DynamicRecordings",
    "trc:DeleteRecording": "DynamicRecordings",
    "trc:CreateTrack": "DynamicTracks",
    "trc:DeleteTrack": "DynamicTracks",
    "trc:GetRecordingOptions": "Options",
    "trc:ExportRecordedData": "Export",
    "trc:StopExportRecordedData": "Export",
    "trc:GetExportRecordedDataState": "Export",
    "tsc:GetScheduleState": "StateReporting",
    "tsc:SetSchedule": "ClientSuppliedToken",
    "tsc:SetSpecialDayGroup": "ClientSuppliedToken",
}
SERVICE = {"trc": "Recording", "trv": "Receiver", "tsc": "Schedule"}
