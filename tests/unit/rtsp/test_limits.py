"""What a stranger can use up."""

import pytest

from argus.base.errors import LimitReached
from argus.rtsp.limits import ConnectionSlots, RtspLimits, SessionSlots


def test_sessions_are_counted_and_given_back() -> None:
    slots = SessionSlots(1)
    slots.claim()
    with pytest.raises(LimitReached):
        slots.claim()
    slots.release()
    slots.claim()
    assert slots.used == 1


def test_connections_are_counted_in_all_and_by_address() -> None:
    slots = ConnectionSlots(RtspLimits(connections=3, connections_per_address=2))
    assert [slots.claim(host) for host in "aaabb"] == [True, True, False, True, False]
    slots.release("a")
    assert slots.claim("b")
    assert slots.used == 3
