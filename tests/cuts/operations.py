"""Every operation that changes what a station remembers, in an order in which each finds what it works on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.cuts.site import Site
from tests.unit.device.schedule.calendars import EMPLOYEES, calendar, event
from tests.unit.store.house import job

from argus.base.access import UserLevel
from argus.base.access_unit import MediaKind
from argus.base.tokens import (
    ReceiverToken,
    RecordingJobToken,
    RecordingToken,
    ScheduleToken,
    SpecialDayGroupToken,
    TrackToken,
)
from argus.device.schedule.calendar import read_calendar
from argus.device.schedule.values import Schedule, SpecialDayGroup, SpecialDays
from argus.device.system import TimeSource
from argus.device.users import UserSettings
from argus.store.recording.receiver import ReceiverConfiguration, ReceiverMode
from argus.store.recording.recordings import (
    RECEIVER_SOURCE,
    JobConfiguration,
    JobMode,
    JobSource,
    RecordingConfiguration,
    SourceInformation,
    TrackConfiguration,
)
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.label import TrackLabel
from argus.store.ring.share import Share


@dataclass
class Tokens:
    """What was created so far, the newest last."""

    recordings: list[RecordingToken] = field(default_factory=list)
    jobs: list[RecordingJobToken] = field(default_factory=list)
    tracks: list[TrackToken] = field(default_factory=list)
    receivers: list[ReceiverToken] = field(default_factory=list)
    schedules: list[ScheduleToken] = field(default_factory=list)
    groups: list[SpecialDayGroupToken] = field(default_factory=list)


Perform = Callable[[Site, Tokens], Awaitable[object]]


@dataclass(frozen=True)
class Operation:
    """One change; `perform` returns when a client would be answered."""

    name: str
    perform: Perform


def named(name: str) -> Callable[[Perform], Operation]:
    return lambda perform: Operation(name, perform)


@named("CreateRecording")
async def create_recording(site: Site, tokens: Tokens) -> None:
    source = SourceInformation(source_id="urn:1", name=f"Gate {len(tokens.recordings)}", description="Ünï 漢字" * 60)
    configuration = RecordingConfiguration(source=source, content="Entrance", maximum_retention_us=60_000_000)
    tokens.recordings.append(await site.house.catalog.create_recording(configuration))


@named("SetRecordingConfiguration")
async def set_recording_configuration(site: Site, tokens: Tokens) -> None:
    token = tokens.recordings[-1]
    before = site.house.catalog.recording(token).configuration
    after = replace(before, content=before.content + " of the house", maximum_retention_us=1_000_000)
    await site.house.catalog.set_recording_configuration(token, after)


@named("SetTrackConfiguration")
async def set_track_configuration(site: Site, tokens: Tokens) -> None:
    token, track = tokens.recordings[-1], TrackToken("AUDIO001")
    before = site.house.catalog.track(token, track).configuration.description
    after = TrackConfiguration(kind=MediaKind.AUDIO, description=before + "Microphone over the door. ")
    await site.house.catalog.set_track_configuration(token, track, after)


@named("DeleteRecording")
async def delete_recording(site: Site, tokens: Tokens) -> None:
    token = tokens.recordings.pop()
    doomed = [found.token for found in site.house.jobs.jobs() if found.configuration.recording == token]
    await site.house.catalog.delete_recording(token)
    tokens.jobs = [kept for kept in tokens.jobs if kept not in doomed]


@named("CreateRecordingJob")
async def create_job(site: Site, tokens: Tokens) -> None:
    created = await site.house.jobs.create(job(tokens.recordings[-1], source="sound", priority=3))
    tokens.jobs.append(created.token)


@named("CreateRecordingJob, Idle")
async def create_idle_job(site: Site, tokens: Tokens) -> None:
    wanted = job(tokens.recordings[-1], mode=JobMode.IDLE, source="main", tracks=("VIDEO001",))
    tokens.jobs.append((await site.house.jobs.create(wanted)).token)


@named("SetRecordingJobConfiguration")
async def set_job_configuration(site: Site, tokens: Tokens) -> None:
    token = tokens.jobs[-1]
    before = site.house.jobs.job(token).configuration
    other = "sub" if before.sources[0].token != "sub" else "sound"
    wanted = job(before.recording, source=other, priority=before.priority + 1)
    await site.house.jobs.set_configuration(token, wanted)


@named("SetRecordingJobMode")
async def set_job_mode(site: Site, tokens: Tokens) -> None:
    token = tokens.jobs[-1]
    mode = site.house.jobs.job(token).configuration.mode
    await site.house.jobs.set_mode(token, "Idle" if mode is JobMode.ACTIVE else "Active")


@named("DeleteRecordingJob")
async def delete_job(site: Site, tokens: Tokens) -> None:
    await site.house.jobs.delete(tokens.jobs.pop())


@named("first footage of a recording")
async def mark_recorded(site: Site, tokens: Tokens) -> None:
    await site.house.catalog.mark_recorded(tokens.recordings[-1])


@named("recordings found on a volume")
async def restore(site: Site, tokens: Tokens) -> None:
    first = 1_000 + 10 * len(tokens.recordings)
    found = [
        FoundTrack(
            track_id=first + number,
            label=TrackLabel(recording=f"Found_{first}", track=f"VIDEO00{number}", kind=MediaKind.VIDEO, name="Found"),
            retention_us=0,
            newest_us=5,
        )
        for number in (1, 2)
    ]
    await site.house.catalog.restore(found)
    tokens.recordings.append(site.house.catalog.recordings()[-1].token)


@named("share of a recording")
async def set_share(site: Site, tokens: Tokens) -> None:
    await site.footage.quotas.set(tokens.recordings[-1], Share(percent=25))


@named("CreateUsers")
async def create_users(site: Site, tokens: Tokens) -> None:
    names = ("operator", "guard", "visitor")
    levels = (UserLevel.OPERATOR, UserLevel.USER, UserLevel.USER)
    await site.box.users.create(
        [UserSettings(username=n, level=v, password=f"{n}-7x") for n, v in zip(names, levels, strict=True)]
    )


@named("SetUser")
async def set_user(site: Site, tokens: Tokens) -> None:
    changed = UserSettings(username="guard", level=UserLevel.OPERATOR, password="another-9y")
    await site.box.users.set([changed, UserSettings(username="visitor", level=UserLevel.OPERATOR)])


@named("DeleteUsers")
async def delete_users(site: Site, tokens: Tokens) -> None:
    await site.box.users.delete(["operator", "guard", "visitor"])


@named("AddScopes")
async def add_scopes(site: Site, tokens: Tokens) -> None:
    await site.box.scopes.add(["onvif://www.onvif.org/location/hall", "onvif://www.onvif.org/location/roof"])


@named("SetScopes")
async def set_scopes(site: Site, tokens: Tokens) -> None:
    await site.box.scopes.replace([f"onvif://www.onvif.org/location/room{number}" for number in range(20)])


@named("RemoveScopes")
async def remove_scopes(site: Site, tokens: Tokens) -> None:
    await site.box.scopes.remove(list(site.box.scopes.configurable[:2]))


@named("SetHostname")
async def set_hostname(site: Site, tokens: Tokens) -> None:
    name = site.box.network.hostname()
    await site.box.network.set_hostname(f"{name[:20]}-b" if name.endswith("a") else f"{name[:20]}-a")


@named("SetDiscoveryMode")
async def set_discovery_mode(site: Site, tokens: Tokens) -> None:
    await site.box.network.set_discoverable(not site.box.network.discoverable)


@named("SetSystemDateAndTime")
async def set_date_and_time(site: Site, tokens: Tokens) -> None:
    zone = (await site.box.system.date_and_time()).time_zone
    other = "UTC0" if zone == "CET-1CEST,M3.5.0,M10.5.0/3" else "CET-1CEST,M3.5.0,M10.5.0/3"
    await site.box.system.set_date_and_time(
        TimeSource.MANUAL, daylight_savings=True, zone=other, utc_us=1_700_000_000_000_000
    )


@named("SetReplayConfiguration")
async def set_replay_configuration(site: Site, tokens: Tokens) -> None:
    now = site.box.replay.session_timeout_us
    await site.box.replay.set_session_timeout(20_000_000 if now != 20_000_000 else 30_000_000)


@named("CreateTrack")
async def create_track(site: Site, tokens: Tokens) -> None:
    wanted = TrackConfiguration(kind=MediaKind.VIDEO, description="Second view")
    tokens.tracks.append(await site.house.catalog.create_track(tokens.recordings[-1], wanted))


@named("DeleteTrack")
async def delete_track(site: Site, tokens: Tokens) -> None:
    await site.house.catalog.delete_track(tokens.recordings[-1], tokens.tracks.pop())


@named("CreateRecordingJob, AutoCreateReceiver")
async def create_job_with_receivers(site: Site, tokens: Tokens) -> None:
    source = JobSource(type=RECEIVER_SOURCE, auto_create_receiver=True)
    wanted = JobConfiguration(recording=tokens.recordings[-1], mode=JobMode.ACTIVE, priority=2, sources=(source,))
    tokens.jobs.append((await site.house.jobs.create(wanted)).token)


@named("SetRecordingJobConfiguration, AutoCreateReceiver")
async def set_job_to_new_receiver(site: Site, tokens: Tokens) -> None:
    """The receiver that came with the job goes, and another one comes."""
    source = JobSource(type=RECEIVER_SOURCE, auto_create_receiver=True)
    wanted = JobConfiguration(recording=tokens.recordings[-1], mode=JobMode.IDLE, priority=9, sources=(source,))
    await site.house.jobs.set_configuration(tokens.jobs[-1], wanted)


@named("CreateReceiver")
async def create_receiver(site: Site, tokens: Tokens) -> None:
    wanted = ReceiverConfiguration(mode=ReceiverMode.AUTO_CONNECT, media_uri="rtsp://u:p@192.0.2.7/live")
    tokens.receivers.append((await site.footage.receivers.create(wanted)).token)


@named("ConfigureReceiver")
async def configure_receiver(site: Site, tokens: Tokens) -> None:
    uri = site.footage.receivers.receiver(tokens.receivers[-1]).configuration.media_uri
    wanted = ReceiverConfiguration(mode=ReceiverMode.ALWAYS_CONNECT, media_uri=f"{uri}/more", protocol="RTSP")
    await site.footage.receivers.configure(tokens.receivers[-1], wanted)


@named("SetReceiverMode")
async def set_receiver_mode(site: Site, tokens: Tokens) -> None:
    await site.footage.receivers.set_mode(tokens.receivers[-1], ReceiverMode.NEVER_CONNECT)


@named("DeleteReceiver")
async def delete_receiver(site: Site, tokens: Tokens) -> None:
    await site.footage.receivers.delete(tokens.receivers.pop())


@named("CreateSpecialDayGroup")
async def create_group(site: Site, tokens: Tokens) -> None:
    days = read_calendar(calendar(event("20261123T000000", "20261124T000000")))
    group = SpecialDayGroup(token=SpecialDayGroupToken(""), name="holidays", days=days)
    tokens.groups.append(await site.box.schedules.create_group(group))


@named("ModifySpecialDayGroup")
async def modify_group(site: Site, tokens: Tokens) -> None:
    await site.box.schedules.modify_group(SpecialDayGroup(token=tokens.groups[-1], name="fairs", description="Two"))


@named("DeleteSpecialDayGroup")
async def delete_group(site: Site, tokens: Tokens) -> None:
    await site.box.schedules.delete_group(tokens.groups.pop())


@named("CreateSchedule")
async def create_schedule(site: Site, tokens: Tokens) -> None:
    special = (SpecialDays(group=tokens.groups[-1]),)
    schedule = Schedule(token=ScheduleToken(""), name="office", standard=read_calendar(EMPLOYEES), special_days=special)
    tokens.schedules.append(await site.box.schedules.create(schedule))


@named("ModifySchedule")
async def modify_schedule(site: Site, tokens: Tokens) -> None:
    standard = read_calendar(calendar(event("19700101T000000", "19700101T120000", "FREQ=DAILY")))
    await site.box.schedules.modify(Schedule(token=tokens.schedules[-1], name="mornings", standard=standard))


@named("SetSchedule")
async def set_schedule(site: Site, tokens: Tokens) -> None:
    schedule = Schedule(token=ScheduleToken("own"), name="own", standard=read_calendar(EMPLOYEES))
    await site.box.schedules.set(schedule)


@named("DeleteSchedule")
async def delete_schedule(site: Site, tokens: Tokens) -> None:
    await site.box.schedules.delete(tokens.schedules.pop())


# Each finds what those before it made.
SEQUENCE: Sequence[Operation] = (
    create_recording,
    create_job,
    set_recording_configuration,
    set_track_configuration,
    mark_recorded,
    set_share,
    create_idle_job,
    set_job_mode,
    set_job_configuration,
    create_users,
    create_receiver,
    create_group,
    create_schedule,
    add_scopes,
    set_user,
    create_job_with_receivers,
    create_track,
    set_job_to_new_receiver,
    set_track_configuration,
    configure_receiver,
    modify_schedule,
    delete_track,
    delete_job,
    create_recording,
    create_job,
    set_scopes,
    set_job_mode,
    modify_group,
    set_receiver_mode,
    delete_recording,
    set_schedule,
    set_hostname,
    restore,
    delete_job,
    remove_scopes,
    delete_users,
    set_discovery_mode,
    delete_receiver,
    delete_schedule,
    delete_group,
    set_replay_configuration,
    set_date_and_time,
    set_hostname,
    delete_recording,
)
