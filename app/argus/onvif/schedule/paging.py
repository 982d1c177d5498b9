"""Lists in pages, as Get<Entity>List hands them out.

Spec: Schedule 18.12 § GetScheduleInfoList
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from typing import TypeVar

from argus.base.errors import InvalidValue, LimitReached

T = TypeVar("T")
MAX_LIMIT = 32


class Pages:
    """Pages of entities in order of creation; what is created or deleted between two pages spoils neither."""

    def __init__(self) -> None:
        # References do not outlive the process, nor do they fit the other list.
        self._prefix = secrets.token_hex(4)
        self._numbers: dict[str, int] = {}
        self._next = itertools.count(1)
        self._highest = 0

    def page(
        self, entities: Mapping[str, T], limit: int | None, reference: str | None
    ) -> tuple[tuple[T, ...], str | None]:
        """The entities that follow the reference, and the reference of the next page where there is one.

        Raises:
            InvalidValue: `start reference`: no page ended with it.
        """
        after = 0 if reference is None else self._number_of(reference)
        self._numbers = {token: self._numbers.get(token) or next(self._next) for token in entities}
        self._highest = max(self._highest, *self._numbers.values(), 0)
        rest = sorted((number, token) for token, number in self._numbers.items() if number > after)
        size = limit if limit is not None and 1 <= limit <= MAX_LIMIT else MAX_LIMIT
        chosen, more = rest[:size], len(rest) > size
        items = tuple(entities[token] for _, token in chosen)
        return items, f"{self._prefix}-{chosen[-1][0]}" if more else None

    def _number_of(self, reference: str) -> int:
        prefix, _, number = reference.partition("-")
        if prefix != self._prefix or not number.isdecimal() or len(number) > 18 or not 0 < int(number) <= self._highest:
            raise InvalidValue("start reference", f"no list goes on from {reference!r:.40}")
        return int(number)


def chosen(entities: Mapping[str, T], tokens: tuple[str, ...]) -> tuple[T, ...]:
    """The entities with these tokens, each once; unknown tokens are passed over.

    Raises:
        LimitReached: `items`: more tokens than one answer may have.
    """
    if len(tokens) > MAX_LIMIT:
        raise LimitReached("items", MAX_LIMIT)
    return tuple(entities[token] for token in dict.fromkeys(tokens) if token in entities)
