from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from argus.base.access import Access, Caller, UserLevel, UsernameToken
from argus.base.clock import SimulatedClock
from argus.base.errors import Conflict, InvalidValue, NotFound, Unavailable
from argus.onvif.endpoint import Challenge, Endpoint, HttpAnswer, HttpCall
from argus.soap.faults import Sender, fault
from argus.soap.message import message
from argus.soap.namespaces import ENV, TDS, TPTZ, TRC, WSA, WSNT, WSSE
from argus.soap.operation import Call, Service, operation

NoThing = fault(Sender, "InvalidArgVal", "NoThing", "No such thing", answers=(NotFound, "thing"))


@message(TDS)
class GetThing:
    token: str
    size: int = 0


@message(TDS)
class GetThingResponse:
    token: str


@message(TDS)
class Hello:
    pass


@message(TDS)
class HelloResponse:
    address: str
    caller: str


@message(TRC, "Hello")
class RecordingHello:
    pass


@message(TRC, "HelloResponse")
class RecordingHelloResponse:
    pass


@message(WSNT)
class Renew:
    pass


@message(WSNT)
class RenewResponse:
    path: str


class DeviceService(Service):
    namespace = TDS
    path = "/onvif/device_service"
    version = (26, 6)
    known_operations = frozenset({"GetDot11Status"})

    @operation(Access.READ_MEDIA, NoThing)
    async def get_thing(self, request: GetThing) -> GetThingResponse:
        match request.token:
            case "none":
                raise NotFound("thing", request.token)
            case "other":
                raise NotFound("gadget", request.token)
            case "busy":
                raise Conflict("thing", "in use")
            case "later":
                raise Unavailable("storage", "full")
            case "bug":
                raise ZeroDivisionError("secret")
        return GetThingResponse(token=request.token)

    @operation(Access.PRE_AUTH)
    async def hello(self, request: Hello, call: Call) -> HelloResponse:
        return HelloResponse(address=call.base_url, caller=call.caller.username)


class RecordingService(Service):
    namespace = TRC
    path = "/onvif/recording_service"
    version = (19, 6)

    @operation(Access.ACTUATE)
    async def hello(self, request: RecordingHello) -> RecordingHelloResponse:
        return RecordingHelloResponse()


class Subscriptions(Service):
    namespace = WSNT
    path = "/onvif/event_service"
    prefix = "/onvif/subscription/"
    version = (26, 6)

    def __init__(self, name: str = "") -> None:
        self.name = name

    @operation(Access.PRE_AUTH)
    async def renew(self, request: Renew, call: Call) -> RenewResponse:
        return RenewResponse(path=self.name + call.path)


class OtherSubscriptions(Subscriptions):
    path = "/onvif/other_service"
    prefix = "/onvif/other/"


class Asked:
    headers = ('Digest realm="r", nonce="1"', 'Digest realm="r", nonce="2"')


class Guard:
    """Lets in `Digest <name>` and tokens whose password is "right"; the name tells the level."""

    def __init__(self) -> None:
        self.levels = {"ann": UserLevel.ADMINISTRATOR, "ulla": UserLevel.USER}

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str) -> Caller | Challenge:
        name = (authorization or "").removeprefix("Digest ")
        return Caller(username=name, level=self.levels[name]) if name in self.levels else Asked()

    def username_token(self, token: UsernameToken, *, peer: str) -> Caller:
        if token.password != "right":
            raise InvalidValue("credentials", "the sender is not authorized")
        return Caller(username=token.username, level=self.levels[token.username])


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    services = (DeviceService(), RecordingService(), Subscriptions("a"), OtherSubscriptions("b"))
    return Endpoint(services, Guard(), SimulatedClock())


def token(name: str, password: str = "right") -> str:
    return (
        f"<w:Security xmlns:w='{WSSE}'><w:UsernameToken><w:Username>{name}</w:Username>"
        f"<w:Password>{password}</w:Password></w:UsernameToken></w:Security>"
    )


def call(body: str, *, header: str = "", user: str = "", path: str = "/onvif/device_service") -> HttpCall:
    envelope = f"<s:Envelope xmlns:s='{ENV}'><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    headers = {"content-type": "application/soap+xml; charset=utf-8"}
    return HttpCall(
        method="POST",
        path=path,
        uri=path,
        headers=headers | ({"authorization": f"Digest {user}"} if user else {}),
        body=envelope.encode(),
        base_url="http://192.0.2.7:8080",
    )


def get_thing(name: str = "t") -> str:
    return f"<GetThing xmlns='{TDS}'><Token>{name}</Token></GetThing>"


HELLO = f"<Hello xmlns='{TDS}'/>"


