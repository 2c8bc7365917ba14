"""The overall verdict in a few words, and the list of what did not pass."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import Gate, Verdict
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.comparisons import compared
from pytest_reasoning.report.tables.formats import Row
from pytest_reasoning.text.wording import counted, listed, printable

_VERDICTS: dict[Verdict, str] = {
    "passed": "Passed", "failed": "Failed", "undecided": "Undecided", "error": "Error", "skipped": "Nothing judged"
}  # fmt: skip


def verdict_texts(results: Results, *, others: str = "against other models") -> tuple[str, str]:
    """Return the verdict in a word or two, and the counts behind it; `others`: what models are compared with."""
    judged = [gate for gate in results.gates if gate.verdict != "skipped"]
    passed = sum(gate.verdict == "passed" for gate in judged)
    correct = sum(outcome.status == "correct" for outcome in results.outcomes)
    errors = sum(outcome.status == "error" for outcome in results.outcomes)
    parts = [f"{passed} of {counted(len(judged), 'gate')} passed"] if judged else []
    plain = results.plain_tests
    if plain:
        missed = sum(outcome.status != "correct" for outcome in plain)
        parts.append(f"{missed:,} of {counted(len(plain), 'plain test')} failed")
    for against, where in ((False, "against the baseline"), (True, others)):
        found = [one.verdict == "failed" for one in results.comparisons if bool(one.against) == against]
        if found:
            parts.append(f"{counted(sum(found), 'regression')} {where}")
    parts.append(f"{correct:,} of {counted(len(results.outcomes) - errors, 'outcome')} correct")
    if errors:
        parts.append(counted(errors, "error"))
    if measured := measured_text(results.gates):
        parts.append(measured)
    if results.shard is not None:
        parts.insert(0, f"shard {results.shard}, judged when merged")
    return _VERDICTS[results.verdict], "; ".join(parts)


def running_text(results: Results) -> str:
    """Return the counts of a run that goes on; which cases are plain tests is known when all gates are judged."""
    judged = [gate for gate in results.gates if gate.verdict != "skipped"]
    passed = sum(gate.verdict == "passed" for gate in judged)
    correct = sum(outcome.status == "correct" for outcome in results.outcomes)
    parts = [f"{passed} of {counted(len(judged), 'gate')} passed so far"] if judged else []
    return "; ".join([*parts, f"{correct:,} of {counted(len(results.outcomes), 'outcome')} correct"])


def measured_text(gates: Iterable[Gate]) -> str:
    """Return which models were measured by suites that ask a pass rate of other models only; empty if none was."""
    suites: dict[str, set[str]] = {}
    for gate in gates:
        if gate.measured:
            suites.setdefault(gate.model, set()).add(gate.suite)
    if not suites:
        return ""
    named = listed(f"'{printable(model)}' in {counted(len(found), 'suite')}" for model, found in suites.items())
    return f"measured only: no threshold names {named} (pytest-reasoning calibrate writes them)"


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
