"""Collects what each test showed, and tells it as text, JSON and JUnit."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from tests.conformance.features import CONDITIONS, Features
from tests.conformance.target import Target

_SIGNS = {"passed": "pass", "failed": "FAIL", "skipped": "skip"}


@dataclass(slots=True, kw_only=True)
class Result:
    """One test's outcome; `why` is the reason of a skip, or the beginning of a failure."""

    requirement: str
    section: str
    name: str
    outcome: str = "passed"
    why: str = ""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        function, bracket, rest = self.name.partition("[")
        return function.removeprefix("test_").replace("_", " ") + (f" ({rest.rstrip(']')})" if bracket else "")


class Report:
    """A pytest plugin: one result per test, in the order of the requirements."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.features = Features()
        self.results: dict[str, Result] = {}
        self.general_notes: list[str] = []
        self.exchanges = 0
        self._current: Result | None = None
        self._started = time.monotonic()

    def note(self, note: str) -> None:
        """Remember what a lenient run accepted."""
        notes = self._current.notes if self._current else self.general_notes
        if note not in notes:
            notes.append(note)

    def note_in_the_end(self, note: str) -> None:
        """Remember what belongs to no test, or to nobody knows which."""
        self.general_notes.append(note)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        mark = item.get_closest_marker("proves")
        requirement, section = mark.args[:2] if mark else ("", "")
        self._current = self.results[item.nodeid] = Result(requirement=requirement, section=section, name=item.name)
        try:
            return (yield)
        finally:
            self._current = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = self.results[report.nodeid]
        result.seconds = round(result.seconds + report.duration, 3)
        if report.skipped:
            result.outcome = "skipped"
            result.why = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        elif report.failed:
            result.outcome = "failed"
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash else str(report.longrepr)
            result.why = result.why or message.removeprefix("AssertionError: ").splitlines()[0][:400]

    @property
    def counts(self) -> Counter[str]:
        return Counter(result.outcome for result in self.results.values())

    def lines(self) -> Iterator[str]:
        """The whole report as text."""
        device = self.features.device
        yield f"Device      {' '.join(device.values()) or self.target.url}"
        yield f"Address     {self.target.url}"
        yield f"Judgement   {'lenient: other faults are noted' if self.target.lenient else 'strict'}"
        section = ""
        for result in sorted(self.results.values(), key=lambda result: (result.section, result.requirement)):
            if result.section != section:
                section = result.section
                yield ""
                yield section
            yield f"  {_SIGNS[result.outcome]}  {result.requirement:7}{result.sentence}"
            if result.why:
                yield f"               {result.why}"
            for note in result.notes:
                yield f"               note: {note}"
        yield from self._features()
        yield from (f"note: {note}" for note in self.general_notes)
        yield self.verdict()

    def _features(self) -> Iterator[str]:
        yield ""
        yield "Features"
        for name, condition in CONDITIONS.items():
            stated = condition(self.features)
            related = [result for result in self._needing(name) if result.outcome != "skipped"]
            good = sum(result.outcome == "passed" for result in related)
            shown = f"{good} of {len(related)} tests pass" if related else ""
            yield f"  {name:26}{'yes' if stated else 'no':5}{shown}".rstrip()
        yield ""

    def _needing(self, name: str) -> list[Result]:
        return [self.results[node] for node in self._needs.get(name, ()) if node in self.results]

    _needs: dict[str, list[str]] = {}  # noqa: RUF012 -- replaced at collection

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._needs = {}
        for item in items:
            mark = item.get_closest_marker("proves")
            for need in mark.args[2] if mark else ():
                self._needs.setdefault(need, []).append(item.nodeid)

    def verdict(self) -> str:
        counts = self.counts
        elapsed_s = time.monotonic() - self._started
        return (
            f"{len(self.results)} tests: {counts['passed']} pass, {counts['failed']} fail, {counts['skipped']} skipped;"
            f" {self.exchanges} exchanges in {elapsed_s:.0f} s"
        )

    def as_json(self) -> str:
        content = {
            "device": self.features.device,
            "url": self.target.url,
            "lenient": self.target.lenient,
            "features": {name: condition(self.features) for name, condition in CONDITIONS.items()},
            "counts": dict(self.counts),
            "notes": self.general_notes,
            "results": [asdict(result) for result in self.results.values()],
        }
        return json.dumps(content, indent=2, ensure_ascii=False)

    def write(self, folder: Path) -> None:
        """report.txt and report.json; pytest itself writes junit.xml beside them."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.txt").write_text("\n".join(self.lines()) + "\n", encoding="utf-8")
        (folder / "report.json").write_text(self.as_json() + "\n", encoding="utf-8")
