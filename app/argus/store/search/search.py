"""Searches over recordings: sessions that hand out their results piece by piece.

Spec: RecordingSearch § Recording search, § FindRecordings, § FindEvents, § EndSearch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from argus.base.clock import Clock
from argus.base.errors import InvalidValue, LimitReached, NotFound
from argus.base.events import Event
from argus.base.tokens import RecordingToken, SearchToken, new_token
from argus.store.recording.catalog import Catalog
from argus.store.recording.footage import Footage
from argus.store.recording.jobs import Jobs
from argus.store.recording.media_source import MediaSources
from argus.store.recording.recordings import RECEIVER_SOURCE, Recording, RecordingInformation, SourceRef
from argus.store.search.filter import SearchFilter
from argus.store.search.history import RecordedEvent, Window, state_events
from argus.store.search.search_session import Results, SearchSession, SearchState
from argus.store.search.timeline import Timeline

MAX_SEARCHES = 32
LONGEST_KEEP_ALIVE_US = 600_000_000

Predicate = Callable[[Event], bool]
T = TypeVar("T")
Session = TypeVar("Session", SearchSession[RecordingInformation], "EventSearch")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReference:
    """tt:SourceReference."""

    token: str
    type: str = RECEIVER_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchScope:
    """tt:SearchScope: the recordings of the sources and those listed, all where neither is given; then the filter."""

    sources: tuple[SourceReference, ...] = ()
    recordings: tuple[RecordingToken, ...] = ()
    filter: str = ""


class EventSearch(SearchSession[RecordedEvent]):
    """A search for events, which knows how far it got."""

    def __init__(
        self,
        candidates: Iterator[RecordedEvent | None],
        clock: Clock,
        *,
        start_us: int,
        end_us: int | None,
        max_matches: int | None,
        keep_alive_us: int,
    ) -> None:
        super().__init__(candidates, clock, max_matches=max_matches, keep_alive_us=keep_alive_us)
        self._start_us = start_us
        self._end_us = end_us

    def reached_us(self) -> int:
        """The start where nothing was handed out, the end where all was, else the time of the last event."""
        last_us = self._start_us if self.last is None else self.last.event.utc_us
        if self.state is SearchState.COMPLETED and self._end_us is not None:
            return self._end_us
        return last_us


class Searches:
    """The open search sessions.

    A session ends with EndSearch, when its last result was handed out, or when nobody asked for it for its keep-alive
    time; a call that is under way keeps it.
    """

    def __init__(
        self,
        catalog: Catalog,
        jobs: Jobs,
        timeline: Timeline,
        footage: Footage,
        sources: MediaSources,
        clock: Clock,
        *,
        max_searches: int = MAX_SEARCHES,
    ) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._timeline = timeline
        self._footage = footage
        self._sources = sources
        self._clock = clock
        self._max_searches = max_searches
        self._recordings: dict[SearchToken, SearchSession[RecordingInformation]] = {}
        self._events: dict[SearchToken, EventSearch] = {}

    def find_recordings(self, scope: SearchScope, *, max_matches: int | None = None, keep_alive_us: int) -> SearchToken:
        """Begin a search for recordings.

        Raises:
            NotFound("recording"), NotFound("search source"), InvalidValue("search filter"),
            InvalidValue("keep alive time"), InvalidValue("max matches"), LimitReached("search sessions")
        """
        keep_alive_us = _checked(keep_alive_us, max_matches)
        candidates = self._informations(self._in_scope(scope), _parsed(scope))
        session = SearchSession(candidates, self._clock, max_matches=max_matches, keep_alive_us=keep_alive_us)
        return self._open(self._recordings, session)

    def find_events(
        self,
        start_us: int,
        end_us: int | None,
        scope: SearchScope,
        *,
        matches: Predicate,
        start_state: bool,
        max_matches: int | None = None,
        keep_alive_us: int,
    ) -> SearchToken:
        """Begin a search for recorded events from `start_us` to `end_us`, backward where the end is before the start.

        It covers what is recorded by now. `matches` is the caller's topic and content filter.

        Raises:
            As `find_recordings`.
        """
        keep_alive_us = _checked(keep_alive_us, max_matches)
        recordings, wanted = self._in_scope(scope), _parsed(scope)
        if wanted is not None:
            recordings = [known for known in recordings if wanted.accepts(self._timeline.information(known.token))]
        events = state_events(self._footage, recordings, Window.between(start_us, end_us), start_state=start_state)
        search = EventSearch(
            (found if matches(found.event) else None for found in events),
            self._clock,
            start_us=start_us,
            end_us=end_us,
            max_matches=max_matches,
            keep_alive_us=keep_alive_us,
        )
        return self._open(self._events, search)

    async def recording_results(
        self,
        token: SearchToken,
        *,
        min_results: int | None = None,
        max_results: int | None = None,
        wait_us: int | None = None,
    ) -> Results[RecordingInformation]:
        """The next recordings found. Raises NotFound("search session") and InvalidValue("max results")."""
        results = await self._find(self._recordings, token).collect(min_results, max_results, wait_us)
        return self._closing(self._recordings, token, results)

    async def event_results(
        self,
        token: SearchToken,
        *,
        min_results: int | None = None,
        max_results: int | None = None,
        wait_us: int | None = None,
    ) -> Results[RecordedEvent]:
        """The next events found. Raises NotFound("search session") and InvalidValue("max results")."""
        results = await self._find(self._events, token).collect(min_results, max_results, wait_us)
        return self._closing(self._events, token, results)

    def end(self, token: SearchToken) -> int:
        """End a search and tell how far in time it got; for recordings that is now.

        Raises:
            NotFound("search session")
        """
        self._drop_expired()
        if token in self._events:
            search = self._events.pop(token)
            reached_us = search.reached_us()
            search.end()
            return reached_us
        session = self._find(self._recordings, token)
        del self._recordings[token]
        session.end()
        return self._clock.utc_us()

    def state(self, token: SearchToken) -> SearchState:
        """Whether results are left. Raises NotFound("search session")."""
        self._drop_expired()
        session = self._events.get(token) or self._find(self._recordings, token)
        session.touch()
        return session.state

    def _open(self, sessions: dict[SearchToken, Session], session: Session) -> SearchToken:
        self._drop_expired()
        if len(self._recordings) + len(self._events) >= self._max_searches:
            raise LimitReached("search sessions", self._max_searches)
        token = SearchToken(new_token("Search"))
        sessions[token] = session
        return token

    def _find(self, sessions: dict[SearchToken, Session], token: SearchToken) -> Session:
        self._drop_expired()
        session = sessions.get(token)
        if session is None:
            raise NotFound("search session", token)
        return session

    def _closing(self, sessions: dict[SearchToken, Session], token: SearchToken, results: Results[T]) -> Results[T]:
        """Close the session with its last results."""
        if results.state is SearchState.COMPLETED:
            sessions.pop(token, None)
        return results

    def _drop_expired(self) -> None:
        sessions: tuple[dict[SearchToken, SearchSession[RecordingInformation]] | dict[SearchToken, EventSearch], ...]
        sessions = (self._recordings, self._events)
        for open_ones in sessions:
            for token in [token for token, session in open_ones.items() if session.expired()]:
                del open_ones[token]

    def _in_scope(self, scope: SearchScope) -> list[Recording]:
        """The recordings of the scope before its filter, in order of creation."""
        if not scope.sources and not scope.recordings:
            return list(self._catalog.recordings())
        tokens = {self._catalog.recording(token).token for token in scope.recordings}
        for source in scope.sources:
            tokens |= self._recordings_of(source)
        return [recording for recording in self._catalog.recordings() if recording.token in tokens]

    def _recordings_of(self, wanted: SourceReference) -> set[RecordingToken]:
        """The recordings a job fills from that source."""
        found = {
            job.configuration.recording
            for job in self._jobs.jobs()
            for source in job.configuration.sources
            if (source.token, source.type) == (wanted.token, wanted.type)
        }
        if not found and not self._sources.exists(SourceRef(type=wanted.type, token=wanted.token)):
            raise NotFound("search source", wanted.token)
        return found

    def _informations(
        self, recordings: list[Recording], wanted: SearchFilter | None
    ) -> Iterator[RecordingInformation | None]:
        for recording in recordings:
            try:
                information = self._timeline.information(recording.token)
            except NotFound:  # deleted while the search went on
                continue
            yield information if wanted is None or wanted.accepts(information) else None


def _parsed(scope: SearchScope) -> SearchFilter | None:
    return SearchFilter(scope.filter) if scope.filter.strip() else None


def _checked(keep_alive_us: int, max_matches: int | None) -> int:
    """The keep-alive time, adapted to what this device offers. Raises InvalidValue."""
    if keep_alive_us <= 0:
        raise InvalidValue("keep alive time", f"a keep-alive time of {keep_alive_us} microseconds is not positive")
    if max_matches is not None and max_matches < 0:
        raise InvalidValue("max matches", f"{max_matches} matches cannot be found")
    return min(keep_alive_us, LONGEST_KEEP_ALIVE_US)