def fault_of(answer: HttpAnswer) -> str:
    root = etree.fromstring(answer.body)
    values = root.iterfind(f"{{{ENV}}}Body/{{{ENV}}}Fault/{{{ENV}}}Code//{{{ENV}}}Value")
    return "/".join((value.text or "").partition(":")[2] for value in values)


async def test_a_good_request_is_answered_as_soap(endpoint: Endpoint) -> None:
    answer = await endpoint.answer(call(get_thing("käse"), user="ulla"))
    assert answer.status == 200
    assert answer.headers == (("Content-Type", "application/soap+xml; charset=utf-8"),)
    assert "<tds:Token>käse</tds:Token>" in answer.body.decode()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "PUT"}, 405),
        ({"method": "GET"}, 405),
        ({"headers": {"content-type": "text/plain"}}, 415),
        ({"headers": {"content-type": "multipart/related; type=x"}}, 415),
        ({"headers": {"content-type": "application/soap+xml", "content-encoding": "gzip"}}, 415),
        ({"body": b"", "headers": {}}, 400),
        ({"body": b" \r\n"}, 400),
        ({"body": b"<" * 300_000}, 413),
    ],
)
async def test_what_is_no_soap_message_gets_a_bare_status(
    endpoint: Endpoint, change: dict[str, object], status: int
) -> None:
    answer = await endpoint.answer(replace(call(HELLO), **change))
    assert (answer.status, answer.body) == (status, b"")


async def test_a_client_that_posts_nothing_to_be_asked_for_credentials_is_asked(endpoint: Endpoint) -> None:
    answer = await endpoint.answer(replace(call(""), body=b""))
    assert (answer.status, answer.body) == (401, b"")
    assert [value for _, value in answer.headers] == list(Asked.headers)
    answer = await endpoint.answer(replace(call("", user="ulla"), body=b""))
    assert (answer.status, answer.headers) == (400, ())


async def test_a_refused_method_is_told_the_allowed_one(endpoint: Endpoint) -> None:
    assert (await endpoint.answer(replace(call(HELLO), method="TRACE"))).headers == (("Allow", "POST"),)


@pytest.mark.parametrize("content_type", ["text/xml", "Application/SOAP+XML;action=x", ""])
async def test_content_types_of_known_clients_pass(endpoint: Endpoint, content_type: str) -> None:
    answer = await endpoint.answer(replace(call(HELLO), headers={"content-type": content_type}))
    assert answer.status == 200


async def test_the_body_decides_wherever_it_was_posted(endpoint: Endpoint) -> None:
    answer = await endpoint.answer(call(f"<Hello xmlns='{TRC}'/>", user="ann", path="/onvif/device_service"))
    assert b"trc:HelloResponse" in answer.body


@pytest.mark.parametrize(
    ("path", "answered"),
    [("/onvif/subscription/7", b"a/onvif/subscription/7"), ("/onvif/other/7", b"b/onvif/other/7"), ("/x", b"a/x")],
)
async def test_between_services_with_one_operation_the_path_decides(
    endpoint: Endpoint, path: str, answered: bytes
) -> None:
    assert answered in (await endpoint.answer(call(f"<Renew xmlns='{WSNT}'/>", path=path))).body


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        (f"<GetDot11Status xmlns='{TDS}'/>", 500, "Receiver/ActionNotSupported"),
        (f"<GetNodes xmlns='{TPTZ}'/>", 500, "Receiver/ActionNotSupported"),
        (f"<Invented xmlns='{TDS}'/>", 400, "Sender/UnknownAction"),
        ("<Hello xmlns='urn:x'/>", 400, "Sender/TagMismatch"),
        ("<Invented/>", 400, "Sender/UnknownAction"),
    ],
)
async def test_an_operation_we_lack_is_told_from_one_nobody_has(
    endpoint: Endpoint, body: str, status: int, answer: str
) -> None:
    answered = await endpoint.answer(call(body))
    assert (answered.status, fault_of(answered)) == (status, answer)


async def test_no_credentials_are_asked_for_with_every_challenge(endpoint: Endpoint) -> None:
    answer = await endpoint.answer(call(get_thing()))
    assert (answer.status, fault_of(answer)) == (401, "Sender/NotAuthorized")
    challenges = [value for name, value in answer.headers if name == "WWW-Authenticate"]
    assert challenges == list(Asked.headers)


