"""Topic expressions and content filters by themselves."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.onvif.events.content_filter import ITEM_FILTER, EventItem, parse_content_filter
from argus.onvif.events.topic_filter import CONCRETE_SET, parse_topics
from argus.soap.namespaces import TNS1, TT

PREFIXES = {"t": TNS1, "s": TT}
ITEMS = (
    EventItem(name="Source", value="door"),
    EventItem(name="State", value="true"),
    EventItem(name="Configuration", value=None),
)


def accepts(expression: str) -> bool:
    return parse_content_filter(ITEM_FILTER, expression, PREFIXES).matches(ITEMS)


TRUE = 'boolean(//s:SimpleItem[@Name="State" and @Value="true"])'
FALSE = 'boolean(//s:SimpleItem[@Name="State" and @Value="false"])'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (TRUE, True),
        (FALSE, False),
        (f"not({TRUE})", False),
        (f"not({FALSE}) and {TRUE}", True),
        (f"{TRUE} or {TRUE} and {FALSE}", True),
        (f"({TRUE} or {TRUE}) and {FALSE}", False),
        (f"{FALSE} and {TRUE} or {TRUE}", True),
        ("boolean(//SimpleItem[@Name='Source'and @Value='door'])", True),
        ("boolean(//tt:SimpleItem[not(@Name='Source') and (@Value='door' or @Value='true')])", True),
        ("boolean(//tt:SimpleItem[@Name='Source' and @Value='true'])", False),
        ("boolean(//tt:ElementItem[@Name='Configuration'])", True),
        ("boolean(//tt:SimpleItem[@Name='Configuration'])", False),
        ("boolean(//tt:ElementItem[@Name='State'])", False),
        ("boolean(//tt:SimpleItem[@Name='a' or @Value='door' and @Name='Source'])", True),
    ],
)
def test_content_filters_read_as_xpath_does(expression: str, expected: bool) -> None:
    assert accepts(expression) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "boolean()",
        "boolean(//s:SimpleItem)",
        "boolean(//s:SimpleItem[])",
        "boolean(//s:OtherItem[@Name='x'])",
        "boolean(//t:SimpleItem[@Name='x'])",
        "boolean(//SimpleItem[@Colour='x'])",
        "boolean(//SimpleItem[@Name=x])",
        "boolean(//SimpleItem[@Name='x'])) ",
        "(boolean(//SimpleItem[@Name='x'])",
        "boolean(//SimpleItem[@Name='x']) and",
        "boolean(//SimpleItem[@Name='x]) and",
        "//SimpleItem[@Name='x']",
        "not" + "(" * 40 + "boolean(//SimpleItem[@Name='x'])" + ")" * 40,
        "boolean(//SimpleItem[" + " or ".join(["@Name='x'"] * 200) + "])",
        " " * 5000,
    ],
)
def test_what_is_no_content_filter_is_refused(expression: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        accepts(expression)
    assert caught.value.subject == "message content"


_WORDS = [
    "boolean",
    "not",
    "(",
    ")",
    "[",
    "]",
    "//",
    "s:",
    "SimpleItem",
    "@Name",
    "@Value",
    "=",
    "'x'",
    '"',
    " and ",
    "or",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join)))
def test_any_text_is_a_content_filter_or_refused(expression: str) -> None:
    with suppress(InvalidValue):
        assert isinstance(accepts(expression), bool)


@st.composite
def _expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, bool]:
    """An expression and what it is worth."""
    kind = draw(st.sampled_from(["atom", "not", "and", "or"] if depth else ["atom"]))
    if kind == "atom":
        return draw(st.sampled_from([(TRUE, True), (FALSE, False)]))
    left, left_value = draw(_expressions(depth - 1))
    if kind == "not":
        return f"not({left})", not left_value
    right, right_value = draw(_expressions(depth - 1))
    value = left_value and right_value if kind == "and" else left_value or right_value
    return f"({left}) {kind} ({right})", value


@given(_expressions())
def test_every_combination_of_terms_is_worth_what_logic_says(case: tuple[str, bool]) -> None:
    assert accepts(case[0]) is case[1]


@pytest.mark.parametrize(
    ("expression", "topic", "expected"),
    [
        ("t:A/B", "A/B", True),
        ("t:A/B", "A/B/C", False),
        ("t:A//.", "A/B/C", True),
        ("t:A//.", "A", True),
        ("t:A//.", "Abc/B", False),
        (" t:X | t:A/B//. ", "A/B/C", True),
        ("t:A/t:B", "A/B", True),
        ("tns1:A/B", "A/B", True),
        ("s:A/B", "A/B", False),
        ("A/B", "A/B", False),
    ],
)
def test_topic_expressions_match_paths(expression: str, topic: str, expected: bool) -> None:
    assert any(pattern.matches(topic) for pattern in parse_topics(CONCRETE_SET, expression, PREFIXES)) is expected


@given(st.text(alphabet="tsA:/|.* \n", max_size=30))
def test_any_text_is_a_topic_expression_or_refused(expression: str) -> None:
    with suppress(InvalidValue):
        assert parse_topics(CONCRETE_SET, expression, PREFIXES)
