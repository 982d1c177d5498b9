"""Search sessions: scopes, pieces, keep-alive, ends."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.unit.store.house import House, job

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import InvalidValue, LimitReached, NotFound
from argus.base.events import Event
from argus.base.tokens import RecordingToken, SearchToken
from argus.store.recording.recordings import PROFILE_SOURCE, RecordingInformation
from argus.store.search.history import TRACK_STATE
from argus.store.search.search import SearchScope, SourceReference
from argus.store.search.search_session import Results, SearchSession, SearchState

H264 = StreamFormat(codec=Codec.H264)
SEARCHING, COMPLETED = SearchState.SEARCHING, SearchState.COMPLETED
ALL = SearchScope()
TEN_S = 10_000_000


def anything(event: Event) -> bool:
    return True


def find_events(
    house: House, start_us: int = 0, end_us: int | None = None, *, max_matches: int | None = None
) -> SearchToken:
    return house.searches.find_events(
        start_us, end_us, ALL, matches=anything, start_state=False, max_matches=max_matches, keep_alive_us=TEN_S
    )


async def recordings(house: House, scope: SearchScope = ALL) -> list[RecordingToken]:
    token = house.searches.find_recordings(scope, keep_alive_us=TEN_S)
    results = await house.searches.recording_results(token)
    assert results.state is COMPLETED
    return [found.token for found in results.items]


async def test_an_empty_scope_finds_all_recordings_as_they_are_reported(house: House) -> None:
    tokens = [await house.recording(), await house.recording()]
    search = house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    results = await house.searches.recording_results(search)
    assert results.items == tuple(house.timeline.information(token) for token in tokens)


async def test_a_scope_is_the_union_of_sources_and_recordings_then_filtered(house: House) -> None:
    first, second, third = [await house.recording(location=place) for place in ("Hall", "Attic", "Hall")]
    await house.jobs.create(job(first, source="main"))
    main = SourceReference(token="main", type=PROFILE_SOURCE)
    assert await recordings(house, SearchScope(sources=(main,))) == [first]
    assert await recordings(house, SearchScope(sources=(main,), recordings=(second,))) == [first, second]
    hall = 'boolean(//Source[Location = "Hall"])'
    assert await recordings(house, SearchScope(filter=hall)) == [first, third]
    assert await recordings(house, SearchScope(sources=(main,), recordings=(second,), filter=hall)) == [first]
    idle = SourceReference(token="sub", type=PROFILE_SOURCE)
    assert await recordings(house, SearchScope(sources=(idle,))) == []


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        (SearchScope(recordings=(RecordingToken("nobody"),)), "recording"),
        (SearchScope(sources=(SourceReference(token="nobody", type=PROFILE_SOURCE),)), "search source"),
        (SearchScope(sources=(SourceReference(token="main"),)), "search source"),
        (SearchScope(filter="boolean("), "search filter"),
    ],
)
async def test_a_bad_scope_is_refused_by_both_searches(house: House, scope: SearchScope, subject: str) -> None:
    with pytest.raises((NotFound, InvalidValue)) as refused:
        house.searches.find_recordings(scope, keep_alive_us=TEN_S)
    assert refused.value.subject == subject
    with pytest.raises((NotFound, InvalidValue)) as refused:
        house.searches.find_events(0, None, scope, matches=anything, start_state=False, keep_alive_us=TEN_S)
    assert refused.value.subject == subject


async def test_results_come_in_pieces_without_repetition_and_completed_with_the_last(house: House) -> None:
    tokens = [await house.recording() for _ in range(3)]
    search = house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    pieces: list[Results[RecordingInformation]] = []
    while not pieces or pieces[-1].state is SEARCHING:
        pieces.append(await house.searches.recording_results(search, min_results=1, max_results=1))
    assert [[found.token for found in piece.items] for piece in pieces] == [[token] for token in tokens]
    with pytest.raises(NotFound) as missing:
        await house.searches.recording_results(search)
    assert missing.value.subject == "search session"
    with pytest.raises(NotFound):
        house.searches.end(search)


async def test_max_matches_ends_the_search_with_the_last_match(house: House) -> None:
    for _ in range(3):
        await house.recording()
    for most in (0, 1, 2):
        search = house.searches.find_recordings(ALL, max_matches=most, keep_alive_us=TEN_S)
        results = await house.searches.recording_results(search)
        assert (len(results.items), results.state) == (most, COMPLETED)


async def test_one_match_is_the_first_event_forward_and_the_last_backward(house: House) -> None:
    token = await house.recording()
    house.footage.add(house.video_track_id(token), 100, 200, H264)
    for bounds, utc_us in (((0, 500), 100), ((500, 0), 200)):
        results = await house.searches.event_results(find_events(house, *bounds, max_matches=1))
        assert [found.event.utc_us for found in results.items] == [utc_us]
        assert results.state is COMPLETED


async def test_events_pass_the_callers_filter_and_the_scope(house: House) -> None:
    first, second = await house.recording(location="Hall"), await house.recording()
    for token in (first, second):
        house.footage.add(house.video_track_id(token), 100, 200, H264)
    search = house.searches.find_events(
        0,
        None,
        SearchScope(filter='contains(//Location, "Hall")'),
        matches=lambda event: event.topic == TRACK_STATE,
        start_state=True,
        keep_alive_us=TEN_S,
    )
    results = await house.searches.event_results(search)
    assert {(found.recording, found.event.topic) for found in results.items} == {(first, TRACK_STATE)}
    assert [found.start_state for found in results.items] == [True, True, True, False, False]


async def test_a_recording_deleted_during_the_search_is_left_out(house: House) -> None:
    first, second = await house.recording(), await house.recording()
    search = house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    await house.catalog.delete_recording(first)
    results = await house.searches.recording_results(search)
    assert [found.token for found in results.items] == [second]


async def test_values_out_of_range_are_adapted_or_refused_as_printed(house: House) -> None:
    await house.recording()
    search = house.searches.find_recordings(ALL, keep_alive_us=10**15)
    results = await house.searches.recording_results(search, min_results=100_000, max_results=0, wait_us=-5)
    assert (results.items, results.state) == ((), SEARCHING)
    with pytest.raises(InvalidValue):
        await house.searches.recording_results(search, max_results=-1)
    results = await house.searches.recording_results(search, min_results=-7, wait_us=10**15)
    assert len(results.items) == 1
    for keep_alive_us, max_matches in ((0, None), (-1, None), (TEN_S, -1)):
        with pytest.raises(InvalidValue):
            house.searches.find_recordings(ALL, max_matches=max_matches, keep_alive_us=keep_alive_us)


async def test_a_session_ends_when_nobody_asks_for_its_keep_alive_time(house: House) -> None:
    await house.recording()
    search = house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    for _ in range(3):
        await house.clock.advance(9)
        assert house.searches.state(search) is SEARCHING
    await house.clock.advance(11)
    for ask in (house.searches.state, house.searches.end):
        with pytest.raises(NotFound):
            ask(search)


async def test_tokens_of_one_kind_of_search_are_unknown_to_the_other(house: House) -> None:
    await house.recording()
    events, found = find_events(house), house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    with pytest.raises(NotFound):
        await house.searches.recording_results(events)
    with pytest.raises(NotFound):
        await house.searches.event_results(found)
    assert len({find_events(house) for _ in range(10)}) == 10


async def test_sessions_are_limited_and_closed_ones_make_room(house: House) -> None:
    await house.recording()
    searches = [find_events(house) for _ in range(16)]
    with pytest.raises(LimitReached) as refused:
        find_events(house)
    assert refused.value.subject == "search sessions"
    house.searches.end(searches[0])
    house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    await house.clock.advance(11)
    find_events(house)


async def test_the_end_of_a_search_tells_how_far_it_got(house: House) -> None:
    token = await house.recording()
    house.footage.add(house.video_track_id(token), 100, 200, H264)
    search = find_events(house, 50, 500)
    assert house.searches.end(search) == 50
    search = find_events(house, 50, 500)
    await house.searches.event_results(search, max_results=1)
    assert house.searches.end(search) == 100
    search = find_events(house, 300, 500)
    assert house.searches.end(search) == 300
    found = house.searches.find_recordings(ALL, keep_alive_us=TEN_S)
    assert house.searches.end(found) == house.clock.utc_us()


def endless() -> Iterator[str | None]:
    while True:
        yield None


async def test_a_blocked_call_keeps_its_session_and_returns_when_the_search_is_ended(house: House) -> None:
    session = SearchSession[str](endless(), house.clock, max_matches=None, keep_alive_us=TEN_S)
    call = asyncio.ensure_future(session.collect(None, None, 60_000_000))
    await house.clock.advance(11)
    assert not session.expired()
    session.end()
    results = await call
    assert (results.items, results.state) == ((), COMPLETED)


async def test_a_search_without_a_match_in_sight_returns_after_the_wait_time(house: House) -> None:
    session = SearchSession[str](endless(), house.clock, max_matches=None, keep_alive_us=TEN_S)
    call = asyncio.ensure_future(session.collect(100_000, None, 1_000_000))
    await house.clock.advance(0.5)
    assert not call.done()
    await house.clock.advance(0.6)
    results = await call
    assert (results.items, results.state) == ((), SEARCHING)
    await house.clock.advance(9)
    assert not session.expired()
    await house.clock.advance(2)
    assert session.expired()


async def test_enough_results_do_not_wait_for_more(house: House) -> None:
    def some() -> Iterator[str | None]:
        yield "a"
        yield from endless()

    session = SearchSession[str](some(), house.clock, max_matches=None, keep_alive_us=TEN_S)
    results = await session.collect(1, 5, 60_000_000)
    assert (results.items, results.state) == (("a",), SEARCHING)
