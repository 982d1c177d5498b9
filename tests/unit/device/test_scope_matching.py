"""Scope matching by whole segments, as WS-Discovery words it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.device.scope_matching import ScopeRule, matches, scope_matches

OWN = "onvif://www.onvif.org/hardware/D1-566"


@pytest.mark.parametrize(
    "wanted",
    [OWN, "onvif://www.onvif.org", "onvif://www.onvif.org/", "ONVIF://WWW.onvif.ORG/hardware", f"{OWN}/", f"{OWN}?q#f"],
)
def test_a_prefix_of_whole_segments_matches(wanted: str) -> None:
    assert scope_matches(wanted, OWN)


@pytest.mark.parametrize(
    "wanted",
    [
        "onvif://www.onvif.org/hardware/D1",
        "onvif://www.onvif.org/Hardware/D1-566",
        "onvif://www.onvif.org/hardware/D1-566/more",
        "onvif://www.onvif.example/hardware/D1-566",
        "http://www.onvif.org/hardware/D1-566",
        "onvif://www.onvif.org/./hardware",
        "onvif://www.onvif.org/hardware/..",
        "",
    ],
)
def test_anything_else_does_not(wanted: str) -> None:
    assert not scope_matches(wanted, OWN)


def test_segments_are_decoded_after_they_are_split() -> None:
    assert scope_matches("onvif://www.onvif.org/name/a%20b", "onvif://www.onvif.org/name/a%20b/c")
    assert scope_matches("onvif://www.onvif.org/n%61me", "onvif://www.onvif.org/name/x")
    assert not scope_matches("onvif://www.onvif.org/name/a", "onvif://www.onvif.org/name/a%2Fb")


def test_scopes_without_an_authority_are_compared_too() -> None:
    assert scope_matches("urn:pier:7", "URN:pier:7")
    assert not scope_matches("urn:pier", "urn:pier:7")


def test_every_probed_scope_must_match_and_none_matches_all() -> None:
    own = (OWN, "onvif://www.onvif.org/name/x")
    assert matches((), own)
    assert matches(("onvif://www.onvif.org/name", OWN), own)
    assert not matches((OWN, "onvif://www.onvif.org/location"), own)


def test_strcmp0_compares_every_character() -> None:
    assert matches((OWN,), (OWN,), ScopeRule.STRCMP0)
    assert not matches((OWN.upper(),), (OWN,), ScopeRule.STRCMP0)
    assert not matches(("onvif://www.onvif.org",), (OWN,), ScopeRule.STRCMP0)


@given(st.text(), st.text())
def test_any_text_is_compared_without_an_error(wanted: str, own: str) -> None:
    scope_matches(wanted, own)


segment = st.text(st.sampled_from("abcXYZ0-_~"), min_size=1, max_size=8)


@given(st.lists(segment, max_size=5), st.lists(segment, max_size=5))
def test_a_path_matches_all_its_extensions_and_no_other(path: list[str], other: list[str]) -> None:
    wanted, root = "/".join(["s://h", *path]), "s://h"
    assert scope_matches(wanted, "/".join([root, *path, *other]))
    assert scope_matches(wanted, "/".join([root, *other])) == (other[: len(path)] == path)
