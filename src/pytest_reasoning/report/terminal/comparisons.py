"""The results of comparisons with a baseline or with other models: lines below the summary's table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pytest_reasoning.report.tables.machines import across_lines
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import Comparison, drift_line

_WORDS = {
    "failed": "regression",
    "undecided": "undecided",
    "error": "in error",
    "passed": "without regression",
    "skipped": "not compared",
}
"Words for the verdicts, in the order in which they are counted."


def comparison_summary(comparisons: Mapping[str, Comparison], name: str | None = None) -> list[str]:
    """Return a line that counts the comparisons, and one for each that did not pass, regressions first.

    A comparison of a whole run is not counted, and always has a line.

    Args:
        comparisons: comparisons by node id.
        name: name of the baseline; None for comparisons with other models of the run.
    """
    if not comparisons:
        return []
    found: Counter[str] = Counter(one.verdict for one in comparisons.values() if one.suite)
    counted = ", ".join(
        f"{found[verdict]} {_words(verdict, found[verdict])}" for verdict in _WORDS if found[verdict]
    )
    return [
        f"Against {'other models' if name is None else f'baseline {printable(name)}'}: {counted}.",
        *(
            f"{one.verdict.upper()} {printable(nodeid)}: {printable(one.reason)}"
            for nodeid, one in sorted(comparisons.items(), key=_place)
            if one.verdict != "passed" or not one.suite
        ),
        *_drifts(comparisons),
        *across_lines(comparisons.values()),
    ]


def _drifts(comparisons: Mapping[str, Comparison]) -> list[str]:
    """Return a line on all drifts that were measured, and one for each that is called and fails nothing."""
    measured = [one.drift for one in comparisons.values() if one.drift is not None]
    missing = [one for one in comparisons.values() if one.no_drift]
    if not measured and not missing:
        return []
    ways = Counter(one.called for one in measured)
    said = f"{ways['fall']} fell, {ways['rise']} rose, {ways['']} did not drift"
    return [
        f"Targets' log-probability: {said}{f', {len(missing)} not told' if missing else ''}.",
        *(
            f"DRIFT {printable(nodeid)}: {printable(drift_line(one))}"
            for nodeid, one in comparisons.items()
            if one.no_drift or (one.drift is not None and one.drift.called and not one.drift.fails)
        ),
    ]


def _place(entry: tuple[str, Comparison]) -> tuple[bool, int]:
    """Whole runs first, then by verdict."""
    return bool(entry[1].suite), list(_WORDS).index(entry[1].verdict)


def _words(verdict: str, count: int) -> str:
    return "regressions" if verdict == "failed" and count != 1 else _WORDS[verdict]
