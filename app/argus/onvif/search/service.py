"""The search service: which recordings there are, and what happened in them.

Spec: RecordingSearch 19.06
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import InvalidValue, LimitReached, NotFound, NotSupported
from argus.base.units import to_datetime, to_utc_us
from argus.onvif.events.filters import compile_filter
from argus.onvif.events.notification import Notifications
from argus.onvif.search import messages as m
from argus.onvif.search.types import (
    FindEventResult,
    FindEventResultList,
    FindRecordingResultList,
    MediaAttributes,
    RecordingInformation,
    RecordingSummary,
)
from argus.soap.duration import Duration
from argus.soap.faults import Receiver, Sender, fault
from argus.soap.namespaces import TSE
from argus.soap.operation import Service, operation
from argus.store.search.history import RecordedEvent
from argus.store.search.search import Searches
from argus.store.search.timeline import Timeline

# Here an unknown recording is InvalidToken, elsewhere NoRecording.
InvalidToken = fault(
    Sender,
    "InvalidArgVal",
    "InvalidToken",
    "The token is not valid",
    answers=((NotFound, "recording"), (NotFound, "search session")),
)
InvalidSource = fault(
    Sender, "InvalidArgVal", "InvalidSource", "The source is not known", answers=(NotFound, "search source")
)
InvalidFilterFault = fault(
    Sender,
    "InvalidArgVal",
    "InvalidFilterFault",
    "The filter is invalid",
    answers=(
        (InvalidValue, "search filter"),
        (InvalidValue, "filter"),
        (InvalidValue, "topic dialect"),
        (InvalidValue, "topic expression"),
        (InvalidValue, "message content"),
    ),
)
ResourceProblem = fault(
    Receiver,
    "Action",
    "ResourceProblem",
    "No further search can be opened now",
    answers=(LimitReached, "search sessions"),
)
NotImplementedHere = fault(
    Receiver,
    "ActionNotSupported",
    "NotImplemented",
    "The optional operation is not implemented",
    answers=(NotSupported, ""),
)


class SearchService(Service):
    """Searches for recordings and for their recorded state events; metadata is not searched."""

    namespace = TSE
    path = "/onvif/search_service"
    version = (19, 6)
    known_operations = frozenset(
        {
            "FindMetadata",
            "GetMetadataSearchResults",
            "GetPTZPositionSearchResults",
            "SearchImageByNLRequest",
            "GetNLSearchResultsRequest",
            "SearchImageByImageRequest",
            "GetImageSearchResultsRequest",
        }
    )

    def __init__(self, searches: Searches, timeline: Timeline, notifications: Notifications) -> None:
        self._searches = searches
        self._timeline = timeline
        self._notifications = notifications

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        return m.Capabilities(metadata_search=False, general_start_events=False)

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """What the service can do.   Spec: RecordingSearch 19.06 § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_MEDIA)
    async def get_recording_summary(self, _request: m.GetRecordingSummary) -> m.GetRecordingSummaryResponse:
        """From when to when there is data.   Spec: RecordingSearch 19.06 § GetRecordingSummary"""
        return m.GetRecordingSummaryResponse(summary=RecordingSummary.of(self._timeline.summary()))

    @operation(Access.READ_MEDIA, InvalidToken)
    async def get_recording_information(self, request: m.GetRecordingInformation) -> m.GetRecordingInformationResponse:
        """What one recording holds.   Spec: RecordingSearch 19.06 § GetRecordingInformation"""
        information = self._timeline.information(request.recording_token)
        return m.GetRecordingInformationResponse(recording_information=RecordingInformation.of(information))

    @operation(Access.READ_MEDIA, InvalidToken)
    async def get_media_attributes(self, request: m.GetMediaAttributes) -> m.GetMediaAttributesResponse:
        """The formats of recordings at a time.   Spec: RecordingSearch 19.06 § GetMediaAttributes"""
        found = self._timeline.media_attributes(request.recording_tokens, to_utc_us(request.time))
        return m.GetMediaAttributesResponse(media_attributes=tuple(MediaAttributes.of(one) for one in found))

    @operation(Access.READ_MEDIA, InvalidToken, InvalidSource, ResourceProblem, InvalidFilterFault)
    async def find_recordings(self, request: m.FindRecordings) -> m.FindRecordingsResponse:
        """Begin a search for recordings.   Spec: RecordingSearch 19.06 § FindRecordings"""
        token = self._searches.find_recordings(
            request.scope.to_store(), max_matches=request.max_matches, keep_alive_us=request.keep_alive_time.to_us()
        )
        return m.FindRecordingsResponse(search_token=token)

    @operation(Access.READ_MEDIA, InvalidToken)
    async def get_recording_search_results(
        self, request: m.GetRecordingSearchResults
    ) -> m.GetRecordingSearchResultsResponse:
        """The next recordings found.   Spec: RecordingSearch 19.06 § GetRecordingSearchResults"""
        results = await self._searches.recording_results(
            request.search_token,
            min_results=request.min_results,
            max_results=request.max_results,
            wait_us=_us(request.wait_time),
        )
        found = tuple(RecordingInformation.of(information) for information in results.items)
        return m.GetRecordingSearchResultsResponse(
            result_list=FindRecordingResultList(search_state=results.state, recording_information=found)
        )

    @operation(Access.READ_MEDIA, ResourceProblem, InvalidFilterFault, InvalidToken, InvalidSource)
    async def find_events(self, request: m.FindEvents) -> m.FindEventsResponse:
        """Begin a search for events.   Spec: RecordingSearch 19.06 § FindEvents"""
        token = self._searches.find_events(
            to_utc_us(request.start_point),
            None if request.end_point is None else to_utc_us(request.end_point),
            request.scope.to_store(),
            matches=compile_filter(request.search_filter),
            start_state=request.include_start_state,
            max_matches=request.max_matches,
            keep_alive_us=request.keep_alive_time.to_us(),
        )
        return m.FindEventsResponse(search_token=token)

    @operation(Access.READ_MEDIA, InvalidToken)
    async def get_event_search_results(self, request: m.GetEventSearchResults) -> m.GetEventSearchResultsResponse:
        """The next events found.   Spec: RecordingSearch 19.06 § GetEventSearchResults"""
        results = await self._searches.event_results(
            request.search_token,
            min_results=request.min_results,
            max_results=request.max_results,
            wait_us=_us(request.wait_time),
        )
        found = tuple(self._result(recorded) for recorded in results.items)
        return m.GetEventSearchResultsResponse(
            result_list=FindEventResultList(search_state=results.state, result=found)
        )

    @operation(Access.READ_MEDIA, ResourceProblem, NotImplementedHere)
    async def find_ptz_position(self, _request: m.FindPTZPosition) -> m.FindPTZPositionResponse:
        """Refuse: nothing here pans.   Spec: RecordingSearch 19.06 § FindPTZPosition"""
        raise NotSupported("search", "positions are not recorded")

    @operation(Access.READ_MEDIA, InvalidToken)
    async def get_search_state(self, request: m.GetSearchState) -> m.GetSearchStateResponse:
        """Whether results are left.   Spec: RecordingSearch 19.06 § GetSearchState"""
        return m.GetSearchStateResponse(state=self._searches.state(request.search_token))

    @operation(Access.READ_MEDIA, InvalidToken)
    async def end_search(self, request: m.EndSearch) -> m.EndSearchResponse:
        """End a search and tell how far it got.   Spec: RecordingSearch 19.06 § EndSearch"""
        return m.EndSearchResponse(endpoint=to_datetime(self._searches.end(request.search_token)))

    def _result(self, recorded: RecordedEvent) -> FindEventResult:
        return FindEventResult(
            recording_token=recorded.recording,
            track_token=recorded.track or "",
            time=to_datetime(recorded.event.utc_us),
            event=self._notifications.message(recorded.event),
            start_state_event=recorded.start_state,
        )


def _us(duration: Duration | None) -> int | None:
    return None if duration is None else duration.to_us()
