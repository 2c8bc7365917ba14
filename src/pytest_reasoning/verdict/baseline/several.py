"""Several baselines as one: earlier runs of a model are pooled case by case, so that no lucky run decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.records import OTHER_KINDS, Cell, Recorded, Status, cell_of
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.baseline.file import baseline_path, read_baseline
from pytest_reasoning.verdict.baseline.records import Baseline
from pytest_reasoning.verdict.fingerprints import CASE_PARTS, text_hash
from pytest_reasoning.verdict.tally import CaseResult

_OF_MODEL = ("weights file", "quantization", "model settings", "tokenizer", "chat template")
"Facts that make two models of one name different ones; the others belong to the machine and its programs."


def read_baselines(root: Path, names: str) -> Baseline:
    """Return the baseline that an option names: one, or several runs pooled.

    Args:
        root: the project's root folder, below which baselines lie.
        names: `NAME`, `NAME,NAME`, or patterns such as `nightly-*`; of several, the last is taken as the newest.

    Raises:
        ReasoningError: a baseline does not exist or cannot be read, or the runs are of different models.
    """
    paths = baseline_paths(root, names)
    runs = [(path.stem, read_baseline(path)) for path in paths]
    return runs[0][1] if len(runs) == 1 else pooled(runs)


def baseline_paths(root: Path, names: str) -> list[Path]:
    """Return the path of each baseline named, a pattern's in the order of their names; each path once."""
    found: list[Path] = []
    for name in names.split(","):
        path = baseline_path(root, name.replace("*", "x"))  # checks that it is a plain file name
        matching = sorted(path.parent.glob(f"{name}.txt")) if "*" in name else [path.with_name(f"{name}.txt")]
        if not matching:
            others = ", ".join(sorted(other.stem for other in path.parent.glob("*.txt"))) or "none"
            raise ReasoningError(
                f"{path.parent}: no baseline matches '{name}' (there are: {others}; make one with "
                "--reasoning-save-baseline=NAME)"
            )
        found += matching
    return list(dict.fromkeys(found))


def pooled(runs: Sequence[tuple[str, Baseline]]) -> Baseline:
    """Return several runs as one, in which the samples of a case are those of all runs.

    The newest run that holds a cell decides which cases it has, and how they are asked and scored; earlier runs add
    their samples where they did the same. Facts in which the runs differ, such as the version of llama.cpp, are
    left out, because none of them is true of all.

    Args:
        runs: name and content of each baseline, oldest first; at least one.

    Raises:
        ReasoningError: two runs have different models under one name.
    """
    cases: dict[tuple[Cell, str], list[CaseResult]] = {}
    known: set[Cell] = set()
    for _, run in reversed(runs):
        for row in run.rows:
            key = cell_of(row), row.case
            if key[0] not in known:
                cases[key] = [row]
            elif key in cases and _asked(row) == _asked(cases[key][0]):
                cases[key].append(row)
        known.update(map(cell_of, run.rows))
    noise = {model: floor for _, run in runs for model, floor in run.noise.items()}
    return Baseline(rows=tuple(map(_pooled, cases.values())), facts=_facts(runs), noise=noise)


def _asked(row: CaseResult) -> tuple[str, ...]:
    return tuple(getattr(row, part) for part in CASE_PARTS)


def _pooled(rows: Sequence[CaseResult]) -> CaseResult:
    """Return the results of one case, newest first, as one."""
    missed = [row for row in rows if row.correct < row.samples]
    statuses: Counter[Status] = Counter()
    for row in missed:
        statuses[row.status] += row.samples - row.correct
    completions = dict.fromkeys(row.completion for row in rows)
    logprobs = [row.target_logprob for row in rows if row.target_logprob is not None]
    return replace(
        rows[0],
        # equal to that of a later run only if every run completed the case in the same way
        completion=rows[0].completion if len(completions) == 1 else text_hash("\0".join(completions), 8),
        correct=sum(row.correct for row in rows),
        samples=sum(row.samples for row in rows),
        status=statuses.most_common(1)[0][0] if missed else "correct",
        answer=(missed or rows)[0].answer,
        target_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
    )


def _facts(runs: Sequence[tuple[str, Baseline]]) -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {}
    owner: dict[str, str] = {}
    unlike: set[tuple[str, str]] = set()
    for name, run in runs:
        for model, facts in run.facts.items():
            before = known.setdefault(model, {})
            differing = [fact for fact, value in facts.items() if before.setdefault(fact, value) != value]
            unlike.update((model, fact) for fact in differing)
            if facts.get("quantization") == OTHER_KINDS[Recorded]:
                differing = [fact for fact in differing if fact != "weights file"]  # that of the recording
            _check_one_model(model, differing, owner.setdefault(model, name), name)
    return {model: _agreed(model, facts, unlike) for model, facts in known.items()}


def _agreed(model: str, facts: Mapping[str, str], unlike: set[tuple[str, str]]) -> dict[str, str]:
    return {fact: value for fact, value in facts.items() if (model, fact) not in unlike}


def _check_one_model(model: str, differing: Sequence[str], first: str, name: str) -> None:
    changed = [fact for fact in differing if fact in _OF_MODEL]
    if changed:
        raise ReasoningError(
            f"baselines {first} and {name} hold different models named {printable(model)}: "
            f"{', '.join(changed)} changed (name runs of one model)"
        )
