"""Who may do what: every operation, every level of user, every way to log in."""

from __future__ import annotations

from itertools import count

import pytest
from lxml import etree
from tests.harness.digest import username_token
from tests.harness.operations import Declared, declared_operations
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder
from tests.harness.rtsp import RtspClient
from tests.harness.soap import NAMESPACES, SOAP, HttpAnswer, Login, SoapClient, SoapFault, envelope, text, texts
from tests.harness.station import PASSWORD, USERNAME

ACCOUNTS = {"Administrator": USERNAME, "Operator": "olga", "User": "ulrich"}
# Core § Default access policy definition
ALLOWED = {
    "Anonymous": {"PRE_AUTH"},
    "User": {"PRE_AUTH", "READ_SYSTEM", "READ_MEDIA"},
    "Operator": {"PRE_AUTH", "READ_SYSTEM", "READ_MEDIA", "READ_SYSTEM_SENSITIVE", "ACTUATE"},
    "Administrator": {
        "PRE_AUTH", "READ_SYSTEM", "READ_MEDIA", "READ_SYSTEM_SENSITIVE", "ACTUATE",
        "READ_SYSTEM_SECRET", "WRITE_SYSTEM", "UNRECOVERABLE",
    },
}  # fmt: skip
PROTECTED = [one for one in declared_operations() if one.operation.access != "PRE_AUTH"]
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def accounts(proxy: RecordingProxy) -> None:
    client = SoapClient(proxy.url)
    for level, name in list(ACCOUNTS.items())[1:]:
        client.call(f"<tds:CreateUsers>{user(name, level)}</tds:CreateUsers>")


@pytest.fixture(autouse=True)
def judged(soap: SoapClient) -> SoapClient:
    """Every answer of this module is held against the schemas."""
    return soap


def user(name: str, level: str, password: str | None = PASSWORD) -> str:
    secret = f"<tt:Password>{password}</tt:Password>" if password is not None else ""
    return f"<tds:User><tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel></tds:User>"


def body_of(one: Declared) -> str:
    return f'<op:{one.name} xmlns:op="{one.namespace}"/>'


def is_refused(answer: HttpAnswer) -> bool:
    """Whether the answer is Sender/NotAuthorized, with the status that belongs to it."""
    fault = etree.fromstring(answer.body).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    codes = [] if fault is None else [code.rpartition(":")[2] for code in texts(fault, ".//s:Value")]
    refused = codes == ["Sender", "NotAuthorized"]
    assert refused == (answer.status in (400, 401) and "NotAuthorized" in codes)
    if answer.status == 401:
        assert refused
        assert all(challenge.startswith("Digest ") for challenge in answer.all("WWW-Authenticate"))
        assert answer.all("WWW-Authenticate")
    return refused


@pytest.mark.parametrize("login", ["token", "MD5", "SHA-256"])
@pytest.mark.parametrize("level", list(ACCOUNTS))
def test_a_level_may_call_what_the_policy_allows_and_nothing_else(
    proxy: RecordingProxy, level: str, login: Login
) -> None:
    client = SoapClient(proxy.url, ACCOUNTS[level], login=login)
    wrong = []
    for one in declared_operations():
        allowed = one.operation.access in ALLOWED[level]
        if allowed and one.name == "SystemReboot":
            continue  # it would do it
        answer = client.post(body_of(one), one.service.path)
        if is_refused(answer) == allowed:
            wrong.append(f"{one.name} ({one.operation.access}): {answer.status}")
        if not allowed:
            assert answer.status == 400, "who is known and may not gets no challenge to try again"
    assert not wrong


def test_without_credentials_only_pre_auth_operations_answer_and_the_others_ask_for_digest(
    proxy: RecordingProxy,
) -> None:
    client = SoapClient(proxy.url, login="none")
    for one in declared_operations():
        answer = client.post(body_of(one), one.service.path)
        assert (answer.status == 401) == (one in PROTECTED), f"{one.name}: {answer.status}"
        assert is_refused(answer) == (one in PROTECTED)


