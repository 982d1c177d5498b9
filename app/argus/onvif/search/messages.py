"""Requests and responses of the search service.

Spec: RecordingSearch 19.06
"""

from __future__ import annotations

from datetime import datetime

from argus.base.tokens import RecordingToken, SearchToken
from argus.onvif.events.filters import Filter
from argus.onvif.search.types import (
    FindEventResultList,
    FindRecordingResultList,
    MediaAttributes,
    RecordingInformation,
    RecordingSummary,
    SearchScope,
)
from argus.soap.duration import Duration
from argus.soap.message import attribute, message
from argus.soap.namespaces import TSE
from argus.store.search.search_session import SearchState


@message(TSE)
class Capabilities:
    """tse:Capabilities."""

    metadata_search: bool = attribute()
    general_start_events: bool = attribute()


@message(TSE)
class GetServiceCapabilities:
    pass


@message(TSE)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TSE)
class GetRecordingSummary:
    pass


@message(TSE)
class GetRecordingSummaryResponse:
    summary: RecordingSummary


@message(TSE)
class GetRecordingInformation:
    recording_token: RecordingToken


@message(TSE)
class GetRecordingInformationResponse:
    recording_information: RecordingInformation


@message(TSE)
class GetMediaAttributes:
    recording_tokens: tuple[RecordingToken, ...] = ()
    time: datetime


@message(TSE)
class GetMediaAttributesResponse:
    media_attributes: tuple[MediaAttributes, ...] = ()


@message(TSE)
class FindRecordings:
    scope: SearchScope
    max_matches: int | None = None
    keep_alive_time: Duration


@message(TSE)
class FindRecordingsResponse:
    search_token: SearchToken


@message(TSE)
class GetRecordingSearchResults:
    search_token: SearchToken
    min_results: int | None = None
    max_results: int | None = None
    wait_time: Duration | None = None


@message(TSE)
class GetRecordingSearchResultsResponse:
    result_list: FindRecordingResultList


@message(TSE)
class FindEvents:
    """The filter may be missing: clients leave it out though the schema wants it."""

    start_point: datetime
    end_point: datetime | None = None
    scope: SearchScope
    search_filter: Filter | None = None
    include_start_state: bool
    max_matches: int | None = None
    keep_alive_time: Duration


@message(TSE)
class FindEventsResponse:
    search_token: SearchToken


@message(TSE)
class GetEventSearchResults:
    search_token: SearchToken
    min_results: int | None = None
    max_results: int | None = None
    wait_time: Duration | None = None


@message(TSE)
class GetEventSearchResultsResponse:
    result_list: FindEventResultList


@message(TSE)
class FindPTZPosition:
    pass


@message(TSE)
class FindPTZPositionResponse:
    search_token: SearchToken


@message(TSE)
class GetSearchState:
    search_token: SearchToken


@message(TSE)
class GetSearchStateResponse:
    state: SearchState


@message(TSE)
class EndSearch:
    search_token: SearchToken


@message(TSE)
class EndSearchResponse:
    endpoint: datetime
