"""The event bus keeps order and remembers properties."""

from argus.base.clock import SimulatedClock
from argus.base.events import Change, Event, EventBus


def test_a_property_is_initialized_then_changed_then_deleted_and_equal_values_are_silent() -> None:
    bus, seen = EventBus(SimulatedClock()), []
    bus.subscribe(seen.append)
    source = (("RecordingJobToken", "J1"),)
    for state in ("Idle", "Idle", "Active"):
        bus.set_property("RecordingConfig/JobState", source=source, data=(("State", state),))
    bus.delete_property("RecordingConfig/JobState", source=source)
    bus.delete_property("RecordingConfig/JobState", source=source)
    assert [(event.change, event.data) for event in seen] == [
        (Change.INITIALIZED, (("State", "Idle"),)),
        (Change.CHANGED, (("State", "Active"),)),
        (Change.DELETED, (("State", "Active"),)),
    ]


def test_living_properties_are_told_to_a_new_subscriber_as_initialized() -> None:
    bus = EventBus(SimulatedClock())
    bus.set_property("A", source=(), data=(("State", "1"),))
    bus.set_property("A", source=(), data=(("State", "2"),))
    assert [(event.change, event.data) for event in bus.properties()] == [(Change.INITIALIZED, (("State", "2"),))]


def test_an_unsubscribed_listener_hears_nothing() -> None:
    bus = EventBus(SimulatedClock())
    seen: list[Event] = []
    end = bus.subscribe(seen.append)
    end()
    end()
    bus.publish("A")
    assert seen == []


def test_every_listener_hears_events_in_order_also_of_those_that_a_listener_publishes() -> None:
    bus, seen = EventBus(SimulatedClock()), []

    def answer(event: Event) -> None:
        if event.topic == "Alarm":
            bus.publish("Light")
            bus.set_property("State", source=(), data=(("On", True),))

    bus.subscribe(answer)
    bus.subscribe(lambda event: seen.append(event.topic))
    bus.publish("Alarm")
    bus.publish("Alarm")
    assert seen == ["Alarm", "Light", "State", "Alarm", "Light"]
