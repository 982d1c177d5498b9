"""The matching rules of WS-Discovery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.onvif.discovery.scope_rules import NONE, RULES, is_known, matches

RFC3986, RFC2396, STRCMP0, UUID, LDAP = RULES[:5]

OWN = "onvif://www.onvif.org/hardware/D1-566"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("onvif://www.onvif.org", True),
        ("onvif://www.onvif.org/", True),
        ("onvif://www.onvif.org/hardware", True),
        ("onvif://www.onvif.org/hardware/", True),
        ("ONVIF://WWW.onvif.ORG/hardware/D1-566", True),
        ("onvif://www.onvif.org/hardware/%44%31-566", True),
        ("onvif://www.onvif.org/hardware/D1-566?query#fragment", True),
        ("onvif://www.onvif.org/hardware/D1", False),
        ("onvif://www.onvif.org/Hardware", False),
        ("onvif://www.onvif.org/hardware/D1-566/more", False),
        ("onvif://www.onvif.org/hardware%2FD1-566", False),
        ("onvif://www.onvif.org/./hardware", False),
        ("onvif://www.onvif.org/hardware/..", False),
        ("onvif://www.example.org/hardware", False),
        ("http://www.onvif.org/hardware", False),
        ("onvif://[::1", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("rule", ["", RFC3986, RFC2396])
def test_the_default_rule_compares_scheme_and_authority_without_case_and_the_path_by_segments(
    wanted: str, expected: bool, rule: str
) -> None:
    assert matches((wanted,), (OWN,), rule) is expected


def test_every_wanted_scope_must_match_one_of_ours() -> None:
    own = (OWN, "onvif://www.onvif.org/name/Pier")
    assert matches(("onvif://www.onvif.org/hardware", "onvif://www.onvif.org/name"), own, "")
    assert not matches(("onvif://www.onvif.org/hardware", "onvif://www.onvif.org/location"), own, "")


def test_no_wanted_scope_matches_everything() -> None:
    assert matches((), (OWN,), "")
    assert matches((), (), "")


def test_strcmp0_compares_every_character() -> None:
    assert matches((OWN,), (OWN,), STRCMP0)
    assert not matches((OWN.upper(),), (OWN,), STRCMP0)
    assert not matches(("onvif://www.onvif.org",), (OWN,), STRCMP0)


def test_the_uuid_rule_knows_both_spellings_and_no_case() -> None:
    own = ("urn:uuid:3F2504E0-4F89-11D3-9A0C-0305E82C3301",)
    assert matches(("uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301",), own, UUID)
    assert not matches(("uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3302",), own, UUID)
    assert not matches(("x",), ("x",), UUID)


def test_the_ldap_rule_matches_an_ancestor_on_the_same_server() -> None:
    own = ("ldap://host/cn=camera, ou=pier,o=Harbour",)
    assert matches(("ldap://HOST/ou=Pier,o=harbour",), own, LDAP)
    assert not matches(("ldap://host/cn=camera",), own, LDAP)
    assert not matches(("ldap://other/o=harbour",), own, LDAP)
    assert not matches((r"ldap://host/pier\,o=harbour",), own, LDAP)


def test_the_rule_none_matches_an_endpoint_without_scopes() -> None:
    assert matches((), (), NONE)
    assert not matches((), (OWN,), NONE)


@given(st.text(), st.text(), st.sampled_from([*RULES, "urn:unknown"]))
def test_no_text_makes_a_rule_raise(wanted: str, own: str, rule: str) -> None:
    assert isinstance(matches((wanted,), (own,), rule), bool)


@given(st.text(), st.text())
def test_an_unknown_rule_matches_nothing(wanted: str, own: str) -> None:
    assert not matches((wanted,), (own,), "urn:unknown")


def test_the_rules_are_told_from_unknown_ones() -> None:
    assert all(is_known(rule) for rule in ("", *RULES))
    assert not is_known("urn:unknown")
    assert [rule.rpartition("/")[2] for rule in RULES] == ["rfc3986", "rfc2396", "strcmp0", "uuid", "ldap", "none"]
