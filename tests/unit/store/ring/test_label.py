import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.deck import Deck

from argus.base.access_unit import MediaKind
from argus.store.ring.label import TrackLabel, decode_label, encode_label

GATE = TrackLabel(recording="R1", track="V1", kind=MediaKind.VIDEO, name="Gate – north")
short = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@settings(max_examples=40)
@given(label=st.builds(TrackLabel, recording=short, track=short, kind=st.sampled_from(MediaKind), name=short))
def test_a_label_is_read_as_it_was_written(label: TrackLabel) -> None:
    assert decode_label(encode_label(label)) == label


def test_no_label_takes_no_bytes() -> None:
    assert encode_label(None) == b""
    assert decode_label(b"") is None


@settings(max_examples=20)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=200, max_size=500))
def test_a_name_that_is_too_long_is_cut_between_characters(name: str) -> None:
    label = decode_label(encode_label(TrackLabel(recording=name, track=name, kind=MediaKind.AUDIO, name=name)))
    assert label is not None
    assert name.startswith(label.recording)
    assert name.startswith(label.name)
    assert len(label.recording.encode()) <= 200
    assert len(label.name.encode()) <= 400


@given(data=st.binary(min_size=1, max_size=80))
def test_bytes_that_are_no_label_are_refused_with_a_value_error(data: bytes) -> None:
    try:
        label = decode_label(data)
    except ValueError:
        return
    assert label is not None


def test_a_kind_of_a_newer_release_is_refused() -> None:
    with pytest.raises(ValueError, match="Smell"):
        decode_label(encode_label(GATE).replace(MediaKind.VIDEO.value.encode(), b"Smell"))


@pytest.mark.parametrize("closed", [True, False])
def test_labels_are_there_after_closing_and_after_a_crash(closed: bool) -> None:
    deck = Deck()
    deck.ring.set_label(1, GATE)
    deck.ring.set_label(2, TrackLabel(recording="R2", track="A", kind=MediaKind.AUDIO))
    deck.record(2, {1: 1000})
    again = deck.reopened() if closed else deck.after_crash()
    assert again.ring.labels() == deck.ring.labels()
    assert again.ring.labels()[1] == GATE


def test_a_new_name_replaces_the_old_one_and_costs_one_snapshot() -> None:
    deck = Deck()
    deck.ring.set_label(1, GATE)
    deck.ring.tick()
    deck.ring.set_label(1, TrackLabel(recording="R1", track="V1", kind=MediaKind.VIDEO, name="Door"))
    deck.ring.tick()
    renamed = TrackLabel(recording="R1", track="V1", kind=MediaKind.VIDEO, name="Yard")
    deck.ring.set_label(1, renamed)
    deck.device.log.clear()
    deck.ring.tick()
    assert [entry is None for entry in deck.device.log] == [False, True]
    assert deck.after_crash().ring.labels() == {1: renamed}
    deck.ring.set_label(1, renamed)
    deck.device.log.clear()
    deck.ring.tick()
    assert deck.device.log == []


def test_the_label_of_a_forgotten_track_goes_with_it() -> None:
    deck = Deck()
    deck.ring.set_label(1, GATE)
    deck.record(1, {1: 1000})
    deck.ring.forget(1)
    assert deck.ring.labels() == {}
    deck.ring.set_label(1, GATE)
    deck.ring.tick()
    assert deck.ring.labels() == {}
    assert deck.reopened().ring.labels() == {}


def test_usage_counts_by_recording_and_by_number_where_nobody_named_a_track() -> None:
    deck = Deck()
    deck.name(1, "Gate")
    deck.name(2, "Gate")
    deck.record(3, {1: 1000, 2: 500, 7: 100})
    usage = deck.ring.usage()
    assert usage.keys() == {"Gate", "7"}
    assert 4500 <= usage["Gate"] < 4700
    assert 300 <= usage["7"] < 400
    assert deck.after_crash().ring.usage() == usage
