"""The documents of a metadata stream.

Spec: Streaming § Metadata streaming; Analytics § Scene description
"""

from __future__ import annotations

from datetime import datetime

from argus.onvif.events.notification import NotificationMessage
from argus.soap.message import attribute, message, wire
from argus.soap.namespaces import TT, WSNT


@message(TT)
class Rectangle:
    """tt:Rectangle in the coordinates of a scene: -1 to 1, from left to right and from bottom to top."""

    bottom: float = attribute("bottom")
    top: float = attribute("top")
    right: float = attribute("right")
    left: float = attribute("left")


@message(TT)
class Vector:
    x: float = attribute("x")
    y: float = attribute("y")


@message(TT)
class ShapeDescriptor:
    bounding_box: Rectangle
    center_of_gravity: Vector


@message(TT)
class Appearance:
    shape: ShapeDescriptor


@message(TT)
class Object:
    """tt:Object: what keeps its id is one and the same thing."""

    object_id: int = attribute()
    appearance: Appearance


@message(TT)
class Frame:
    """tt:Frame: what is in the picture that was captured at `utc_time`."""

    utc_time: datetime = attribute()
    object_: tuple[Object, ...] = wire("Object", default=())


@message(TT)
class VideoAnalyticsStream:
    frame: tuple[Frame, ...]


@message(TT)
class EventStream:
    notification_message: tuple[NotificationMessage, ...] = wire(ns=WSNT)


@message(TT)
class MetadataStream:
    """One document. An empty one says that nothing happened."""

    video_analytics: VideoAnalyticsStream | None = None
    event: EventStream | None = None
