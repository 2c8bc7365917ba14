"""All outcomes of one suite × model × strategy → its gate, with the reason in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Gate, Outcome, Verdict
from pytest_reasoning.stats import Interval, IntervalMethod, wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How gates are judged; the defaults judge the pass rate itself."""

    confidence: float | None = None
    "Two-sided level, 0..1: judge the whole interval at this level. None judges the point estimate."
    interval: IntervalMethod = "wilson"
    undecided: Literal["fail", "pass"] = "fail"
    "What a gate counts as whose interval holds its threshold."

    @property
    def level(self) -> float:
        """The level of the interval that is shown."""
        return 0.95 if self.confidence is None else self.confidence


def judge_gate(
    *,
    nodeid: str,
    suite: str,
    model: str,
    strategy: str,
    outcomes: Sequence[Outcome],
    expected: int,
    threshold: Mapping[str, float] | None,
    settings: GateSettings,
    selected: int | None = None,
    cases: int | None = None,
    must_pass: Collection[str] = (),
) -> Gate:
    """Judge one suite × model × strategy from all its outcomes.

    Args:
        nodeid: of the gate's own item.
        suite: its name.
        model: as named by the user.
        strategy: its name.
        outcomes: every sample that ran, in any order.
        expected: how many outcomes the selected cases must give (cases × repeats); fewer is an error,
            never a smaller denominator.
        threshold: from `threshold_for`; None where nothing is asked of this model.
        settings: how to judge.
        selected: how many cases were selected; None means all.
        cases: how many cases the suite has; None means as many as were selected.
        must_pass: ids of cases that have to be right in every sample, whatever the pass rate.
    """
    correct = sum(outcome.status == "correct" for outcome in outcomes)
    total = sum(outcome.status != "error" for outcome in outcomes)
    interval = wilson_interval(correct, total, settings.level) if total else None
    verdict, reason = _judge(
        model, outcomes, expected, threshold, settings, selected, cases, must_pass, correct, total, interval
    )
    return Gate(
        nodeid=nodeid,
        suite=suite,
        model=model,
        strategy=strategy,
        correct=correct,
        total=total,
        rate=correct / total if total else None,
        interval=interval,
        threshold=dict(threshold or {}),
        verdict=verdict,
        reason=reason,
    )


def _judge(
    model: str,
    outcomes: Sequence[Outcome],
    expected: int,
    threshold: Mapping[str, float] | None,
    settings: GateSettings,
    selected: int | None,
    cases: int | None,
    must_pass: Collection[str],
    correct: int,
    total: int,
    interval: Interval | None,
) -> tuple[Verdict, str]:
    broken = _broken(outcomes, expected)
    if broken is not None:
        return "error", broken
    if selected is not None and cases is not None and selected < cases:
        return "skipped", f"{selected} of {cases} cases ran"
    missed = sorted({o.case for o in outcomes if o.case in must_pass and o.status != "correct"})
    if missed:
        cases_named = ("case " if len(missed) == 1 else "cases ") + ", ".join(f"'{case}'" for case in missed)
        return "failed", f"must-pass {cases_named} not correct in every sample"
    if not threshold:
        found = f"{correct}/{total} correct"
        return "skipped", f"no threshold for {model}: each case is a test of its own; {found}"
    if interval is None:
        return "error", "no outcome to judge"
    return _against(threshold, settings, correct, total, interval)


def _broken(outcomes: Sequence[Outcome], expected: int) -> str | None:
    """Return why these outcomes cannot be judged at all, or None."""
    errors = [outcome for outcome in outcomes if outcome.status == "error"]
    if errors:
        first = f"case '{errors[0].case}': {errors[0].explanation}"
        return f"{len(errors)} of {expected} outcomes ended in error, first {first}"
    twice = [key for key, times in Counter((o.case, o.sample) for o in outcomes).items() if times > 1]
    if twice:
        case, sample = twice[0]
        return (
            f"{len(twice)} outcomes were reported more than once, first case '{case}' sample {sample} "
            "(run each case once: no --dist each)"
        )
    if len(outcomes) != expected:
        return f"{len(outcomes)} of {expected} outcomes arrived (the run stopped early or a worker was lost)"
    return None


def _against(
    threshold: Mapping[str, float], settings: GateSettings, correct: int, total: int, interval: Interval
) -> tuple[Verdict, str]:
    rate = correct / total
    low, high = interval if settings.confidence is not None else (rate, rate)
    found = (
        f"pass rate {_digits(rate, threshold)} ({correct}/{total}, {settings.level * 100:g} % interval "
        f"{interval[0]:.2f} to {interval[1]:.2f})"
    )
    least, most = threshold.get("min"), threshold.get("max")
    whole = "" if settings.confidence is None else "wholly "
    if least is not None and high < least:
        return "failed", f"{found} is {whole}below the threshold {least:.2f}"
    if most is not None and low > most:
        return "failed", f"{found} is {whole}above the highest allowed {most:.2f}"
    if least is not None and low < least:
        return "undecided", f"{found} is on both sides of the threshold {least:.2f}"
    if most is not None and high > most:
        return "undecided", f"{found} is on both sides of the highest allowed {most:.2f}"
    asked = [f"the threshold {least:.2f}"] if least is not None else []
    asked += [f"the highest allowed {most:.2f}"] if most is not None else []
    return "passed", f"{found} meets {' and '.join(asked)}"


def _digits(rate: float, threshold: Mapping[str, float]) -> str:
    """Return the rate with as many digits as tell it from each threshold: 0.796 is not '0.80 below 0.80'."""
    for places in (2, 3, 4):
        text = f"{rate:.{places}f}"
        if all(rate == limit or float(text) != limit for limit in threshold.values()):
            return text
    return f"{rate:.6f}"
