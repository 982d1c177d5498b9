"""Jobs and the receivers made for them change together, or not at all."""

from collections.abc import Callable, Coroutine

import pytest
from tests.unit.store.house import House, from_receiver, job

from argus.base.access_unit import MediaKind
from argus.base.errors import LimitReached, Unavailable
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.recordings import Job, TrackConfiguration

Change = Callable[[House, RecordingToken, Job], Coroutine[None, None, object]]

CHANGES: dict[str, Change] = {
    "create": lambda house, recording, _: house.jobs.create(from_receiver(job(recording, tracks=("AUDIO001",)))),
    "delete": lambda house, _, known: house.jobs.delete(known.token),
    "mode": lambda house, _, known: house.jobs.set_mode(known.token, "Idle"),
    "drop the receiver": lambda house, recording, known: house.jobs.set_configuration(known.token, job(recording)),
    "another receiver": lambda house, recording, known: house.jobs.set_configuration(
        known.token, from_receiver(job(recording, tracks=("AUDIO001",)))
    ),
    "delete the recording": lambda house, recording, _: house.catalog.delete_recording(recording),
    "delete a track": lambda house, recording, _: house.catalog.delete_track(recording, TrackToken("VIDEO001")),
    "create a track": lambda house, recording, _: house.catalog.create_track(
        recording, TrackConfiguration(kind=MediaKind.AUDIO)
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
async def test_a_disk_that_refuses_leaves_jobs_receivers_and_tracks_as_they_were(house: House, change: str) -> None:
    recording = await house.recording()
    known = await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001",))))

    def picture() -> tuple[object, ...]:
        return (
            house.jobs.jobs(),
            house.jobs.state(known.token),
            house.receivers.all(),
            house.catalog.recordings(),
            [house.receivers.demanded(receiver.token) for receiver in house.receivers.all()],
        )

    before = picture()
    house.topics()
    with house.refusing_disk(), pytest.raises(Unavailable):
        await CHANGES[change](house, recording, known)
    assert picture() == before
    assert house.topics() == []
    house.reopen()
    assert picture() == before
    await CHANGES[change](house, recording, known)
    assert (house.jobs.jobs(), house.receivers.all(), house.catalog.recordings()) != (before[0], before[2], before[3])


async def test_without_room_for_its_receivers_no_job_is_made_and_none_is_changed(house: House) -> None:
    recording = await house.recording()
    known = await house.jobs.create(job(recording))
    for _ in range(house.max_receivers):
        await house.receivers.create(ReceiverConfiguration())
    house.topics()
    wanted = from_receiver(job(recording, tracks=("VIDEO001",)))
    for change in (house.jobs.create(wanted), house.jobs.set_configuration(known.token, wanted)):
        with pytest.raises(LimitReached) as refused:
            await change
        assert refused.value.subject == "receivers"
    assert house.jobs.jobs() == (known,)
    assert (len(house.receivers.all()), house.topics()) == (house.max_receivers, [])


async def test_a_new_receiver_takes_the_place_of_the_one_before_in_one_step(house: House) -> None:
    recording = await house.recording()
    known = await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001",))))
    used = await house.jobs.set_configuration(known.token, from_receiver(job(recording, tracks=("VIDEO001",))))
    (receiver,) = house.receivers.all()
    assert (receiver.token, receiver.auto_created) == (used.sources[0].token, True)
    assert used.sources[0].token != known.configuration.sources[0].token
    house.reopen()
    assert house.receivers.all() == (receiver,)
    assert house.jobs.job(known.token).configuration == used
