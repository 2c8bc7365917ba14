"""The gate of one suite × model × strategy as a pytest item: judges the pass rate of its cases by a threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_reasoning.records import Expectation, Gate
from pytest_reasoning.session.carried import carry, docket_property, gate_property
from pytest_reasoning.session.items.case import CaseItem, bounds
from pytest_reasoning.session.items.judge import Judge
from pytest_reasoning.text.errors import EngineError, ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import (
    Frame,
    GateSettings,
    counts_as,
    gate_warning,
    stopped_gate,
)
from pytest_reasoning.verdict.docket.briefs import Docket, GateBrief
from pytest_reasoning.verdict.expectations import ExpectedSuite
from pytest_reasoning.verdict.sharding import NOT_JUDGED
from pytest_reasoning.verdict.tally import case_cluster


class GateFailed(Exception):
    """The pass rate does not meet the threshold."""


class GateItem(Judge):
    """Judges the pass rate of its cases, which all run before it."""

    def __init__(self, *, cases: Sequence[CaseItem], frame: Frame | None = None, **kwargs: Any) -> None:
        """Take the items of every case of the cell that runs, at least one; `frame` where they are a sample."""
        super().__init__(cases=cases, **kwargs)
        self.threshold = cases[0].threshold
        self._frame = frame
        self._gate: Gate | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every case ran; known after setup."""
        return len(self.ran) == len(self.cases)

    def setup(self) -> None:
        """Judge; in setup, so that a case in error makes the gate an ERROR."""
        super().setup()
        self.evaluate_own()
        self.report_own()
        gate = replace(self._judge(), line=self.suite.line)
        if self.shard is not None:
            carry(self, docket_property(Docket(cells=(self.cell_brief,), gates=(self.brief,))))
            gate = replace(gate, verdict="skipped", reason=NOT_JUDGED)
        self._gate = gate
        carry(self, gate_property(gate))
        self.user_properties += _readable(gate)
        if gate.verdict == "error":
            raise EngineError(gate.reason)
        if gate.verdict == "skipped":
            pytest.skip(gate.reason)

    def runtest(self) -> None:
        """Fail unless the gate passed, or is undecided and the settings let undecided gates pass."""
        if self._gate is None or counts_as(self._gate, self.settings) != "passed":
            raise GateFailed(self._gate.reason if self._gate else "not judged")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the reason and a count of the misses by status, instead of a traceback."""
        if excinfo.errisinstance((GateFailed, ReasoningError)):
            return printable(str(excinfo.value), newlines=True)
        return super().repr_failure(excinfo, style)

    @property
    def warning(self) -> str | None:
        """A warning if the gate has too few cases to be decided; else None."""
        return gate_warning(self.nodeid, cases=self.clusters, threshold=self.threshold, settings=self.settings)

    @property
    def flaky(self) -> tuple[int, Mapping[str, float]] | None:
        """Number of cases and threshold if the gate judges a sampled model by its pass rate alone; else None."""
        if not self.threshold or self._frame is not None or self.settings.confidence is not None:
            return None
        return (self.clusters, self.threshold) if any(case.question.sampled for case in self.cases) else None

    @property
    def clusters(self) -> int:
        """Number of independent cases: those that the suite declares as related count as one."""
        return count_clusters(self.cases)

    @property
    def settings(self) -> GateSettings:
        """The settings by which this gate is judged."""
        return self._settings.gate_of(self.suite)

    @property
    def brief(self) -> GateBrief:
        """All that its verdict depends on beside the outcomes."""
        return GateBrief(
            nodeid=self.nodeid,
            **self.cell._asdict(),
            line=self.suite.line,
            threshold=self.threshold,
            settings=self.settings,
            must_pass=tuple(case.case.id for case in self.cases if case.case.must_pass),
            measured=self.cases[0].measured,
            frame=self._frame,
            expected=None if self.expected is None else replace(self.expected, whole=False),
        )

    @property
    def expected(self) -> ExpectedSuite | None:
        """What its suite expects of all models together, if anything."""
        if self.suite.expect == Expectation():
            return None
        return ExpectedSuite(
            file=self.nodeid.split("::")[0],
            suite=self.suite.name,
            strategy=self.strategy,
            expect=self.suite.expect,
            whole=self.is_whole,
        )

    def _judge(self) -> Gate:
        ran = self.ran
        outcomes = self.outcomes(ran)
        whole = len(ran) == len(self.cases)
        settled = self.pace.settled(self.nodeid) if self.pace is not None and not whole else None
        if settled is not None:
            return stopped_gate(
                settled,
                nodeid=self.nodeid,
                suite=self.suite.name,
                model=self.model.name,
                strategy=self.strategy,
                outcomes=outcomes,
                threshold=self.threshold or {},
                settings=self.settings,
            )
        gate = self.brief.judged(self.cell_brief, outcomes)
        if self.lost is not None:
            verdict, reason = self.lost
            return replace(gate, verdict=verdict, reason=reason)
        if whole or self.pace is None or not self.pace.late:
            return gate
        left_out = sum(case.case.repeats for case in self.cases) - len(outcomes)
        return replace(gate, not_run=left_out, rate=None, interval=None, reason=f"{gate.reason}: {self.pace.late}")


def count_clusters(cases: Iterable[CaseItem]) -> int:
    """Return how many clusters some cases form."""
    return len({case_cluster(one.case.suite, one.case.cluster, one.case.id) for one in cases})


def _readable(gate: Gate) -> list[tuple[str, object]]:
    """Return the properties that are shown in JUnit XML."""
    properties: list[tuple[str, object]] = [("verdict", gate.verdict), ("n", gate.total)]
    if gate.rate is not None:
        properties.append(("pass_rate", f"{gate.rate:.4f}"))
    if gate.interval is not None:
        properties.append(("interval", "{:.4f} {:.4f}".format(*gate.interval)))
    if gate.threshold:
        properties.append(("threshold", bounds(gate.threshold)))
    return properties