@pytest.mark.parametrize("login", ["token", "MD5", "SHA-256"])
def test_wrong_credentials_open_no_operation(proxy: RecordingProxy, login: Login) -> None:
    for one in PROTECTED:
        # A name of its own each time: who guesses again and again has to wait.
        client = SoapClient(proxy.url, f"intruder{next(_numbers)}", "wrong-password", login=login)
        answer = client.post(body_of(one), one.service.path)
        assert is_refused(answer), one.name
        assert answer.status == (400 if login == "token" else 401)


def test_a_used_token_opens_no_operation(proxy: RecordingProxy, soap: SoapClient) -> None:
    token = username_token(USERNAME, PASSWORD)
    client = SoapClient(proxy.url, login="none")
    assert client.post("<tds:GetUsers/>", header=token).status == 200
    for one in PROTECTED:
        answer = client.post(body_of(one), one.service.path, header=token)
        assert is_refused(answer), one.name


@pytest.mark.parametrize(("age_s", "refused"), [(3_600, True), (-3_600, True), (120, True), (-120, False)])
def test_a_token_holds_for_minutes_but_not_from_before_the_start(
    proxy: RecordingProxy, age_s: float, refused: bool
) -> None:
    """One made 2 minutes ago is older than the process, which cannot know whether it was used then."""
    token = username_token(USERNAME, PASSWORD, age_s)
    assert is_refused(SoapClient(proxy.url, login="none").post("<tds:GetUsers/>", header=token)) == refused


@pytest.mark.parametrize("missing", ["Nonce", "Created"])
def test_a_token_without_nonce_or_time_is_refused(proxy: RecordingProxy, missing: str) -> None:
    root = etree.fromstring(envelope("<tds:GetUsers/>", username_token(USERNAME, PASSWORD)))
    [element] = root.xpath(f"//*[local-name()='{missing}']")
    element.getparent().remove(element)
    assert is_refused(SoapClient(proxy.url, login="none").post_bytes(etree.tostring(root)))


def test_a_token_with_the_plain_password_is_refused(proxy: RecordingProxy) -> None:
    root = etree.fromstring(envelope("<tds:GetUsers/>", username_token(USERNAME, PASSWORD)))
    [element] = root.xpath("//*[local-name()='Password']")
    element.text = PASSWORD
    element.set("Type", element.get("Type").replace("PasswordDigest", "PasswordText"))
    assert is_refused(SoapClient(proxy.url, login="none").post_bytes(etree.tostring(root)))


def test_a_digest_answer_is_good_once(proxy: RecordingProxy) -> None:
    client = SoapClient(proxy.url, login="MD5")
    assert client.post("<tds:GetUsers/>").status == 200
    authorization = client._digest.authorization("POST", "/onvif/device_service") or ""
    replayed = SoapClient(proxy.url, login="none", headers={"Authorization": authorization})
    assert replayed.post("<tds:GetUsers/>").status == 200
    assert replayed.post("<tds:GetUsers/>").status == 401


def test_a_deleted_user_is_refused_everywhere(proxy: RecordingProxy, soap: SoapClient, recorder: Recorder) -> None:
    soap.call(f"<tds:CreateUsers>{user('brief', 'User')}</tds:CreateUsers>")
    uri = recorder.stream_uri()
    with RtspClient(uri, username="brief") as client:
        client.request("DESCRIBE")
    soap.call("<tds:DeleteUsers><tds:Username>brief</tds:Username></tds:DeleteUsers>")
    assert SoapClient(proxy.url, "brief", login="MD5").post("<trt:GetProfiles/>").status == 401
    assert is_refused(SoapClient(proxy.url, "brief").post("<trt:GetProfiles/>"))
    with RtspClient(uri, username="brief") as client:
        assert client.ask("DESCRIBE").status == 401
        client.digest.accept(client.ask("DESCRIBE").headers["www-authenticate"])
        assert client.ask("DESCRIBE").status == 401


