"""The overall verdict in a few words, and the list of what did not pass."""

from __future__ import annotations

from pytest_reasoning.records import Verdict
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.comparisons import compared
from pytest_reasoning.report.tables.formats import Row
from pytest_reasoning.text.wording import counted, printable

_VERDICTS: dict[Verdict, str] = {
    "passed": "Passed", "failed": "Failed", "undecided": "Undecided", "error": "Error", "skipped": "Nothing judged"
}  # fmt: skip


def verdict_texts(results: Results) -> tuple[str, str]:
    """Return the verdict in a word or two, and the counts behind it."""
    judged = [gate for gate in results.gates if gate.verdict != "skipped"]
    passed = sum(gate.verdict == "passed" for gate in judged)
    correct = sum(outcome.status == "correct" for outcome in results.outcomes)
    errors = sum(outcome.status == "error" for outcome in results.outcomes)
    parts = [f"{passed} of {counted(len(judged), 'gate')} passed"] if judged else []
    plain = results.plain_tests
    if plain:
        missed = sum(outcome.status != "correct" for outcome in plain)
        parts.append(f"{missed:,} of {counted(len(plain), 'plain test')} failed")
    for against, where in ((False, "the baseline"), (True, "other models")):
        found = [one.verdict == "failed" for one in results.comparisons if bool(one.against) == against]
        if found:
            parts.append(f"{counted(sum(found), 'regression')} against {where}")
    parts.append(f"{correct:,} of {counted(len(results.outcomes) - errors, 'outcome')} correct")
    if errors:
        parts.append(counted(errors, "error"))
    return _VERDICTS[results.verdict], "; ".join(parts)


def judged_lines(results: Results) -> list[Row]:
    """Return one row per gate or comparison that did not pass, regressions first."""
    found = [
        {
            "verdict": "regression",
            "name": printable(f"{one.name} [{compared(one)}]"),
            "reason": printable(one.reason),
        }
        for one in results.comparisons
        if one.verdict == "failed"
    ]
    order: tuple[Verdict, ...] = ("error", "failed", "undecided")
    for verdict in order:
        found += [
            {"verdict": verdict, "name": printable(gate.nodeid), "reason": printable(gate.reason)}
            for gate in results.gates
            if gate.verdict == verdict
        ]
    return found
