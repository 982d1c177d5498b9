"""The topics of the device service.

Spec: Core § Monitoring events
"""

from __future__ import annotations

from argus.onvif.events.topics import Topic, simple, tokens

TOPICS = (
    Topic(
        path="Device/HardwareFailure/StorageFailure",
        source=tokens("Token"),
        data=(simple("Failed", "boolean"),),
        is_property=True,
    ),
)