def test_a_changed_level_and_password_hold_at_once(proxy: RecordingProxy, soap: SoapClient) -> None:
    soap.call(f"<tds:CreateUsers>{user('rising', 'User')}</tds:CreateUsers>")
    rising = SoapClient(proxy.url, "rising")
    assert is_refused(rising.post("<tds:GetUsers/>"))
    soap.call(f"<tds:SetUser>{user('rising', 'Administrator', 'new-password-1')}</tds:SetUser>")
    assert is_refused(rising.post("<tds:GetUsers/>"))
    rising.password = "new-password-1"
    listed = rising.call("<tds:GetUsers/>")
    levels = dict(zip(texts(listed, "tds:User/tt:Username"), texts(listed, "tds:User/tt:UserLevel"), strict=True))
    assert levels["rising"] == "Administrator"
    assert levels["ulrich"] == "User"
    assert not listed.findall(".//tt:Password", NAMESPACES)
    soap.call("<tds:DeleteUsers><tds:Username>rising</tds:Username></tds:DeleteUsers>")


def test_the_last_administrator_stays(soap: SoapClient) -> None:
    for body in (
        f"<tds:DeleteUsers><tds:Username>{USERNAME}</tds:Username></tds:DeleteUsers>",
        f"<tds:SetUser>{user(USERNAME, 'User')}</tds:SetUser>",
    ):
        with pytest.raises(SoapFault) as refused:
            soap.call(body)
        assert refused.value.codes == ("Sender", "InvalidArgVal", "FixedUser")
    assert USERNAME in texts(soap.call("<tds:GetUsers/>"), "tds:User/tt:Username")


@pytest.mark.parametrize(
    ("name", "level", "password", "fault"),
    [
        ("admin", "User", PASSWORD, "UsernameClash"),
        ("nobody", "Anonymous", PASSWORD, "AnonymousNotAllowed"),
        ("brief", "User", "short", "Password"),
        ("lengthy", "User", "x" * 500, "PasswordTooLong"),
        ("n" * 500, "User", PASSWORD, "UsernameTooLong"),
    ],
)
def test_an_account_against_the_rules_is_not_made(
    soap: SoapClient, name: str, level: str, password: str, fault: str
) -> None:
    before = texts(soap.call("<tds:GetUsers/>"), "tds:User/tt:Username")
    with pytest.raises(SoapFault) as refused:
        soap.call(f"<tds:CreateUsers>{user('fine', 'User')}{user(name, level, password)}</tds:CreateUsers>")
    assert refused.value.codes[-1] == fault
    assert texts(soap.call("<tds:GetUsers/>"), "tds:User/tt:Username") == before, "all or nothing"


def test_an_operator_records_and_a_user_only_watches(proxy: RecordingProxy) -> None:
    operator = Recorder(SoapClient(proxy.url, "olga", login="SHA-256"))
    token, _ = operator.record(1.5, "Operated")
    viewer = Recorder(SoapClient(proxy.url, "ulrich"))
    assert viewer.information(token).status == "Recording"
    with RtspClient(viewer.replay_uri(token), username="ulrich", algorithm="SHA-256") as client:
        client.open()
        client.play()
        assert client.units(3)
    with pytest.raises(SoapFault) as refused:
        viewer.delete_recording(token)
    assert refused.value.codes == ("Sender", "NotAuthorized")
    operator.delete_recording(token)


def test_who_guesses_passwords_waits_and_others_do_not(proxy: RecordingProxy, soap: SoapClient) -> None:
    for _ in range(6):
        assert is_refused(SoapClient(proxy.url, "olga", "guess").post("<trt:GetProfiles/>"))
    assert is_refused(SoapClient(proxy.url, "olga").post("<trt:GetProfiles/>")), "even the right one has to wait"
    assert SoapClient(proxy.url, "ulrich").post("<trt:GetProfiles/>").status == 200
    assert text(soap.call("<tds:GetHostname/>"), "tds:HostnameInformation/tt:FromDHCP")
