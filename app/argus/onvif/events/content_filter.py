"""Message content filters of the ItemFilter dialect.

    boolean(//tt:SimpleItem[@Name="State" and @Value="Active"]) and not(boolean(//tt:ElementItem[@Name="x"]))

Spec: Core § Message content filter
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from argus.base.errors import InvalidValue
from argus.soap.namespaces import PREFIXES, TT

ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"

MAX_LENGTH = 4096
MAX_TOKENS = 512
MAX_DEPTH = 32
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|//|[()\[\]@=:]|[^\W\d][\w.\-]*)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventItem:
    """An item of a message as filters see it; an ElementItem has no value."""

    name: str
    value: str | None


ItemTest = Callable[[EventItem], bool]
ContentTest = Callable[[tuple[EventItem, ...]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFilter:
    """A parsed filter: the test, and the item names it compares with."""

    matches: ContentTest
    names: frozenset[str]


def parse_content_filter(dialect: str, expression: str, prefixes: Mapping[str, str]) -> ContentFilter:
    """Read a content filter; prefixes mean what is declared where the expression stands.

    Raises:
        InvalidValue("message content"): another dialect, malformed, too long or too deeply nested.
    """
    if dialect != ITEM_FILTER:
        _refuse(f"message content dialect {dialect!r} is unknown")
    if len(expression) > MAX_LENGTH:
        _refuse(f"a filter has at most {MAX_LENGTH} characters")
    parser = _Parser(_tokens(expression), prefixes)
    return ContentFilter(matches=parser.content_test(), names=frozenset(parser.names))


def _tokens(expression: str) -> list[str]:
    text = expression.rstrip()
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(tokens) == MAX_TOKENS:
            _refuse(f"the filter cannot be read from {text[position : position + 20]!r} on")
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; `and` binds stronger than `or`."""

    def __init__(self, tokens: list[str], prefixes: Mapping[str, str]) -> None:
        self.names: set[str] = set()
        self._tokens = tokens
        self._prefixes = prefixes
        self._position = 0
        self._depth = 0

    def content_test(self) -> ContentTest:
        test = self._content()
        if self._peek():
            _refuse(f"{self._peek()!r} is not expected there")
        return test

    def _content(self) -> ContentTest:
        """content := conjunction ('or' conjunction)*"""
        with_or = [self._content_conjunction()]
        while self._skip("or"):
            with_or.append(self._content_conjunction())
        return with_or[0] if len(with_or) == 1 else lambda items: any(test(items) for test in with_or)

    def _content_conjunction(self) -> ContentTest:
        with_and = [self._content_term()]
        while self._skip("and"):
            with_and.append(self._content_term())
        return with_and[0] if len(with_and) == 1 else lambda items: all(test(items) for test in with_and)

    def _content_term(self) -> ContentTest:
        """term := 'not' '(' content ')' | '(' content ')' | 'boolean' '(' path ')'"""
        if self._skip("boolean"):
            self._expect("(")
            exists = self._path()
            self._expect(")")
            return exists
        negated = self._skip("not")
        self._open()
        inner = self._content()
        self._close()
        return (lambda items: not inner(items)) if negated else inner

    def _path(self) -> ContentTest:
        """path := '//' (prefix ':')? ('SimpleItem' | 'ElementItem') '[' test ']'"""
        self._expect("//")
        kind = self._next()
        if self._skip(":"):
            self._check_prefix(kind)
            kind = self._next()
        if kind not in ("SimpleItem", "ElementItem"):
            _refuse(f"{kind!r} is neither SimpleItem nor ElementItem")
        self._expect("[")
        test = self._item()
        self._expect("]")
        simple = kind == "SimpleItem"
        return lambda items: any((item.value is not None) == simple and test(item) for item in items)

    def _item(self) -> ItemTest:
        with_or = [self._item_conjunction()]
        while self._skip("or"):
            with_or.append(self._item_conjunction())
        return with_or[0] if len(with_or) == 1 else lambda item: any(test(item) for test in with_or)

    def _item_conjunction(self) -> ItemTest:
        with_and = [self._item_term()]
        while self._skip("and"):
            with_and.append(self._item_term())
        return with_and[0] if len(with_and) == 1 else lambda item: all(test(item) for test in with_and)

    def _item_term(self) -> ItemTest:
        """term := 'not' '(' test ')' | '(' test ')' | '@' ('Name' | 'Value') '=' string"""
        if self._skip("@"):
            return self._comparison()
        negated = self._skip("not")
        self._open()
        inner = self._item()
        self._close()
        return (lambda item: not inner(item)) if negated else inner

    def _comparison(self) -> ItemTest:
        attribute = self._next()
        self._expect("=")
        quoted = self._next()
        if quoted[:1] not in ('"', "'"):
            _refuse(f"{quoted!r} is no string in quotes")
        wanted = quoted[1:-1]
        if attribute == "Name":
            self.names.add(wanted)
            return lambda item: item.name == wanted
        if attribute == "Value":
            return lambda item: item.value == wanted
        _refuse(f"an item has no attribute {attribute!r}")

    def _check_prefix(self, prefix: str) -> None:
        namespace = self._prefixes.get(prefix)
        # As with topics, zeep leaves a prefix used in text undeclared.
        if namespace != TT and not (namespace is None and prefix == PREFIXES[TT]):
            _refuse(f"prefix {prefix!r} is not the schema's")

    def _open(self) -> None:
        self._expect("(")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse(f"parentheses are nested deeper than {MAX_DEPTH}")

    def _close(self) -> None:
        self._expect(")")
        self._depth -= 1

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            _refuse("the filter ends too early")
        self._position += 1
        return token

    def _skip(self, token: str) -> bool:
        found = self._peek() == token
        self._position += found
        return found

    def _expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            _refuse(f"{token!r} is expected, not {found!r}")


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue("message content", reason)
