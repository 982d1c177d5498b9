"""Who may call what, and what operations answer that a device does not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conformance.client import DEVICE_PATH, Client, Refused, envelope
from tests.conformance.features import CONDITIONS
from tests.conformance.marks import CO, RC, proves
from tests.conformance.names import NAMESPACES
from tests.conformance.requests import NEEDED, REQUESTS, SERVICE, access_class
from tests.conformance.wire import CONTENT_TYPE
from tests.conformance.workbench import Device, opened
from tests.harness.digest import parse_challenge, username_token

PROTECTED = [name for name in REQUESTS if access_class(name) != "PRE_AUTH"]
WRITING = [name for name in PROTECTED if access_class(name) not in ("READ_MEDIA", "READ_SYSTEM")]
READING = [name for name in PROTECTED if name not in WRITING]
ACTUATING = [name for name in WRITING if access_class(name) != "WRITE_SYSTEM"]
ADMINISTERING = [name for name in WRITING if access_class(name) == "WRITE_SYSTEM"]
NOT_AUTHORIZED = ("Sender", "NotAuthorized")


@pytest.fixture(scope="module")
def user(device: Device) -> Iterator[Client]:
    """A User's account, for this module."""
    with opened(device) as bench:
        yield bench.account("User")


@pytest.fixture(scope="module")
def operator(device: Device) -> Iterator[Client]:
    with opened(device) as bench:
        yield bench.account("Operator")


def need(device: Device, operation: str) -> None:
    """Skip what the device does not have."""
    device.need(SERVICE[operation.partition(":")[0]], *([NEEDED[operation]] if operation in NEEDED else []))


def admitted(client: Client, operation: str) -> None:
    """Assert that the operation is reached; what it answers to a token that nothing has does not matter here."""
    codes: tuple[str, ...] = ("Sender",)
    try:
        client.call(REQUESTS[operation])
    except Refused as refusal:
        codes = refusal.codes
    assert codes, "refused without a fault"
    assert "NotAuthorized" not in codes


@proves("CO-21", f"{CO} § User-based access control")
@pytest.mark.parametrize("operation", PROTECTED)
def test_without_login_an_operation_is_challenged(device: Device, operation: str) -> None:
    need(device, operation)
    answer = device.client.anonymous().post(REQUESTS[operation])
    if answer.status != 401:
        device.client.grumble(f"HTTP {answer.status}, not 401")
        return
    challenges = [
        parse_challenge(header) for header in answer.all("WWW-Authenticate") if header[:6].lower() == "digest"
    ]
    assert challenges, f"no Digest challenge in {answer.all('WWW-Authenticate')}"
    assert all({"realm", "nonce"} <= set(challenge) for challenge in challenges)


@proves("CO-22", f"{CO} § User-based access control")
@pytest.mark.parametrize("operation", WRITING)
def test_a_user_may_not_call_an_operation_that_changes_things(device: Device, user: Client, operation: str) -> None:
    need(device, operation)
    user.refused(REQUESTS[operation], *NOT_AUTHORIZED)


@proves("CO-22", f"{CO} § User-based access control")
@pytest.mark.parametrize("operation", READING)
def test_a_user_may_call_an_operation_that_reads(device: Device, user: Client, operation: str) -> None:
    need(device, operation)
    admitted(user, operation)


@proves("CO-23", f"{CO} § User-based access control")
@pytest.mark.parametrize("operation", ACTUATING)
def test_an_operator_may_call_an_operation_that_actuates(device: Device, operator: Client, operation: str) -> None:
    need(device, operation)
    admitted(operator, operation)


@proves("CO-23", f"{CO} § User-based access control", "Schedule")
@pytest.mark.parametrize("operation", ADMINISTERING)
def test_an_operator_may_not_change_the_system(device: Device, operator: Client, operation: str) -> None:
    need(device, operation)
    operator.refused(REQUESTS[operation], *NOT_AUTHORIZED)


@proves("CO-24", f"{CO} § Authentication", "Recording")
@pytest.mark.parametrize("login", ["digest", "token"])
def test_both_ways_to_log_in_work(device: Device, login: str) -> None:
    device.client.as_user(device.target.username, device.target.password, login).call("<trc:GetRecordings/>")


@proves("CO-24", f"{CO} § Authentication", "Recording")
def test_a_wrong_password_is_refused_as_digest(device: Device) -> None:
    stranger = device.client.as_user(device.target.username, device.target.password + "x", "digest")
    assert stranger.post("<trc:GetRecordings/>").status == 401


@proves("CO-24", f"{CO} § Authentication", "Recording")
def test_a_wrong_password_is_refused_as_token(device: Device) -> None:
    stranger = device.client.as_user(device.target.username, device.target.password + "x", "token")
    stranger.refused("<trc:GetRecordings/>", *NOT_AUTHORIZED)


def token_answers(device: Device, header: str) -> list[int]:
    """Statuses of the same request with the same security header, sent twice."""
    client = device.client.anonymous()
    data = envelope("<trc:GetRecordings/>", header)
    return [client.post_bytes(data, client.path_of("<trc:X/>")).status for _ in range(2)]


