"""Topic expressions: which topics a client wants to hear of.

Spec: Core § Topic filter; WS-Topics 1.3 § Concrete TopicExpressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from argus.base.errors import InvalidValue, NotFound
from argus.onvif.events.topics import TopicSet
from argus.soap.namespaces import PREFIXES, TNS1, QName

CONCRETE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"

MAX_LENGTH = 4096
MAX_PATHS = 64
_STEP = re.compile(r"(?:([^\W\d][\w.\-]*):)?([^\W\d][\w.\-]*)")
_AND_BELOW = "//."


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPattern:
    """One alternative of an expression: a path below tns1, alone or with everything below it."""

    path: str
    and_below: bool

    def matches(self, topic: str) -> bool:
        return topic == self.path or (self.and_below and topic.startswith(f"{self.path}/"))


def parse_topics(dialect: str, expression: str, prefixes: Mapping[str, str]) -> tuple[TopicPattern, ...]:
    """The alternatives of a topic expression; prefixes mean what is declared where the expression stands.

    Raises:
        InvalidValue("topic dialect"): neither Concrete nor ConcreteSet.
        InvalidValue("topic expression"): malformed, or with an undeclared prefix.
    """
    if dialect not in (CONCRETE, CONCRETE_SET):
        raise InvalidValue("topic dialect", f"topic expression dialect {dialect!r} is unknown")
    if len(expression) > MAX_LENGTH or expression.count("|") >= MAX_PATHS:
        raise InvalidValue("topic expression", "the topic expression is too long")
    if dialect == CONCRETE:
        return (_concrete(expression.strip(), prefixes),)
    return tuple(_path(part.strip(), prefixes) for part in expression.split("|"))


def check_supported(patterns: tuple[TopicPattern, ...], known: TopicSet) -> None:
    """Make sure that at least one alternative names a topic of the set.

    Raises:
        NotFound("topic"): none does. Where one does, the others just never match: a client asks one device after the
            other for the same union of topics.
    """
    if not any(pattern.matches(path) for pattern in patterns for path in known.paths):
        raise NotFound("topic", " | ".join(pattern.path for pattern in patterns))


def _path(text: str, prefixes: Mapping[str, str]) -> TopicPattern:
    if not text.endswith(_AND_BELOW):
        return _concrete(text, prefixes)
    above = _concrete(text.removesuffix(_AND_BELOW).rstrip(), prefixes)
    return TopicPattern(path=above.path, and_below=True)


def _concrete(text: str, prefixes: Mapping[str, str]) -> TopicPattern:
    steps = [_step(step, prefixes) for step in text.split("/")]
    root, *below = steps
    names = [root.name if root.namespace == TNS1 else f"{{{root.namespace}}}{root.name}"]
    # Topics below the root have no namespace; that of the root on them is a known, harmless mistake.
    names += [step.name if step.namespace in ("", TNS1) else step.clark for step in below]
    return TopicPattern(path="/".join(names), and_below=False)


def _step(text: str, prefixes: Mapping[str, str]) -> QName:
    match = _STEP.fullmatch(text)
    if match is None:
        raise InvalidValue("topic expression", f"{text!r} is no step of a topic expression")
    prefix, name = match.groups()
    if prefix is None:
        return QName("", name)
    namespace = prefixes.get(prefix)
    # Clients built on zeep cannot declare a prefix that occurs in text only; what they mean is plain.
    if namespace is None and prefix == PREFIXES[TNS1]:
        namespace = TNS1
    if namespace is None:
        raise InvalidValue("topic expression", f"prefix {prefix!r} is not declared")
    return QName(namespace, name)
