"""The topics of the receiver service.

Spec: Receiver 19.06 § Events
"""

from __future__ import annotations

from argus.onvif.events.topics import Item, Topic, simple, tokens
from argus.soap.namespaces import TT, QName

_NEW_STATE = Item(name="NewState", type=QName(TT, "ReceiverState"))
_MEDIA_URI = simple("MediaUri", "anyURI")

TOPICS = (
    Topic(path="Receiver/ChangeState", source=tokens("ReceiverToken"), data=(_NEW_STATE, _MEDIA_URI)),
    Topic(path="Receiver/ConnectionFailed", source=tokens("ReceiverToken"), data=(_MEDIA_URI,)),
)
