"""Judges a whole docket at once, as the items of one run would have done it one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_reasoning.records import Cell, Gate, Outcome, Verdict, by_cell, cell_of
from pytest_reasoning.verdict.baseline.comparison import Comparison
from pytest_reasoning.verdict.docket.briefs import CellBrief, ComparisonBrief, Docket, ReferenceKind
from pytest_reasoning.verdict.docket.references import BaselineReference, ModelReference, Reference, answers_of
from pytest_reasoning.verdict.expectations import ExpectedSuite, expected_suites, judge_expectations
from pytest_reasoning.verdict.gating.gates import counts_as
from pytest_reasoning.verdict.sizes import SizedModel

Facts = Mapping[str, Mapping[str, str]]
"Fingerprints of models, by model name."


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDocket:
    """The verdicts on a docket."""

    gates: tuple[Gate, ...]
    "Gates, then expectations."
    comparisons: tuple[Comparison, ...]
    failed: bool
    "Whether pytest would have reported any of them as failed or as an error."


def judge_docket(
    docket: Docket,
    outcomes: Iterable[Outcome],
    *,
    models: Sequence[SizedModel],
    facts: Facts,
    baseline: BaselineReference | None,
    unreached: Mapping[str, str],
) -> JudgedDocket:
    """Judge everything that shards have left.

    Args:
        docket: the briefs of all shards as one.
        outcomes: those of all shards, without fresh instances.
        models: the models of the run that are files.
        facts: the models' fingerprints.
        baseline: what the run is compared with; needed if a brief says so.
        unreached: by node id, why a gate or comparison is not judged: a shard ended before it.
    """
    cells = {cell_of(one): one for one in docket.cells}
    found = by_cell(outcomes)
    gates: list[Gate] = []
    expected: list[ExpectedSuite] = []
    failed = False
    for brief in docket.gates:
        cell = cell_of(brief)
        own = found.get(cell, ())
        gate = brief.judged(cells[cell], own)
        if brief.nodeid in unreached:
            gate = replace(gate, verdict="skipped", reason=unreached[brief.nodeid])
        gates.append(gate)
        failed |= counts_as(gate, brief.settings) in ("failed", "error")
        if brief.expected is not None:
            whole = cells[cell].is_whole(own) and brief.nodeid not in unreached
            expected.append(replace(brief.expected, whole=whole))
    of_all = judge_expectations(
        expected_suites(expected), [outcome for own in found.values() for outcome in own], models
    )
    failed |= any(gate.verdict not in ("passed", "skipped") for gate in of_all)
    compared = dict(_comparisons(docket, cells, found, facts, baseline))
    for one in docket.comparisons:
        if one.nodeid in unreached:
            compared[one.nodeid] = one.not_run(("skipped", unreached[one.nodeid]))
        comparison = compared[one.nodeid]
        failed |= one.selected and comparison.verdict != "skipped" and not one.passes(comparison)
    return JudgedDocket(
        gates=(*gates, *of_all),
        comparisons=tuple(compared[one.nodeid] for one in docket.comparisons if one.selected),
        failed=failed,
    )


def _comparisons(
    docket: Docket,
    cells: Mapping[Cell, CellBrief],
    outcomes: Mapping[Cell, Sequence[Outcome]],
    facts: Facts,
    baseline: BaselineReference | None,
) -> Iterable[tuple[str, Comparison]]:
    """Yield each comparison with its node id; those of one model are judged together."""

    def why_not(one: ComparisonBrief) -> tuple[Verdict, str] | None:
        own, other = cell_of(one), one.reference_cell
        return one.why_not_judged(
            cells[own],
            outcomes.get(own, ()),
            None if other is None else cells.get(other),
            () if other is None else outcomes.get(other, ()),
        )

    kinds: dict[ReferenceKind, Callable[[ComparisonBrief], Reference | None]] = {
        "baseline": lambda _: baseline,
        "model": lambda one: ModelReference(against=one.against, settings=one.settings),
    }
    for kind, reference_of in kinds.items():
        family = [one for one in docket.comparisons if one.kind == kind and not one.whole]
        whole = {one.model: one for one in docket.comparisons if one.kind == kind and one.whole}
        for model in dict.fromkeys(one.model for one in family):
            together = [one for one in family if one.model == model]
            reasons = {cell_of(one): why for one in together if (why := why_not(one)) is not None}
            reference = reference_of(together[0])
            if reference is None:
                raise ValueError("the briefs need a baseline")
            answers = answers_of(
                together,
                outcomes=outcomes,
                not_judged=reasons,
                facts=facts,
                family=len(family),
                whole=model in whole,
            )
            by_place = {cell_of(one): one for one in reference.compared(answers)}
            for one in (*together, *([whole[model]] if model in whole else [])):
                known = by_place.get(cell_of(one))
                yield one.nodeid, known or one.not_run(None if one.whole else reasons.get(cell_of(one)))
