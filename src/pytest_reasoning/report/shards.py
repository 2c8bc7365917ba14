"""Merges the shards of one run (`--reasoning-shard`) and judges them as the run itself would have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pytest_reasoning.records import Cell, Outcome, cell_of
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.merge import joined
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.shard import ShardReport
from pytest_reasoning.text.wording import counted, listed, printable
from pytest_reasoning.verdict.baseline.several import baseline_paths, read_baselines
from pytest_reasoning.verdict.docket.briefs import CellBrief, ComparisonBrief, Docket
from pytest_reasoning.verdict.docket.judging import judge_docket
from pytest_reasoning.verdict.docket.references import BaselineReference

_WORST_FIRST = (3, 2, 4)
"Exit statuses of pytest that outweigh failed tests: an internal error, an interruption, a wrong use."
_NOTHING, _FAILED = 5, 1
_MAY_DIFFER = ("cpu", "gpu", "machine classes")
"Facts of a model that may differ from shard to shard: hosted machines are not all alike."


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    "The file's name."
    results: Results
    shard: ShardReport


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRun:
    """The run that several shards make."""

    results: Results
    status: int
    "The exit status that pytest would have had."


def merged_shards(reports: Sequence[Results], names: Sequence[str], *, root: Path) -> MergedRun:
    """Return the run of all shards, judged.

    Args:
        reports: the documents, in any order.
        names: their file names, for messages.
        root: pytest's root folder of the run, in which its baseline lies.

    Raises:
        ReportError: a shard is missing or there twice, or they are not shards of one run.
        ReasoningError: the baseline cannot be read.
    """
    parts = _in_order(reports, names)
    for part in parts[1:]:
        _check_alike(parts[0], part)
    docket, unreached = _docket(parts)
    whole = joined([part.results for part in parts], [part.name for part in parts])
    facts = _facts(parts, whole)
    outcomes = _sorted(whole.outcomes, docket, whole)
    fresh = _sorted(whole.fresh, docket, whole)
    judged = judge_docket(
        docket,
        outcomes,
        models=whole.models,
        facts=facts,
        baseline=_baseline(parts[0], docket, root),
        unreached=unreached,
    )
    place: dict[tuple[str, str, str], int] = {}
    for one in (*outcomes, *fresh):
        place.setdefault((one.suite, one.strategy, one.case), len(place))
    cpus = dict.fromkeys(str(part.results.environment.get("cpu")) for part in parts)
    merged = replace(
        whole,
        environment={**_environment(parts), "cpu": " and ".join(cpus), "shard": None, "shards": len(parts)},
        outcomes=outcomes,
        fresh=fresh,
        gates=judged.gates,
        comparisons=judged.comparisons,
        prompts=tuple(
            sorted(whole.prompts, key=lambda one: place.get((one.suite, one.strategy, one.case), len(place)))
        ),
        lenses=_placed(whole.lenses, place, whole),
        divergences=_placed(whole.divergences, place, whole),
        shard=None,
    )
    return MergedRun(
        results=analyzed(
            merged,
            scaled=any(part.results.environment.get("scaling") for part in parts),
            quantization=parts[0].shard.quantization,
        ),
        status=_status([part.shard.status for part in parts], failed=judged.failed),
    )


def _in_order(reports: Sequence[Results], names: Sequence[str]) -> list[_Part]:
    """Return the shards from the first to the last; raises `ReportError` if they are not each once."""
    found: dict[int, _Part] = {}
    first: _Part | None = None
    for results, name in zip(reports, names, strict=True):
        if results.shard is None:
            raise ReportError(f"{name}: is the report of no shard, but others are (merge the shards alone)")
        part = _Part(name, results, results.shard)
        first = first or part
        if part.shard.count != first.shard.count:
            raise ReportError(f"{name}: is shard {part.shard}, but {first.name} is {first.shard} (of another run)")
        other = found.setdefault(part.shard.index, part)
        if other is not part:
            raise ReportError(f"{name}: is shard {part.shard}, and so is {other.name} (leave one out)")
    assert first is not None  # the command takes at least one file
    count = first.shard.count
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in found]
    if missing:
        shown = (
            listed(missing[:5]) if len(missing) <= 5 else f"{', '.join(missing[:5])} and {len(missing) - 5} more"
        )
        there = ", ".join(part.name for part in found.values())
        raise ReportError(
            f"{there}: {counted(len(missing), 'shard')} missing, {shown} (name all reports of the run)"
        )
    return [found[index] for index in sorted(found)]


def _check_alike(first: _Part, other: _Part) -> None:
    """Raise `ReportError` if two shards ran other models, or with options that change the answers or verdicts."""

    def differs(what: str, there: object, here: object) -> ReportError:
        return ReportError(
            f"{other.name}: {what} is {printable(str(here))}, but {printable(str(there))} in {first.name} "
            "(run all shards alike)"
        )

    for name, value in first.shard.options.items():
        if other.shard.options.get(name) != value:
            raise differs(name, value or "not set", other.shard.options.get(name) or "not set")
    for model in first.results.models:
        same = next((one for one in other.results.models if one.name == model.name), None)
        if same is None or same.sha256 != model.sha256:
            raise differs(f"model '{model.name}'", model.sha256[:16], same.sha256[:16] if same else "not there")
    for extra in other.results.models:
        if extra.name not in {model.name for model in first.results.models}:
            raise differs(f"model '{extra.name}'", "not there", extra.sha256[:16])
    for model_name, facts in first.shard.facts.items():
        now = other.shard.facts.get(model_name, {})
        for fact, value in facts.items():
            if fact not in _MAY_DIFFER and fact in now and now[fact] != value:
                raise differs(f"{fact} of '{model_name}'", value, now[fact])
    for what in ("baseline", "baseline_digest"):
        if getattr(first.shard, what) != getattr(other.shard, what):
            raise differs(
                what.replace("_", " "),
                getattr(first.shard, what) or "none",
                getattr(other.shard, what) or "none",
            )


class _Brief(Protocol):
    @property
    def nodeid(self) -> str:
        """Of the test that is to be judged."""
        ...


BriefT = TypeVar("BriefT", bound=_Brief)


def _docket(parts: Sequence[_Part]) -> tuple[Docket, dict[str, str]]:
    """Return the briefs of all shards as one, and by node id why those are not judged that a shard ended before."""
    unreached: dict[str, str] = {}
    gates = _same_briefs(parts, {part.name: part.shard.docket.gates for part in parts}, unreached)
    comparisons = _same_briefs(parts, {part.name: part.shard.docket.comparisons for part in parts}, unreached)
    cells: dict[Cell, CellBrief] = {}
    for part in parts:
        for one in part.shard.docket.cells:
            known = cells.get(cell_of(one))
            if known is None:
                cells[cell_of(one)] = one
                continue
            if (known.digest, known.n_cases) != (one.digest, one.n_cases):
                raise ReportError(
                    f"{part.name}: suite '{printable(one.suite)}' is another than in {parts[0].name} "
                    "(run all shards on the same files)"
                )
            cases = sorted((*known.cases, *one.cases), key=lambda case: case.place)
            cells[cell_of(one)] = replace(known, cases=tuple(cases))
    return Docket(cells=tuple(cells.values()), gates=gates, comparisons=comparisons), unreached


def _same_briefs(
    parts: Sequence[_Part], briefs: Mapping[str, Sequence[BriefT]], unreached: dict[str, str]
) -> tuple[BriefT, ...]:
    """Return each brief once; raises `ReportError` where shards have other ones."""
    found: dict[str, tuple[str, BriefT]] = {}
    for part in parts:
        for one in briefs[part.name]:
            where, known = found.setdefault(one.nodeid, (part.name, one))
            if known != one:
                raise ReportError(
                    f"{part.name}: {printable(one.nodeid)} is judged otherwise than in {where} (run all shards on "
                    "the same files)"
                )
    for part in parts:
        own = {one.nodeid for one in briefs[part.name]}
        for nodeid, (where, _) in found.items():
            if nodeid in own:
                continue
            if not part.shard.stopped and part.shard.status not in _WORST_FIRST:
                raise ReportError(
                    f"{part.name}: {printable(nodeid)} is not in it, but in {where} (run all shards on the same "
                    "files, with the same selection)"
                )
            unreached.setdefault(nodeid, f"shard {part.shard} ended before it")
    return tuple(one for _, one in found.values())


def _baseline(first: _Part, docket: Docket, root: Path) -> BaselineReference | None:
    compared: list[ComparisonBrief] = [one for one in docket.comparisons if one.kind == "baseline"]
    if not compared:
        return None
    name = first.shard.baseline
    found = BaselineReference(name, read_baselines(root, name), compared[0].settings)
    if found.digest != first.shard.baseline_digest:
        where = ", ".join(map(str, baseline_paths(root, name)))
        raise ReportError(f"{where}: is not the baseline that {first.name} was run with (check out that version)")
    return found


def _facts(parts: Sequence[_Part], whole: Results) -> dict[str, dict[str, str]]:
    """Return the fingerprints of each model; where shards ran on different machines, a fact names what each has."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for part in parts:
        for model, own in part.shard.facts.items():
            for fact, value in own.items():
                found.setdefault(model, {}).setdefault(fact, {})[value] = None
    facts = {model: {fact: " and ".join(each) for fact, each in own.items()} for model, own in found.items()}
    for one in whole.models:
        engine = one.engine_facts
        if engine is not None and len(engine.machines) > 1:
            facts.setdefault(one.name, {})["machine classes"] = str(len(engine.machines))
    return facts


