"""The filter of FindRecordings: a small XPath dialect over one RecordingInformation.

    Expression  = Term, { "or", Term }
    Term        = Factor, { "and", Factor }
    Factor      = "not", "(", Expression, ")" | "(", Expression, ")" | Test
    Test        = "boolean", "(", Path, ")" | "contains", "(", Path, ",", String, ")"
    Path        = Step, { Step }
    Step        = [ "/" | "//" ], Name, [ "[", Predicate, "]" ]
    Predicate   = the same with Comparison in place of Test
    Comparison  = ( "@", Name | Name, { "/", Name } ), Operator, String

It is read leniently: with or without `tt:`, blanks, `//` or `/`, and with any kind of quotation marks, because the
grammar that is printed does not allow the examples that are.

Spec: RecordingSearch § XPath dialect (http://www.onvif.org/ver10/tse/searchFilter).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from argus.base.errors import InvalidValue
from argus.store.recording.recordings import RecordingInformation
from argus.store.search.information_document import Element, document

MAX_LENGTH = 4096
MAX_DEPTH = 32

_TOKEN = re.compile(
    r"""
        (?P<blank>\s+)
      | (?P<string>"[^"]*"|'[^']*'|[“”][^“”]*[“”])
      | (?P<name>(?:[^\W\d][\w.-]*:)?[^\W\d][\w.-]*)
      | (?P<mark>//|!=|<=|>=|[/\[\](),@=<>])
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)

# Each tells whether it holds for an ordering: below 0, 0 or above 0.
_OPERATORS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


Test = Callable[[Element], bool]


class SearchFilter:
    """A parsed filter."""

    def __init__(self, text: str) -> None:
        """Parse `text`. Raises InvalidValue("search filter")."""
        self._test = _Parser(text).parse()

    def accepts(self, information: RecordingInformation) -> bool:
        """Whether the recording, as it is reported, passes."""
        return self._test(document(information))


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a path: the descendants or the children of that name that pass the tests."""

    deep: bool
    name: str
    tests: tuple[Test, ...]

    def select(self, elements: Iterable[Element]) -> Iterator[Element]:
        for element in elements:
            for found in element.descendants() if self.deep else element.children:
                if found.name == self.name and all(test(found) for test in self.tests):
                    yield found


class _Parser:
    """Recursive descent over the tokens; every method reads one rule of the grammar and returns its meaning."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            _refuse(f"it is longer than {MAX_LENGTH} characters")
        self._tokens = list(_tokens(text))
        self._position = 0
        self._depth = 0

    def parse(self) -> Test:
        test = self._expression(self._test)
        if self._peek():
            _refuse(f"{self._peek()!r} follows the end of the expression")
        return test

    def _expression(self, leaf: Callable[[], Test]) -> Test:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse(f"it is nested more than {MAX_DEPTH} deep")
        terms = [self._term(leaf)]
        while self._accept("or"):
            terms.append(self._term(leaf))
        self._depth -= 1
        return terms[0] if len(terms) == 1 else lambda element: any(term(element) for term in terms)

    def _term(self, leaf: Callable[[], Test]) -> Test:
        factors = [self._factor(leaf)]
        while self._accept("and"):
            factors.append(self._factor(leaf))
        return factors[0] if len(factors) == 1 else lambda element: all(factor(element) for factor in factors)

    def _factor(self, leaf: Callable[[], Test]) -> Test:
        negative = self._peek() == "not" and self._peek(1) == "("
        if negative:
            self._take()
        if not self._accept("("):
            return leaf()
        inner = self._expression(leaf)
        self._expect(")")
        return (lambda element: not inner(element)) if negative else inner

    def _test(self) -> Test:
        function = self._take()
        if function not in ("boolean", "contains"):
            _refuse(f"{function!r} is neither boolean(...) nor contains(...)")
        self._expect("(")
        path = self._path()
        part = ""
        if function == "contains":
            self._expect(",")
            part = self._string()
        self._expect(")")
        return lambda root: any(part in element.text for element in _select(path, root))

    def _path(self) -> tuple[_Step, ...]:
        """Where it begins, one slash counts as two: the printed grammar mixes them up."""
        slashes = self._accept("//") or self._accept("/")
        steps = [self._step(deep=True)]
        while slashes := self._accept("//") or self._accept("/"):
            steps.append(self._step(deep=slashes == "//"))
        return tuple(steps)

    def _step(self, *, deep: bool) -> _Step:
        name = self._name()
        tests = []
        while self._accept("["):
            tests.append(self._expression(self._comparison))
            self._expect("]")
        return _Step(deep, name, tuple(tests))

    def _comparison(self) -> Test:
        if self._accept("@"):
            self._name()
            path: tuple[_Step, ...] | None = None
        else:
            steps = [_Step(False, self._name(), ())]
            while self._accept("/"):
                steps.append(_Step(False, self._name(), ()))
            path = tuple(steps)
        symbol = self._take()
        if symbol not in _OPERATORS:
            _refuse(f"{symbol!r} is no comparison")
        holds, value = _OPERATORS[symbol], self._string()
        if path is None:
            return lambda element: False  # there are no attributes to compare
        return lambda element: any(holds(_order(found.text, value)) for found in _select(path, element))

    def _string(self) -> str:
        text = self._take()
        if text[0] not in "\"'“”":
            _refuse(f"a string in quotation marks is expected, not {text!r}")
        return text[1:-1]

    def _name(self) -> str:
        text = self._take()
        if not text[0].isidentifier():
            _refuse(f"a name is expected, not {text!r}")
        return text.rpartition(":")[2]

    def _peek(self, ahead: int = 0) -> str:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            _refuse("it ends too early")
        self._position += 1
        return token

    def _accept(self, token: str) -> str:
        """Take the next token where it is this one; otherwise an empty string."""
        return self._take() if self._peek() == token else ""

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            _refuse(f"{token!r} is expected, not {found!r}")


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse(f"it cannot be read from {text[position : position + 20]!r} on")
        if match.lastgroup != "blank":
            yield match.group()
        position = match.end()


def _select(path: tuple[_Step, ...], element: Element) -> Iterator[Element]:
    elements: Iterable[Element] = (element,)
    for step in path:
        elements = step.select(elements)
    yield from elements


def _order(left: str, right: str) -> int:
    """How two texts compare: as numbers or as times where both are, otherwise as text."""
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return (float(left) > float(right)) - (float(left) < float(right))
    left_time, right_time = _time(left), _time(right)
    if left_time is not None and right_time is not None:
        return (left_time > right_time) - (left_time < right_time)
    return (left > right) - (left < right)


def _time(text: str) -> datetime | None:
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue("search filter", f"the filter is not understood: {reason}")
