import pytest
from lxml import etree

from argus.soap.addressing import ANONYMOUS_ADDRESS, read_addressing, response_action, write_addressing
from argus.soap.faults import Fault
from argus.soap.namespaces import ENV, WSA, Element

EVENTS = "http://www.onvif.org/ver10/events/wsdl"


def header(content: str) -> Element:
    return etree.fromstring(f"<s:Header xmlns:s='{ENV}' xmlns:a='{WSA}'>{content}</s:Header>")


@pytest.mark.parametrize(
    ("request_action", "action"),
    [
        (f"{EVENTS}/PullPointSubscription/PullMessagesRequest", f"{EVENTS}/PullPointSubscription/PullMessagesResponse"),
        ("http://www.onvif.org/ver10/device/wsdl/GetUsers", "http://www.onvif.org/ver10/device/wsdl/GetUsersResponse"),
    ],
)
def test_the_answers_action_follows_the_requests(request_action: str, action: str) -> None:
    assert response_action(request_action) == action


def test_a_request_without_addressing_has_none() -> None:
    assert read_addressing(None) is None
    assert read_addressing(header("<x/>")) is None


def test_headers_are_read_without_their_blanks() -> None:
    read = read_addressing(header("<a:Action> urn:a </a:Action><a:To>urn:t</a:To><a:MessageID>\nurn:1</a:MessageID>"))
    assert read is not None
    assert (read.action, read.to, read.message_id) == ("urn:a", "urn:t", "urn:1")


def test_reference_parameters_of_reply_to_are_echoed() -> None:
    reply_to = (
        f"<a:ReplyTo><a:Address>{ANONYMOUS_ADDRESS}</a:Address>"
        "<a:ReferenceParameters><x:Key xmlns:x='urn:x'>7</x:Key></a:ReferenceParameters></a:ReplyTo>"
    )
    read = read_addressing(header(f"<a:MessageID>urn:1</a:MessageID>{reply_to}"))
    assert read is not None
    answer = etree.fromstring(
        f"<env:Envelope xmlns:env='{ENV}' xmlns:wsa='{WSA}'>{write_addressing(read, 'urn:act')}</env:Envelope>"
    )[0]
    echoed = answer.find("{urn:x}Key")
    assert echoed is not None
    assert (echoed.text, echoed.get(f"{{{WSA}}}IsReferenceParameter")) == ("7", "true")
    assert answer.findtext(f"{{{WSA}}}RelatesTo") == "urn:1"


@pytest.mark.parametrize("name", ["ReplyTo", "FaultTo"])
def test_answers_elsewhere_than_on_the_connection_are_refused(name: str) -> None:
    block = f"<a:{name}><a:Address>http://192.0.2.1/</a:Address></a:{name}>"
    with pytest.raises(Fault, match="OnlyAnonymousAddressSupported"):
        read_addressing(header(block))
