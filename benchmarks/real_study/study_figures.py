"""The figures of the study: pass rates of families, and paired differences in the mean over families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_reasoning.library import FAMILIES, Family
from pytest_reasoning.records import Outcome
from pytest_reasoning.report import Results, read_results
from pytest_reasoning.report.results import ReportedModel
from pytest_reasoning.stats.intervals import Interval
from pytest_reasoning.stats.means import clustered_mean
from pytest_reasoning.suite import load_suite
from pytest_reasoning.verdict.scaling import Scaling, analyze

YES_NO = ("palindromes", "coin-flips", "truth-tellers", "syllogisms", "boolean-expressions")
FEW_ANSWERS = (*YES_NO, "shuffled-objects", "weekdays", "family-relations", "letter-count", "shortest-path")
Key = tuple[str, str]
"Family and case; the same in both languages."
Right = Mapping[Key, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What the reports of a folder hold."""

    models: tuple[ReportedModel, ...]
    "From the smallest to the largest."
    english: tuple[Outcome, ...]
    portuguese: tuple[Outcome, ...]
    quantization: Results | None

    def answers(self, model: str, strategy: str, *, portuguese: bool = False) -> dict[Key, Outcome]:
        """Return the outcomes of a model by family and case."""
        rows = self.portuguese if portuguese else self.english
        return {_key(row): row for row in rows if row.model == model and row.strategy == strategy}

    def right(self, model: str, strategy: str, *, portuguese: bool = False) -> Right:
        """Return which cases a model answered correctly."""
        found = self.answers(model, strategy, portuguese=portuguese)
        return {key: row.status == "correct" for key, row in found.items() if row.status != "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The mean over families of paired differences of the pass rate."""

    mean: float
    interval: Interval | None
    "95 %, Student's t with families as units; None for a single family."
    families: Mapping[str, float]
    pairs: int


def read_study(folder: Path) -> Study:
    """Read the reports of a folder."""
    english: list[Outcome] = []
    portuguese: list[Outcome] = []
    models: dict[str, ReportedModel] = {}
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith((".direct.json", ".cot.json", ".pt.json")):
            found = read_results(path)
            models |= {model.name: model for model in found.models}
            (portuguese if path.name.endswith(".pt.json") else english).extend(found.outcomes)
    quantization = folder / "quantization.json"
    return Study(
        models=tuple(sorted(models.values(), key=lambda model: model.n_params)),
        english=tuple(english),
        portuguese=tuple(portuguese),
        quantization=read_results(quantization) if quantization.exists() else None,
    )


def by_family(right: Right) -> dict[str, list[bool]]:
    """Return the answers of each family, right or not, in the order of the cases."""
    found: dict[str, list[bool]] = defaultdict(list)
    for (family, _), correct in sorted(right.items()):
        found[family].append(correct)
    return dict(found)


def mean_over_families(right: Right) -> tuple[float, Interval | None] | None:
    """Return the mean of the families' pass rates with its interval; None without answers."""
    rates = [sum(own) / len(own) for own in by_family(right).values()]
    return clustered_mean(rates, [1] * len(rates)) if rates else None


def difference(before: Right, after: Right) -> Difference | None:
    """Return the paired difference of the cases that both have; None if there are none."""
    changes: dict[str, list[int]] = defaultdict(list)
    for family, case in sorted(before.keys() & after.keys()):
        changes[family].append(after[family, case] - before[family, case])
    if not changes:
        return None
    families = {family: sum(own) / len(own) for family, own in changes.items()}
    mean, interval = clustered_mean(list(families.values()), [1] * len(families))
    return Difference(mean=mean, interval=interval, families=families, pairs=sum(map(len, changes.values())))


def most_frequent(rows: Iterable[Outcome]) -> tuple[str, float]:
    """Return the answer that is given most often, and its share."""
    answers = [row.answer or row.status for row in rows]
    best = max(sorted(set(answers)), key=answers.count)
    return best, answers.count(best) / len(answers)


def repeated(study: Study, model: str) -> tuple[int, int]:
    """Return how many wrong direct answers are those of a worked example, and how many wrong answers there are.

    Families with only a few possible answers are left out, since there the two agree by chance.
    """
    shown = {family.name: _shown_answers(family) for family in FAMILIES}
    wrong = [
        (key[0], row.answer)
        for key, row in study.answers(model, "direct").items()
        if row.status == "wrong" and key[0] not in FEW_ANSWERS
    ]
    return sum(answer in shown[family] for family, answer in wrong), len(wrong)


def _shown_answers(family: Family) -> set[str]:
    return {example.target for example in load_suite(family.path("en")).cases[0].fewshot}


def scaling(study: Study) -> tuple[Scaling, ...]:
    """Return the analysis of all families together, a curve for each strategy."""
    shared: set[tuple[str, str]] | None = None
    for model in study.models:
        own = {(row.nodeid.partition("[")[0], row.strategy) for row in study.english if row.model == model.name}
        shared = own if shared is None else shared & own
    rows = [
        replace(row, suite="library", case=row.case, cluster=row.suite)
        for row in study.english
        if shared is not None and (row.nodeid.partition("[")[0], row.strategy) in shared
    ]
    return analyze(rows, study.models)


def truncated(rows: Sequence[Outcome]) -> float:
    """Return the share of answers that the token limit cut off."""
    return sum(row.status == "truncated" for row in rows) / len(rows) if rows else 0.0


def _key(row: Outcome) -> Key:
    return row.suite.removesuffix("-pt"), row.case
