"""Compares outcomes of a report with those of a re-run, and gates with the outcomes that they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pytest_reasoning.records import Outcome, by_cell, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import printable, quoted

_SHOWN_CHARS = 60


class AskedCase(NamedTuple):
    """A case as it was put to one model; the unit that is re-run, with all its samples."""

    model: str
    "The model's name in the report."
    suite: str
    strategy: str
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a re-run says of a report."""

    compared: int
    "Number of outcomes that were re-run and compared."
    differences: tuple[str, ...]
    "One line for each of these that differs, and for each gate that is not what its outcomes are."
    environment: tuple[str, ...]
    "What differs between the two machines, for the models with differences."
    unchecked: tuple[str, ...]
    "One line for each case that could not be compared: it has changed, is gone, or ended in an error."


def case_of(outcome: Outcome) -> AskedCase:
    """Return the case of an outcome."""
    return AskedCase(outcome.model, outcome.suite, outcome.strategy, outcome.case)


def auditable(results: Results, models: Collection[str]) -> list[AskedCase]:
    """Return all cases of some models that have an answer, in a fixed order."""
    answered = (one for one in (*results.outcomes, *results.fresh) if one.status != "error" and one.model in models)
    return sorted({case_of(one) for one in answered})


def audit_of(
    before: Results, now: Results, chosen: Collection[AskedCase], names: Mapping[str, str] | None = None
) -> Audit:
    """Return the comparison.

    Args:
        before: the report that is audited.
        now: the re-run.
        chosen: the cases that should be in both.
        names: names of models in the re-run, by their names in the report, where they differ.
    """
    own = names or {}
    again: dict[tuple[AskedCase, int], Outcome] = {}
    back = {new: old for old, new in own.items()}
    for one in (*now.outcomes, *now.fresh):
        again[case_of(one)._replace(model=back.get(one.model, one.model)), one.sample] = one
    compared = 0
    different: dict[str, None] = {}
    unlike: dict[str, None] = {}
    unchecked: dict[str, None] = {}
    for one in (*before.outcomes, *before.fresh):
        if case_of(one) not in chosen:
            continue
        other = again.get((case_of(one), one.sample))
        why_not = _why_not(one, other)
        if other is None or why_not:
            unchecked[f"{printable(one.nodeid)}: {why_not}"] = None
            continue
        compared += 1
        if difference := _difference(one, other):
            sample = f" (sample {one.sample})" if one.sample else ""
            different[f"{printable(one.nodeid)}{sample}: {difference}"] = None
            facts = now.fingerprints.get(own.get(one.model, one.model), {})
            unlike |= dict.fromkeys(_unlike(before.fingerprints.get(one.model, {}), facts))
    for line in gate_differences(before):
        different[line] = None
    return Audit(
        compared=compared,
        differences=tuple(different),
        environment=tuple(unlike),
        unchecked=tuple(unchecked),
    )


def gate_differences(results: Results) -> list[str]:
    """Return a line for each gate whose counts are not those of its outcomes in the same report."""
    cells = by_cell(results.outcomes)
    lines = []
    for gate in results.gates:
        own = Counter(one.status for one in cells.get(cell_of(gate), ()))
        correct, total = own["correct"], sum(own.values()) - own["error"]
        # A gate of all models together counts nothing itself.
        if gate.model and (gate.correct, gate.total) != (correct, total):
            lines.append(
                f"{printable(gate.nodeid)}: says {gate.correct}/{gate.total} correct, but its outcomes are "
                f"{correct}/{total}"
            )
    return lines


def _why_not(before: Outcome, now: Outcome | None) -> str:
    """Return why an outcome cannot be compared; empty if it can."""
    if now is None:
        return "is gone, or has fewer samples"
    if now.status == "error":
        return f"ended in an error: {printable(now.explanation)}"
    parts = [
        part
        for part, value in before.fingerprints.items()
        if part in now.fingerprints and now.fingerprints[part] != value
    ]
    return f"has changed since ({', '.join(parts)})" if parts else ""


def _difference(before: Outcome, now: Outcome) -> str:
    """Return the first thing that differs, with both values; empty if nothing does."""
    if before.completion != now.completion:
        place = _parting(before.completion, now.completion)
        return f"completion, from character {place}: {_both(before.completion[place:], now.completion[place:])}"
    # A report that was written without a JSON, HTML or table file has no log-probabilities.
    if before.logprobs and before.logprobs != now.logprobs:
        place = _parting(before.logprobs, now.logprobs)
        return f"log-probability of token {place}: {_both(_at(before.logprobs, place), _at(now.logprobs, place))}"
    for name, one, other in (
        ("log-probability of the target", before.target_logprob, now.target_logprob),
        ("finish", before.finish or None, now.finish or None),
    ):
        if one is not None and other is not None and one != other:
            return f"{name}: {_both(str(one), str(other))}"
    for name in ("status", "answer", "target"):
        if getattr(before, name) != getattr(now, name):
            return f"{name}: {_both(str(getattr(before, name)), str(getattr(now, name)))}"
    return ""


def _parting(before: Sequence[object], now: Sequence[object]) -> int:
    """Return the first place at which two sequences differ: the shorter one's length if one begins the other."""
    pairs = enumerate(zip(before, now, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(before), len(now)))


def _at(values: tuple[float, ...], place: int) -> str:
    return str(values[place]) if place < len(values) else "none"


def _both(before: str, now: str) -> str:
    return f"the report has {_cut(before)}, here it is {_cut(now)}"


def _cut(text: str) -> str:
    return quoted(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}...")


def _unlike(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    for fact, value in before.items():
        if fact in now and now[fact] != value:
            yield printable(f"{fact}: {value} in the report, {now[fact]} here")
