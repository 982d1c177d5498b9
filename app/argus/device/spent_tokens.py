"""The UsernameTokens one user has spent, within a bounded memory."""

from __future__ import annotations

from argus.base.clock import Clock

# Less than 3 MB a user, and at 50 requests a second three minutes.
MAX_REMEMBERED = 10_000


class SpentTokens:
    """Accepts each token once for as long as its time would do.

    When the memory is full, the tokens created first are forgotten together, and with them every token created
    before the last of them is refused: forgetting never permits a replay, and a client whose clock is right is
    never kept out by how many requests were made.
    """

    def __init__(self, clock: Clock, lifetime_s: int) -> None:
        """`lifetime_s`: how long after its use a token could be presented again."""
        self._clock = clock
        self._lifetime_ns = lifetime_s * 1_000_000_000
        # By key, in the order of use: when it was created by the client's clock, and used by ours.
        self._spent: dict[bytes, tuple[int, int]] = {}
        self._refused_until_us: int | None = None
        self._refused_since_ns = 0

    def spend(self, key: bytes, created_us: int) -> bool:
        """Use up a token; False where it was used or may have been."""
        now_ns = self._clock.mono_ns()
        self._expire(now_ns)
        if key in self._spent or (self._refused_until_us is not None and created_us <= self._refused_until_us):
            return False
        self._spent[key] = created_us, now_ns
        if len(self._spent) > MAX_REMEMBERED:
            self._retire(now_ns)
        return True

    def remembers(self, key: bytes) -> bool:
        return key in self._spent

    def is_empty(self) -> bool:
        """Whether nothing has to be remembered any more."""
        self._expire(self._clock.mono_ns())
        return not self._spent and self._refused_until_us is None

    def _expire(self, now_ns: int) -> None:
        while self._spent:
            key = next(iter(self._spent))
            if now_ns - self._spent[key][1] <= self._lifetime_ns:
                break
            del self._spent[key]
        if now_ns - self._refused_since_ns > self._lifetime_ns:
            self._refused_until_us = None

    def _retire(self, now_ns: int) -> None:
        # An eighth at once, so that the sort is paid once per many tokens.
        by_age = sorted(self._spent, key=lambda key: self._spent[key][0])
        for key in by_age[: max(1, MAX_REMEMBERED // 8)]:
            created_us = self._spent.pop(key)[0]
            self._refused_until_us = max(self._refused_until_us or created_us, created_us)
        self._refused_since_ns = now_ns
