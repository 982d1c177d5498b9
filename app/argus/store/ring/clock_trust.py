"""Which time retention goes by, and whether footage may be erased by it."""

from __future__ import annotations

from collections.abc import Callable

from argus.base.clock import Clock

# No clock is right that tells a time before this program existed: 2024-01-01.
PLAUSIBLE_FROM_US = 1_704_067_200_000_000
# A clock ahead of the known time by more than this erases nothing before it is believed.
JUMP_US = 3_600_000_000
# The longest time without power that is believed without a time server.
ABSENCE_US = 400 * 86_400_000_000
# How long a clock in doubt must hold, and how far it may wander meanwhile.
CONFIRM_NS = 600_000_000_000
WANDER_US = 2_000_000


class ClockTrust:
    """Time for retention: hides by the later of two clocks, erases only where they agree.

    One is the wall clock, which may say anything. The other is the *known* time: the last one on the volume, going on
    with monotonic time. The wall clock moves the known time when it is believed: after ten minutes without a step, or
    at once back to the time of a server. `now_us` and `known_us` may be asked from any thread, `holds` from one.
    """

    def __init__(self, clock: Clock, last_known_us: int, is_synchronized: Callable[[], bool]) -> None:
        """`last_known_us`: what `known_us` was when the volume was written last; 0 if it never was.

        Not the newest time of footage: that one was told by a clock nobody had confirmed. `is_synchronized` must not
        block.
        """
        self._clock = clock
        self._is_synchronized = is_synchronized
        mono_ns, offset_us = self._look()
        nothing_known = last_known_us < PLAUSIBLE_FROM_US
        self._known_offset_us = offset_us if nothing_known else last_known_us - mono_ns // 1000
        self._held_offset_us = offset_us
        self._held_since_ns = mono_ns
        self._stepped = False
        self._synchronized_since_ns: int | None = None
        # When the clock was last seen behind the known time, and when it last jumped ahead.
        self._behind_ns: int | None = mono_ns if self._is_behind(offset_us) else None
        self._jumped_ns: int | None = None

    def now_us(self) -> int:
        """The time retention hides footage by. Never behind the wall clock, and never behind the known time."""
        return max(self._clock.utc_us(), self.known_us())

    def known_us(self) -> int:
        """The time that has certainly come, as far as can be known; to be kept on the volume."""
        return self._known_offset_us + self._clock.mono_ns() // 1000

    def holds(self) -> bool:
        """Look at the clock; whether footage may be erased by `now_us`. Call it every few seconds."""
        mono_ns, offset_us = self._look()
        synchronized = self._is_synchronized()
        if offset_us - self._held_offset_us > JUMP_US:
            self._jumped_ns = mono_ns
        if abs(offset_us - self._held_offset_us) > WANDER_US:
            self._held_offset_us, self._held_since_ns = offset_us, mono_ns
            self._stepped = True
        if not synchronized:
            self._synchronized_since_ns = None
        elif self._synchronized_since_ns is None:
            self._synchronized_since_ns = mono_ns
        if self._is_believed(mono_ns, offset_us):
            self._known_offset_us = offset_us
            self._behind_ns = None
        if self._is_behind(offset_us):
            self._behind_ns = mono_ns
        # What was recorded while the clock was behind looks old the moment it is set right: time to rebase it.
        rebased = all(since is None or mono_ns - since >= CONFIRM_NS for since in (self._behind_ns, self._jumped_ns))
        return rebased and offset_us - self._known_offset_us <= JUMP_US

    def _look(self) -> tuple[int, int]:
        """Monotonic time, and how far the wall clock is ahead of it."""
        mono_ns = self._clock.mono_ns()
        return mono_ns, self._clock.utc_us() - mono_ns // 1000

    def _is_behind(self, offset_us: int) -> bool:
        return offset_us - self._known_offset_us < -WANDER_US

    def _is_believed(self, mono_ns: int, offset_us: int) -> bool:
        """Whether the known time is to follow the wall clock."""
        held = mono_ns - self._held_since_ns >= CONFIRM_NS
        ahead_us = offset_us - self._known_offset_us
        known_is_plausible = self.known_us() >= PLAUSIBLE_FROM_US
        if self._is_behind(offset_us):
            if known_is_plausible and offset_us + mono_ns // 1000 < PLAUSIBLE_FROM_US:
                return False
            # A clock that started in the past holds as well as any other; one that was set there tells something.
            return self._synchronized_since_ns is not None or (held and (self._stepped or ahead_us >= -JUMP_US))
        if ahead_us <= ABSENCE_US or not known_is_plausible:
            return held
        return held and self._was_synchronized_throughout(mono_ns)

    def _was_synchronized_throughout(self, mono_ns: int) -> bool:
        since_ns = self._synchronized_since_ns
        return since_ns is not None and mono_ns - since_ns >= CONFIRM_NS