def _environment(parts: Sequence[_Part]) -> dict[str, Any]:
    """Return the environment of the first shard, with what only shards whose engines started know."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, value in part.results.environment.items():
            if found.get(name) is None:
                found[name] = value
    return found


def _sorted(outcomes: Sequence[Outcome], docket: Docket, whole: Results) -> tuple[Outcome, ...]:
    """Return outcomes in the order in which one run without workers would have asked them."""
    models = {model.name: place for place, model in enumerate(whole.models)}
    cells = {cell: place for place, cell in enumerate(dict.fromkeys(map(cell_of, docket.cells)))}
    places = {(cell_of(cell), case.id): case.place for cell in docket.cells for case in cell.cases}
    last = len(places)

    def key(one: Outcome) -> tuple[int, int, int, list[tuple[int, str]], int]:
        cell = cell_of(one)
        place = places.get((cell, one.case), last)
        named = _natural(one.case) if place == last else []
        return models.get(one.model, len(models)), cells.get(cell, len(cells)), place, named, one.sample

    return tuple(sorted(outcomes, key=key))


def _natural(case: str) -> list[tuple[int, str]]:
    """Return a key by which `case-10` follows `case-9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", case)]


class _OfCase(Protocol):
    @property
    def suite(self) -> str: ...
    @property
    def strategy(self) -> str: ...
    @property
    def case(self) -> str: ...
    @property
    def model(self) -> str: ...


OfCaseT = TypeVar("OfCaseT", bound=_OfCase)


def _placed(
    rows: Sequence[OfCaseT], places: Mapping[tuple[str, str, str], int], whole: Results
) -> tuple[OfCaseT, ...]:
    """Return rows model by model, in the order of the cases."""
    models = {model.name: place for place, model in enumerate(whole.models)}
    return tuple(
        sorted(
            rows,
            key=lambda one: (
                models.get(one.model, len(models)),
                places.get((one.suite, one.strategy, one.case), len(places)),
            ),
        )
    )


def _status(statuses: Sequence[int], *, failed: bool) -> int:
    """Return the exit status of one run from those of its shards, in which nothing was judged, and the verdicts."""
    for worst in _WORST_FIRST:
        if worst in statuses:
            return worst
    if failed or _FAILED in statuses:
        return _FAILED
    others = [status for status in statuses if status not in (0, _NOTHING)]  # of other plugins
    return others[0] if others else _NOTHING if all(status == _NOTHING for status in statuses) else 0
