"""The operations that change a station, each with what a client finds afterwards if it was not forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lxml import etree
from tests.conformance import receiver as rx
from tests.conformance import recording as rc
from tests.conformance.schedule import ALWAYS, GROUP, SCHEDULE, DayGroup, Schedule, calendar, weekly, whole_day
from tests.harness.soap import NAMESPACES, SoapClient, text, texts

ROOF, HALL = (f"onvif://www.onvif.org/location/{place}" for place in ("roof", "hall"))
Check = Callable[[], None]


@dataclass
class Matrix:
    """One client and the tokens it got."""

    soap: SoapClient
    tokens: dict[str, str] = field(default_factory=dict)

    def offers(self, prefix: str) -> bool:
        """Whether GetServices tells of the service."""
        try:
            return bool(self.soap.path_of(f"<{prefix}:x/>"))
        except KeyError:
            return False

    def has_dynamic_tracks(self) -> bool:
        return self._capability("trc", "DynamicTracks") == "true"

    def _capability(self, prefix: str, name: str) -> str:
        found = self.soap.call(f"<{prefix}:GetServiceCapabilities/>").find(f"{prefix}:Capabilities", NAMESPACES)
        return "" if found is None else found.get(name, "")

    def recordings(self) -> dict[str, etree._Element]:
        items = self.soap.call("<trc:GetRecordings/>").iterfind("trc:RecordingItem", NAMESPACES)
        return {text(item, "tt:RecordingToken"): item for item in items}

    def jobs(self) -> dict[str, rc.Job]:
        items = self.soap.call("<trc:GetRecordingJobs/>").iterfind("trc:JobItem", NAMESPACES)
        return {text(item, "tt:JobToken"): rc.Job.of(item.find("tt:JobConfiguration", NAMESPACES)) for item in items}

    def users(self) -> dict[str, str]:
        items = self.soap.call("<tds:GetUsers/>").iterfind("tds:User", NAMESPACES)
        return {text(item, "tt:Username"): text(item, "tt:UserLevel") for item in items}

    def scopes(self) -> list[str]:
        return texts(self.soap.call("<tds:GetScopes/>"), "tds:Scopes/tt:ScopeItem")

    def receivers(self) -> dict[str, rx.Receiver]:
        items = self.soap.call("<trv:GetReceivers/>").iterfind("trv:Receivers", NAMESPACES)
        return {text(i, "tt:Token"): rx.Receiver.of(i.find("tt:Configuration", NAMESPACES)) for i in items}

    def view(self) -> dict[str, str]:
        """Every answer that tells of configuration, word for word."""
        asked = ["trc:GetRecordings", "trc:GetRecordingJobs", "tds:GetUsers", "tds:GetScopes", "tds:GetHostname"]
        asked += ["tds:GetDiscoveryMode", "trp:GetReplayConfiguration"]
        asked += ["trv:GetReceivers"] if self.offers("trv") else []
        asked += ["tsc:GetScheduleList", "tsc:GetSpecialDayGroupList"] if self.offers("tsc") else []
        bodies = {name: f"<{name}/>" for name in asked}
        for token in self.recordings():
            bodies[f"options of {token}"] = rc.request("trc:GetRecordingOptions", RecordingToken=token)
        return {name: etree.tostring(self.soap.call(body), method="c14n").decode() for name, body in bodies.items()}


Step = Callable[[Matrix], Check]


def _user(level: str, password: str) -> str:
    inner = f"<tt:Username>guard</tt:Username><tt:Password>{password}</tt:Password><tt:UserLevel>{level}</tt:UserLevel>"
    return f"<tds:User>{inner}</tds:User>"


def equal(found: object, wanted: object) -> None:
    assert found == wanted, f"{found!r} is not {wanted!r}"


def create_recording(name: str) -> Step:
    def step(m: Matrix) -> Check:
        answer = m.soap.call(f"<trc:CreateRecording>{rc.Recording(name=name).xml()}</trc:CreateRecording>")
        token = m.tokens[name] = text(answer, "trc:RecordingToken")
        return lambda: equal(_configuration(m, token), rc.Recording(name=name))

    return step


def set_recording(name: str) -> Step:
    def step(m: Matrix) -> Check:
        wanted = rc.Recording(name=name, content="Changed", retention="PT1H", description="Ünï 漢字")
        m.soap.call(rc.RecordingControl.set_configuration(m.tokens[name], wanted))
        return lambda: equal(_configuration(m, m.tokens[name]), wanted)

    return step


def set_track(name: str) -> Step:
    def step(m: Matrix) -> Check:
        m.soap.call(rc.set_track(m.tokens[name], "AUDIO001", "Audio", "Over the door"))
        return lambda: equal("Over the door" in texts(m.recordings()[m.tokens[name]], ".//tt:Description"), True)

    return step


def create_track(name: str) -> Step:
    def step(m: Matrix) -> Check:
        answer = m.soap.call(rc.create_track(m.tokens[name], "Video"))
        token = m.tokens[f"{name} track"] = text(answer, "trc:TrackToken")
        return lambda: equal(token in texts(m.recordings()[m.tokens[name]], ".//tt:TrackToken"), True)

    return step


def delete_track(name: str) -> Step:
    def step(m: Matrix) -> Check:
        token = m.tokens[f"{name} track"]
        m.soap.call(rc.request("trc:DeleteTrack", RecordingToken=m.tokens[name], TrackToken=token))
        return lambda: equal(token in texts(m.recordings()[m.tokens[name]], ".//tt:TrackToken"), False)

    return step


def delete_recording(name: str) -> Step:
    def step(m: Matrix) -> Check:
        token = m.tokens[name]
        m.soap.call(rc.request("trc:DeleteRecording", RecordingToken=token))
        return lambda: equal(
            (token in m.recordings(), [j for j in m.jobs().values() if j.recording == token]), (False, [])
        )

    return step


def create_job(name: str, mode: str, *, auto_create: bool = False, schedule: str | None = None) -> Step:
    def step(m: Matrix) -> Check:
        source = rc.Source(auto_create=True) if auto_create else rc.Source(token="Main")
        token_of_schedule = m.tokens[schedule] if schedule else None
        job = rc.Job(recording=m.tokens[name], mode=mode, sources=(source,), schedule=token_of_schedule)
        answer = m.soap.call(rc.create_job(job))
        token = m.tokens[f"{name} job"] = text(answer, "trc:JobToken")
        used = rc.Job.of(answer.find("trc:JobConfiguration", NAMESPACES))

        def check() -> None:
            equal(m.jobs().get(token), used)
            if auto_create:
                equal(used.sources[0].token in m.receivers(), True)

        return check

    return step


def set_job(name: str, priority: int) -> Step:
    def step(m: Matrix) -> Check:
        wanted = rc.Job(recording=m.tokens[name], mode="Active", priority=priority, sources=(rc.Source(token="Sub"),))
        answer = m.soap.call(rc.set_job(m.tokens[f"{name} job"], wanted))
        used = rc.Job.of(answer.find("trc:JobConfiguration", NAMESPACES))
        equal((used.priority, used.sources[0].token), (priority, "Sub"))
        return lambda: equal(m.jobs()[m.tokens[f"{name} job"]], used)

    return step


def set_mode(name: str, mode: str) -> Step:
    def step(m: Matrix) -> Check:
        m.soap.call(rc.request("trc:SetRecordingJobMode", JobToken=m.tokens[f"{name} job"], Mode=mode))
        return lambda: equal(m.jobs()[m.tokens[f"{name} job"]].mode, mode)

    return step


def delete_job(name: str, *, auto_created: bool = False) -> Step:
    def step(m: Matrix) -> Check:
        token = m.tokens[f"{name} job"]
        receiver = m.jobs()[token].sources[0].token
        m.soap.call(rc.request("trc:DeleteRecordingJob", JobToken=token))

        def check() -> None:
            equal(token in m.jobs(), False)
            if auto_created:
                equal(receiver in m.receivers(), False)

        return check

    return step


def create_user(m: Matrix) -> Check:
    m.soap.call(f"<tds:CreateUsers>{_user('User', 'old-password-1')}</tds:CreateUsers>")
    return lambda: equal(m.users().get("guard"), "User")


def set_user(m: Matrix) -> Check:
    m.soap.call(f"<tds:SetUser>{_user('Operator', 'new-password-1')}</tds:SetUser>")

    def check() -> None:
        equal(m.users().get("guard"), "Operator")
        SoapClient(m.soap.url, "guard", "new-password-1").call("<tds:GetHostname/>")

    return check


def delete_user(m: Matrix) -> Check:
    m.soap.call("<tds:DeleteUsers><tds:Username>guard</tds:Username></tds:DeleteUsers>")
    return lambda: equal("guard" in m.users(), False)


def set_scopes(m: Matrix) -> Check:
    m.soap.call(f"<tds:SetScopes><tds:Scopes>{ROOF}</tds:Scopes></tds:SetScopes>")
    return lambda: equal(ROOF in m.scopes(), True)


def add_scopes(m: Matrix) -> Check:
    m.soap.call(f"<tds:AddScopes><tds:ScopeItem>{HALL}</tds:ScopeItem></tds:AddScopes>")
    return lambda: equal({ROOF, HALL} <= set(m.scopes()), True)


def remove_scopes(m: Matrix) -> Check:
    m.soap.call(f"<tds:RemoveScopes><tds:ScopeItem>{ROOF}</tds:ScopeItem></tds:RemoveScopes>")
    return lambda: equal((ROOF in m.scopes(), HALL in m.scopes()), (False, True))


def set_hostname(m: Matrix) -> Check:
    m.soap.call("<tds:SetHostname><tds:Name>gate-7</tds:Name></tds:SetHostname>")
    return lambda: equal(text(m.soap.call("<tds:GetHostname/>"), "tds:HostnameInformation/tt:Name"), "gate-7")


def set_discovery_mode(m: Matrix) -> Check:
    mode = "<tds:DiscoveryMode>NonDiscoverable</tds:DiscoveryMode>"
    m.soap.call(f"<tds:SetDiscoveryMode>{mode}</tds:SetDiscoveryMode>")
    return lambda: equal(text(m.soap.call("<tds:GetDiscoveryMode/>"), "tds:DiscoveryMode"), "NonDiscoverable")


def set_replay_configuration(m: Matrix) -> Check:
    timeout = "<trp:Configuration><tt:SessionTimeout>PT45S</tt:SessionTimeout></trp:Configuration>"
    m.soap.call(f"<trp:SetReplayConfiguration>{timeout}</trp:SetReplayConfiguration>")
    return lambda: equal(text(m.soap.call("<trp:GetReplayConfiguration/>"), ".//tt:SessionTimeout"), "PT45S")


def create_receiver(m: Matrix) -> Check:
    answer = m.soap.call(rx.create(rx.Receiver(uri="rtsp://192.0.2.9/one")))
    token = m.tokens["receiver"] = text(answer, "trv:Receiver/tt:Token")
    return lambda: equal(m.receivers().get(token), rx.Receiver(uri="rtsp://192.0.2.9/one"))


def configure_receiver(m: Matrix) -> Check:
    wanted = rx.Receiver(uri="rtsp://192.0.2.9/two", protocol="UDP")
    m.soap.call(rx.configure(m.tokens["receiver"], wanted))
    return lambda: equal(m.receivers()[m.tokens["receiver"]], wanted)


def set_receiver_mode(m: Matrix) -> Check:
    m.soap.call(rx.request("trv:SetReceiverMode", ReceiverToken=m.tokens["receiver"], Mode="AutoConnect"))
    return lambda: equal(m.receivers()[m.tokens["receiver"]].mode, "AutoConnect")


def delete_receiver(m: Matrix) -> Check:
    m.soap.call(rx.request("trv:DeleteReceiver", ReceiverToken=m.tokens["receiver"]))
    return lambda: equal(m.tokens["receiver"] in m.receivers(), False)


def _entity(kind: str, operation: str, value: Schedule | DayGroup) -> Step:
    entity = SCHEDULE if isinstance(value, Schedule) else GROUP

    def step(m: Matrix) -> Check:
        wanted = value.to(token="" if operation == "Create" else m.tokens[kind])
        answer = m.soap.call(entity.body(operation, wanted))
        if operation == "Create":
            m.tokens[kind] = text(answer, "tsc:Token")

        def check() -> None:
            listed = m.soap.call(entity.list())
            found = {one.get("token"): type(value).of(one) for one in listed.iterfind(f"tsc:{entity.name}", NAMESPACES)}
            equal(found[m.tokens[kind]].name, value.name)

        return check

    return step


def _delete_entity(kind: str) -> Step:
    entity = SCHEDULE if kind == "schedule" else GROUP

    def step(m: Matrix) -> Check:
        m.soap.call(entity.delete(m.tokens[kind]))

        def check() -> None:
            listed = m.soap.call(entity.list()).iterfind(f"tsc:{entity.name}", NAMESPACES)
            equal(m.tokens[kind] in [one.get("token") for one in listed], False)

        return check

    return step


def _configuration(m: Matrix, recording: str) -> rc.Recording:
    answer = m.soap.call(rc.request("trc:GetRecordingConfiguration", RecordingToken=recording))
    return rc.Recording.of(answer.find("trc:RecordingConfiguration", NAMESPACES))


_OFFICE = calendar(weekly("083000", "170000", "MO,TU"))
_HOLIDAY = calendar(whole_day("20270101", "20270102"))

# The operations of a life, by the prefix of the service that has to be there; the process is killed after the last.
LIVES: Sequence[Sequence[tuple[str, str, Step]]] = (
    (
        ("tds", "CreateUsers", create_user),
        ("tds", "SetScopes", set_scopes),
        ("tds", "SetHostname", set_hostname),
        ("trv", "CreateReceiver", create_receiver),
        ("tsc", "CreateSpecialDayGroup", _entity("group", "Create", DayGroup(name="Holidays", days=_HOLIDAY))),
        ("tsc", "CreateSchedule", _entity("schedule", "Create", Schedule(name="Always", standard=ALWAYS))),
        ("trc", "CreateRecording", create_recording("gate")),
        ("trc", "CreateRecording", create_recording("hall")),
        ("tracks", "CreateTrack", create_track("hall")),
        ("trc", "CreateRecordingJob", create_job("gate", "Active")),
    ),
    (
        ("tds", "SetUser", set_user),
        ("tds", "AddScopes", add_scopes),
        ("tds", "SetDiscoveryMode", set_discovery_mode),
        ("trp", "SetReplayConfiguration", set_replay_configuration),
        ("trv", "ConfigureReceiver", configure_receiver),
        ("tsc", "ModifySpecialDayGroup", _entity("group", "Modify", DayGroup(name="Fairs", days=_HOLIDAY))),
        ("tsc", "ModifySchedule", _entity("schedule", "Modify", Schedule(name="Office", standard=_OFFICE))),
        ("trc", "SetTrackConfiguration", set_track("gate")),
        ("trc", "CreateRecordingJob, Idle", create_job("hall", "Idle")),
        ("trc", "CreateRecording", create_recording("far")),
        ("trv", "CreateRecordingJob, AutoCreateReceiver", create_job("far", "Idle", auto_create=True)),
        ("trc", "SetRecordingConfiguration", set_recording("gate")),
    ),
    (
        ("tds", "RemoveScopes", remove_scopes),
        ("tds", "DeleteUsers", delete_user),
        ("trv", "SetReceiverMode", set_receiver_mode),
        ("tracks", "DeleteTrack", delete_track("hall")),
        ("trc", "SetRecordingJobMode", set_mode("hall", "Active")),
        ("trc", "SetRecordingJobConfiguration", set_job("gate", 7)),
    ),
    (
        ("trv", "DeleteReceiver", delete_receiver),
        ("tsc", "DeleteSchedule", _delete_entity("schedule")),
        ("tsc", "DeleteSpecialDayGroup", _delete_entity("group")),
        ("trv", "DeleteRecordingJob, AutoCreateReceiver", delete_job("far", auto_created=True)),
        ("trc", "DeleteRecordingJob", delete_job("hall")),
        ("trc", "DeleteRecording", delete_recording("gate")),
    ),
)