@proves("CO-05", f"{CO} § Username Token Profile", "Recording")
def test_a_username_token_works_once(device: Device) -> None:
    target = device.target
    token = username_token(target.username, target.password, -device.client.device_ahead_s)
    statuses = token_answers(device, token)
    assert statuses[0] == 200
    if statuses[1] not in (400, 401):
        device.client.grumble(f"the token was accepted again: HTTP {statuses[1]}")


@proves("CO-06", f"{CO} § Username Token Profile", "Recording")
@pytest.mark.parametrize("age_s", [3600, -3600])
def test_a_username_token_of_another_hour_is_refused(device: Device, age_s: int) -> None:
    target = device.target
    token = username_token(target.username, target.password, age_s - device.client.device_ahead_s)
    if set(token_answers(device, token)) & {200}:
        device.client.grumble("the token was accepted")


@proves("RC-47", f"{RC} § Fault codes", "Recording")
@pytest.mark.parametrize("operation", [name for name in NEEDED if name.startswith("trc:")])
def test_an_operation_that_is_not_stated_is_not_supported(device: Device, operation: str) -> None:
    if CONDITIONS[NEEDED[operation]](device.features):
        pytest.skip(f"the device states {NEEDED[operation]}")
    not_supported = ("Receiver", "ActionNotSupported")
    is_listed = NEEDED[operation].startswith("Dynamic")
    expected = (*not_supported, "NotImplemented") if is_listed else not_supported
    also = [] if is_listed else [(*not_supported, "NotImplemented")]
    device.client.refused(REQUESTS[operation], *expected, also=also)


@proves("CO-10", f"{CO} § SOAP fault messages")
@pytest.mark.parametrize("prefix", ["trc", "trv", "tsc"])
def test_an_unknown_operation_is_a_fault(device: Device, prefix: str) -> None:
    device.need(SERVICE[prefix])
    also = [("Receiver", "ActionNotSupported"), ("Receiver", "ActionNotSupported", "NotImplemented")]
    device.client.refused(f"<{prefix}:MakeCoffee/>", "Sender", "UnknownAction", also=also, malformed=True)


@proves("CO-18", f"{CO} § SOAP fault messages", "Recording")
def test_a_fault_is_a_soap_message_with_a_status_of_its_kind(device: Device) -> None:
    refusal = device.client.refused(REQUESTS["trc:GetRecordingConfiguration"], "Sender", "InvalidArgVal", "NoRecording")
    assert refusal.answer.header("Content-Type").startswith("application/soap+xml")
    assert refusal.status in (400, 500)


@proves("CO-11", f"{CO} § SOAP fault messages", "Recording")
def test_what_is_not_well_formed_is_refused(device: Device) -> None:
    client = device.client
    answer = client.post_bytes(b"<s:Envelope", client.path_of("<trc:X/>"))
    assert answer.status in (400, 401, 500)


@proves("CO-14", f"{CO} § HTTP errors", "Recording")
def test_a_method_that_soap_does_not_have_is_not_allowed(device: Device) -> None:
    answer = device.client.post_bytes(b"", device.client.path_of("<trc:X/>"), method="PUT")
    assert answer.status in (401, 405, 501)


@proves("CO-12", f"{CO} § SOAP fault messages")
def test_a_soap_1_1_envelope_is_a_version_mismatch(device: Device) -> None:
    data = envelope("<tds:GetSystemDateAndTime/>").replace(
        NAMESPACES["s"].encode(), b"http://schemas.xmlsoap.org/soap/envelope/"
    )
    answer = device.client.post_bytes(data, DEVICE_PATH, content_type=CONTENT_TYPE)
    assert answer.status >= 400
    assert b"VersionMismatch" in answer.body or not answer.body.strip().startswith(b"<")


@proves("CO-13", f"{CO} § SOAP fault messages", "Recording")
def test_a_header_that_must_be_understood_and_is_not_is_a_fault(device: Device) -> None:
    header = '<x:Strange xmlns:x="urn:conformance:header" s:mustUnderstand="true"/>'
    answer = device.client.post("<tds:GetSystemDateAndTime/>", header=header)
    if b"MustUnderstand" not in answer.body:
        device.client.grumble(f"HTTP {answer.status} without a MustUnderstand fault")


@proves("CO-15", f"{CO} § SOAP fault messages", "Recording")
@pytest.mark.parametrize("style", ["default namespace", "odd prefix", "declared late"])
def test_prefixes_do_not_matter(device: Device, style: str) -> None:
    namespace = NAMESPACES["trc"]
    bodies = {
        "default namespace": f'<GetRecordings xmlns="{namespace}"/>',
        "odd prefix": f'<_.tt:GetRecordings xmlns:_.tt="{namespace}"/>',
        "declared late": f'<tds:GetRecordings xmlns:tds="{namespace}"/>',
    }
    answer = device.client.post(bodies[style], device.client.path_of("<trc:X/>"))
    assert device.client.content(answer).tag == f"{{{namespace}}}GetRecordingsResponse"
