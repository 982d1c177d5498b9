"""What recording events carry as ElementItems, by type of the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from argus.onvif.recording.types import (
    RecordingConfiguration,
    RecordingJobConfiguration,
    RecordingJobStateInformation,
    TrackConfiguration,
)
from argus.soap.message import encode
from argus.soap.namespaces import Element
from argus.store.recording import recordings as store

T = TypeVar("T")


def _item(kind: type[T], to_message: Callable[[T], object]) -> tuple[type, Callable[[object], Element]]:
    def encode_item(value: object) -> Element:
        assert isinstance(value, kind)
        return encode(to_message(value))

    return kind, encode_item


ELEMENT_ITEMS: Mapping[type, Callable[[object], Element]] = dict(
    (
        _item(store.RecordingConfiguration, RecordingConfiguration.of),
        _item(store.TrackConfiguration, TrackConfiguration.of),
        _item(store.JobConfiguration, RecordingJobConfiguration.of),
        _item(store.JobStateInformation, RecordingJobStateInformation.of),
    )
)
