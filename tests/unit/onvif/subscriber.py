"""A client of the event service: the requests it makes, and what it reads in the answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.unit.onvif.recorder import SPACES, RecorderDevice, texts

from argus.soap.namespaces import Element

CONCRETE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
JOB_STATE = "tns1:RecordingConfig/JobState"


def topic(expression: str, dialect: str = CONCRETE_SET) -> str:
    return f'<wsnt:TopicExpression Dialect="{dialect}">{expression}</wsnt:TopicExpression>'


def content(expression: str, dialect: str = ITEM_FILTER) -> str:
    escaped = expression.replace("&", "&amp;").replace("<", "&lt;")
    return f'<wsnt:MessageContent Dialect="{dialect}">{escaped}</wsnt:MessageContent>'


def create(filters: str = "", time: str = "", policy: str = "") -> str:
    parts = [
        f"<tev:Filter>{filters}</tev:Filter>" if filters else "",
        f"<tev:InitialTerminationTime>{time}</tev:InitialTerminationTime>" if time else "",
        f"<tev:SubscriptionPolicy>{policy}</tev:SubscriptionPolicy>" if policy else "",
    ]
    return f"<tev:CreatePullPointSubscription>{''.join(parts)}</tev:CreatePullPointSubscription>"


async def subscribe(device: RecorderDevice, filters: str = "", time: str = "", policy: str = "") -> str:
    """The path of a new subscription."""
    answer = await device.ask(create(filters, time, policy))
    return urlsplit(texts(answer, "tev:SubscriptionReference/wsa:Address")[0]).path


def pull(timeout: str = "PT0S", limit: int = 100) -> str:
    parts = f"<tev:Timeout>{timeout}</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit>"
    return f"<tev:PullMessages>{parts}</tev:PullMessages>"


async def messages(device: RecorderDevice, path: str, limit: int = 100) -> list[Element]:
    return (await device.ask(pull(limit=limit), path=path)).findall("wsnt:NotificationMessage", SPACES)


def heard(found: list[Element]) -> list[str]:
    """Last part of each topic, with the change of a property."""
    names = []
    for message in found:
        name = texts(message, "wsnt:Topic")[0].rpartition("/")[2]
        inner = message.find("wsnt:Message/tt:Message", SPACES)
        assert inner is not None
        names.append(f"{name} {inner.get('PropertyOperation')}" if inner.get("PropertyOperation") else name)
    return names


def items(message: Element, part: str) -> dict[str, str]:
    found = message.findall(f"wsnt:Message/tt:Message/tt:{part}/tt:SimpleItem", SPACES)
    return {item.get("Name", ""): item.get("Value", "") for item in found}
