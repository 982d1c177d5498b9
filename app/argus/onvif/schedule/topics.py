"""The topics of the schedule service.

Spec: Schedule 18.12 § Notification topics
"""

from __future__ import annotations

from argus.onvif.events.topics import Topic, simple, tokens

TOPICS = (
    Topic(
        path="Schedule/State/Active",
        source=(*tokens("ScheduleToken"), simple("Name", "string")),
        data=(simple("Active", "boolean"), simple("SpecialDay", "boolean")),
        is_property=True,
    ),
    Topic(path="Configuration/Schedule/Changed", source=tokens("ScheduleToken")),
    Topic(path="Configuration/Schedule/Removed", source=tokens("ScheduleToken")),
    Topic(path="Configuration/SpecialDays/Changed", source=tokens("SpecialDaysToken")),
    Topic(path="Configuration/SpecialDays/Removed", source=tokens("SpecialDaysToken")),
)
