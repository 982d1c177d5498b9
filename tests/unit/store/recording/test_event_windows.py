"""Windows open with an event and close when it is over, and a while later."""

import logging

import pytest
from tests.unit.store.house import matching_topics, waiting_for

from argus.base.clock import SimulatedClock
from argus.base.errors import InvalidValue
from argus.base.events import Event, EventBus, Items
from argus.base.tokens import RecordingJobToken
from argus.store.recording.event_windows import MAX_ONGOING, EventTest, EventWindows
from argus.store.recording.recordings import EventFilter

JOB, OTHER = RecordingJobToken("job"), RecordingJobToken("other")
DOOR: Items = (("Source", "door"),)


class Windows(EventWindows):
    """Windows with a bus, a clock and an observer."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.bus = EventBus(self.clock)
        super().__init__(self.bus, _tests, self.clock)
        self.heard: list[RecordingJobToken] = []
        self.observe(self.heard.extend)

    def alarm(self, value: object, source: Items = DOOR) -> None:
        self.bus.set_property("Alarm", source=source, data=(("Name", "x"), ("State", value)))

    async def later(self, seconds: float) -> bool:
        """Whether the job's window is open after that time."""
        await self.clock.advance(seconds)
        self.look()
        return self.is_open(JOB)


def _tests(event_filter: EventFilter) -> EventTest:
    """Plain topics; "Alarm is true" wants the value, too, as a filter of message contents can."""
    if event_filter.conditions[0].topic == "Alarm is true":
        return lambda event: event.topic == "Alarm" and ("State", True) in event.data
    return matching_topics(event_filter)


async def test_a_property_keeps_the_window_open_while_it_is_true_and_for_the_time_after() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(after_s=5))
    windows.alarm(False)
    assert not windows.is_open(JOB)
    windows.alarm(True)
    assert await windows.later(1_000)
    windows.alarm(False)
    assert await windows.later(4.9)
    assert not await windows.later(0.1)
    assert windows.heard == [JOB, JOB, JOB]


async def test_without_a_time_after_the_window_closes_with_the_property() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for())
    windows.alarm(True)
    windows.alarm(False)
    assert not windows.is_open(JOB)


async def test_a_property_that_ceases_to_exist_is_over() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(after_s=1))
    windows.alarm(True)
    windows.bus.delete_property("Alarm", source=DOOR)
    assert windows.is_open(JOB)
    assert not await windows.later(1)


async def test_several_properties_hold_one_window_until_the_last_is_over() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for())
    gate: Items = (("Source", "gate"),)
    windows.alarm(True)
    windows.alarm(True, gate)
    windows.alarm(False)
    assert windows.is_open(JOB)
    windows.alarm(False, gate)
    assert not windows.is_open(JOB)


async def test_the_end_counts_even_where_the_filter_asks_for_the_value_true() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for("Alarm is true"))
    windows.alarm(True)
    assert windows.is_open(JOB)
    windows.alarm(False)
    assert not windows.is_open(JOB)


async def test_an_event_that_is_no_property_opens_for_the_time_after_anew_each_time() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(after_s=3))
    windows.bus.publish("Alarm")
    assert await windows.later(2)
    windows.bus.publish("Alarm")
    assert await windows.later(2)
    assert not await windows.later(1)


async def test_an_event_opens_until_the_next_look_even_without_a_time_after() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(before_s=5))
    windows.bus.publish("Alarm")
    assert windows.is_open(JOB)
    assert not await windows.later(0)
    assert windows.heard == [JOB, JOB]


@pytest.mark.parametrize("value", ["Active", 7])
async def test_a_property_without_a_boolean_is_no_event(value: object) -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(after_s=3))
    windows.alarm(value)
    assert not windows.is_open(JOB)
    assert windows.heard == []


async def test_what_goes_on_already_counts_for_a_job_that_comes_later() -> None:
    windows = Windows()
    windows.alarm(True)
    windows.follow(JOB, waiting_for())
    assert windows.is_open(JOB)


async def test_a_job_configured_anew_keeps_its_window_as_long_as_its_filter_stays() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for(after_s=3))
    windows.bus.publish("Alarm")
    windows.follow(JOB, waiting_for(after_s=3))
    assert windows.is_open(JOB)
    windows.follow(JOB, waiting_for(after_s=4))
    assert not windows.is_open(JOB)


async def test_only_the_jobs_whose_filter_lets_an_event_through_hear_of_it_until_they_go() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for("Alarm"))
    windows.follow(OTHER, waiting_for("Fire"))
    windows.bus.publish("Fire")
    assert windows.heard == [OTHER]
    windows.unfollow(OTHER)
    windows.unfollow(OTHER)
    windows.bus.publish("Fire")
    assert windows.heard == [OTHER]


async def test_a_flood_of_sources_is_not_remembered_without_bound() -> None:
    windows = Windows()
    windows.follow(JOB, waiting_for())
    sources: list[Items] = [(("Source", number),) for number in range(MAX_ONGOING + 10)]
    for source in sources:
        windows.alarm(True, source)
    for source in sources[:MAX_ONGOING]:
        assert windows.is_open(JOB)
        windows.alarm(False, source)
    assert not windows.is_open(JOB)


async def test_a_stored_filter_that_is_no_longer_understood_waits_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    windows = Windows()
    with pytest.raises(InvalidValue):
        windows.check(waiting_for("refuse"))
    with caplog.at_level(logging.WARNING):
        windows.follow(JOB, waiting_for("refuse", after_s=9))
    assert "waits for events that there are none of here" in caplog.text
    windows.bus.publish("refuse")
    assert not windows.is_open(JOB)


async def test_the_event_is_told_before_what_follows_from_it() -> None:
    windows = Windows()
    windows.observe(lambda jobs: windows.bus.publish("Consequence"))
    told: list[Event] = []
    windows.bus.subscribe(told.append)
    windows.follow(JOB, waiting_for())
    windows.bus.publish("Alarm")
    assert [event.topic for event in told] == ["Alarm", "Consequence"]