@pytest.mark.parametrize(
    ("header", "user", "status"),
    [
        ("", "ulla", 200),
        (token("ulla"), "", 200),
        (token("ulla"), "ulla", 200),
        ("", "mallory", 401),
        (token("ulla", "wrong"), "", 400),
        (token("ulla", "wrong"), "ulla", 400),
        (token("ulla"), "mallory", 401),
        (token("ulla"), "ann", 400),
        (token("x" * 300), "", 400),
    ],
)
async def test_whatever_is_supplied_must_be_right_and_name_one_user(
    endpoint: Endpoint, header: str, user: str, status: int
) -> None:
    answer = await endpoint.answer(call(get_thing(), header=header, user=user))
    assert answer.status == status
    assert status == 200 or fault_of(answer) == "Sender/NotAuthorized"


@pytest.mark.parametrize(("header", "user"), [("", ""), (token("ulla", "wrong"), ""), ("", "mallory")])
async def test_pre_auth_operations_answer_whatever_the_credentials(endpoint: Endpoint, header: str, user: str) -> None:
    answer = await endpoint.answer(call(HELLO, header=header, user=user))
    assert answer.status == 200
    assert b"http://192.0.2.7:8080" in answer.body


async def test_a_user_who_may_not_is_refused_without_a_challenge(endpoint: Endpoint) -> None:
    answer = await endpoint.answer(call(f"<Hello xmlns='{TRC}'/>", user="ulla"))
    assert (answer.status, fault_of(answer)) == (400, "Sender/NotAuthorized")
    assert all(name != "WWW-Authenticate" for name, _ in answer.headers)


async def test_access_is_decided_before_the_body_is_decoded(endpoint: Endpoint) -> None:
    nonsense = f"<GetThing xmlns='{TDS}'><Size>huge</Size></GetThing>"
    assert (await endpoint.answer(call(nonsense))).status == 401
    answer = await endpoint.answer(call(nonsense, user="ulla"))
    assert (answer.status, fault_of(answer)) == (400, "Sender/InvalidArgs")


@pytest.mark.parametrize(
    ("name", "status", "answer"),
    [
        ("none", 400, "Sender/InvalidArgVal/NoThing"),
        ("other", 400, "Sender/InvalidArgVal"),
        ("busy", 400, "Sender/OperationProhibited"),
        ("later", 500, "Receiver/Action"),
    ],
)
async def test_domain_errors_become_the_declared_fault_or_a_generic_one(
    endpoint: Endpoint, name: str, status: int, answer: str
) -> None:
    answered = await endpoint.answer(call(get_thing(name), user="ulla"))
    assert (answered.status, fault_of(answered)) == (status, answer)


async def test_a_bug_is_logged_and_told_without_particulars(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await endpoint.answer(call(get_thing("bug"), user="ulla"))
    assert (answer.status, fault_of(answer)) == (500, "Receiver/Action")
    assert b"internal error" in answer.body
    assert b"secret" not in answer.body
    assert "ZeroDivisionError" in caplog.text


async def test_addressing_is_answered_in_responses_and_faults(endpoint: Endpoint) -> None:
    header = f"<a:MessageID xmlns:a='{WSA}'>urn:1</a:MessageID><a:Action xmlns:a='{WSA}'>{TDS}/GetThing</a:Action>"
    for name, action in (("t", f"{TDS}/GetThingResponse"), ("none", f"{WSA}/soap/fault")):
        answer = await endpoint.answer(call(get_thing(name), header=header, user="ulla"))
        root = etree.fromstring(answer.body)
        assert root.findtext(f"{{{ENV}}}Header/{{{WSA}}}Action") == action
        assert root.findtext(f"{{{ENV}}}Header/{{{WSA}}}RelatesTo") == "urn:1"


async def test_an_answer_to_elsewhere_is_refused(endpoint: Endpoint) -> None:
    header = f"<a:ReplyTo xmlns:a='{WSA}'><a:Address>http://192.0.2.1/</a:Address></a:ReplyTo>"
    answer = await endpoint.answer(call(HELLO, header=header))
    assert fault_of(answer) == "Sender/InvalidAddressingHeader/OnlyAnonymousAddressSupported"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), header=st.text(max_size=30), value=st.text(max_size=30))
async def test_nothing_a_client_sends_makes_the_endpoint_raise(
    endpoint: Endpoint, body: bytes, header: str, value: str
) -> None:
    strange = replace(call(HELLO), body=body, headers={"content-type": value, "authorization": header})
    assert 200 <= (await endpoint.answer(strange)).status < 600


@given(value=st.text(max_size=30))
async def test_no_argument_makes_a_server_error(endpoint: Endpoint, value: str) -> None:
    escaped = etree.Element("x")
    try:
        escaped.text = value
    except ValueError:
        return
    size = etree.tostring(escaped, encoding="unicode").replace("<x>", "<Size>").replace("</x>", "</Size>")
    body = f"<GetThing xmlns='{TDS}'><Token>t</Token>{size}</GetThing>"
    assert (await endpoint.answer(call(body, user="ulla"))).status in (200, 400)
