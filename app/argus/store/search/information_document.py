"""A recording information as the document that search filters look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from argus.base.units import to_datetime
from argus.store.recording.recordings import RecordingInformation


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of the document a filter looks at. None of them has attributes."""

    name: str
    text: str = ""
    children: tuple[Element, ...] = ()

    def descendants(self) -> Iterator[Element]:
        for child in self.children:
            yield child
            yield from child.descendants()


def document(information: RecordingInformation) -> Element:
    """The element tree of one recording information, below a nameless root."""
    source = information.source
    fields = [
        _leaf("RecordingToken", information.token),
        Element(
            name="Source",
            children=(
                _leaf("SourceId", source.source_id),
                _leaf("Name", source.name),
                _leaf("Location", source.location),
                _leaf("Description", source.description),
                _leaf("Address", source.address),
            ),
        ),
        *_times(EarliestRecording=information.earliest_us, LatestRecording=information.latest_us),
        _leaf("Content", information.content),
    ]
    for track in information.tracks:
        children = (
            _leaf("TrackToken", track.token),
            _leaf("TrackType", track.kind),
            _leaf("Description", track.description),
            *_times(DataFrom=track.data_from_us, DataTo=track.data_to_us),
        )
        fields.append(Element(name="Track", children=children))
    fields.append(_leaf("RecordingStatus", information.status))
    return Element(name="", children=(Element(name="RecordingInformation", children=tuple(fields)),))


def _leaf(name: str, text: str) -> Element:
    return Element(name=name, text=str(text))


def _times(**times_us: int | None) -> Iterator[Element]:
    for name, utc_us in times_us.items():
        if utc_us is not None:
            yield _leaf(name, to_datetime(utc_us).isoformat())
