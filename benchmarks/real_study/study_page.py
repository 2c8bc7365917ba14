"""Writes the page of the study from its figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from pathlib import Path

from study_figures import (
    YES_NO,
    Difference,
    Study,
    by_family,
    difference,
    mean_over_families,
    most_frequent,
    read_study,
    repeated,
    scaling,
    truncated,
)

from pytest_reasoning.library import FAMILIES
from pytest_reasoning.records import Outcome
from pytest_reasoning.report.markdown.quantization import quantization_parts
from pytest_reasoning.report.tables.scaling import growth_rows, scaling_notes
from pytest_reasoning.stats.intervals import Interval, wilson_interval

TEXTS = Path(__file__).with_name("page.md")
"The page without its figures; each is a line `<!-- name -->`."
NONE = "–"
MOST_SHOWN = 260
"Characters of a completion that is shown."


def page(folder: Path) -> str:
    """Return the page of the reports in a folder."""
    study = read_study(folder)
    text = TEXTS.read_text(encoding="utf-8")
    for name, part in PARTS.items():
        text = text.replace(f"<!-- {name} -->", part(study))
    return text


def models_part(study: Study) -> str:
    """Return the models with their files and costs."""
    rows = []
    for model in study.models:
        own = [row for row in study.english if row.model == model.name]
        strategies = {strategy: [row for row in own if row.strategy == strategy] for strategy in ("direct", "cot")}
        rows.append(
            [
                model.name,
                f"{model.n_params / 1e6:,.0f} M",
                model.quantization,
                f"`{model.sha256}`",
                *(str(len(rows)) for rows in strategies.values()),
                str(sum(row.model == model.name for row in study.portuguese)),
                *(_percent(truncated(rows)) if rows else NONE for rows in strategies.values()),
            ]
        )
    head = ["model", "parameters", "type", "file's SHA-256", "direct", "cot", "Portuguese"]
    return _table([*head, "cut off, direct", "cut off, cot"], rows)


def ladder_part(study: Study, strategy: str) -> str:
    """Return the pass rates of all families, with intervals."""
    right = {model.name: study.right(model.name, strategy) for model in study.models}
    right = {name: own for name, own in right.items() if own}
    found = {name: by_family(own) for name, own in right.items()}
    rows = []
    for family in FAMILIES:
        cells = [family.name]
        for name in found:
            own = found[name].get(family.name)
            cells.append(_rate(sum(own), len(own)) if own else NONE)
        if any(cell != NONE for cell in cells[1:]):
            rows.append(cells)
    means = ["**mean over its families**"]
    for answers in right.values():
        mean = mean_over_families(answers)
        means.append(NONE if mean is None else f"**{_percent(mean[0])}** {_bounds(mean[1])}")
    return _table(["family", *found], [*rows, means] if rows else [])


def sizes_part(study: Study) -> str:
    """Return the differences between models of neighboring sizes, and of the smallest to the largest."""
    names = [model.name for model in study.models]
    pairs = [*pairwise(names), *([(names[0], names[-1])] if len(names) > 2 else [])]
    rows = []
    for strategy in ("direct", "cot"):
        for small, large in pairs:
            found = difference(study.right(small, strategy), study.right(large, strategy))
            if found is not None:
                rows.append([strategy, f"{small} → {large}", *_cells(found)])
    return _table(["strategy", "step", "families", "cases", "difference", "95 %"], rows)


def lift_part(study: Study) -> str:
    """Return what chain of thought adds: in the mean, and where it helps or hurts most."""
    rows = []
    for model in study.models:
        found = difference(study.right(model.name, "direct"), study.right(model.name, "cot"))
        if found is not None:
            rows.append([model.name, *_cells(found), *_extremes(found)])
    head = ["model", "families", "cases", "cot − direct", "95 %", "helps most", "hurts most"]
    return _table(head, rows)


def languages_part(study: Study) -> str:
    """Return Portuguese minus English, on the same cases."""
    rows = []
    for model in study.models:
        for strategy in ("direct", "cot"):
            english = study.right(model.name, strategy)
            found = difference(english, study.right(model.name, strategy, portuguese=True))
            if found is not None:
                rows.append([model.name, strategy, *_cells(found), *_extremes(found)])
    head = ["model", "strategy", "families", "cases", "Portuguese − English", "95 %", "better", "worse"]
    return _table(head, rows)


def habits_part(study: Study) -> str:
    """Return how often each model gives one answer to questions of yes or no, or the answer of a worked example."""
    rows = []
    for model in study.models:
        cells = [model.name]
        for family in YES_NO:
            own = [row for key, row in study.answers(model.name, "direct").items() if key[0] == family]
            if own:
                answer, share = most_frequent(own)
                cells.append(f"{answer} {_percent(share)}")
            else:
                cells.append(NONE)
        again, wrong = repeated(study, model.name)
        rows.append([*cells, f"{again} of {wrong}"])
    return _table(["model", *YES_NO, "an example's answer"], rows)


def examples_part(study: Study) -> str:
    """Return some completions, chosen by rule: the first case, in the library's order, that shows the point."""
    names = [model.name for model in study.models]
    parts = []
    for name in (names[-1], names[0]):
        direct, cot = study.answers(name, "direct"), study.answers(name, "cot")
        for what, before, after in (
            ("chain of thought helps", direct, cot),
            ("chain of thought hurts", cot, direct),
        ):
            both = [(before[key], after[key]) for key in before if key in after]
            found = [pair for pair in both if pair[0].status != "correct" and pair[1].status == "correct"]
            short = [pair for pair in found if max(len(row.completion) for row in pair) <= MOST_SHOWN]
            if short:
                parts.append(f"**{name}, {what}**: {_shown(sorted(short[0], key=lambda row: row.strategy))}")
    for name in names[::-1]:
        english = study.answers(name, "direct")
        other = study.answers(name, "direct", portuguese=True)
        lost = [
            (english[key], other[key])
            for key in english
            if key in other and english[key].status == "correct" and other[key].status != "correct"
        ]
        if lost:
            parts.append(f"**{name}, right in English and not in Portuguese**: {_shown(lost[0])}")
            break
    return "\n\n".join(parts) or "None: there are no answers to compare yet."


def scaling_part(study: Study) -> str:
    """Return the scaling analysis of all families together."""
    found = scaling(study)
    rows = [[row[key] for key in ("strategy", "verdict", "step", "threshold")] for row in growth_rows(found)]
    notes = "\n".join(f"- {note}" for note in scaling_notes(found))
    return _table(["strategy", "verdict", "greatest step", "N_c"], rows) + (f"\n\n{notes}" if notes else "")


def quantization_part(study: Study) -> str:
    """Return the report of the quantized files."""
    if study.quantization is None:
        return "Not measured yet."
    found = study.quantization.quantization
    asked = [row for row in study.quantization.outcomes if row.model == found[0].reference.model]
    right = sum(row.status == "correct" for row in asked)
    caution = (
        f"The reference answers {right} of {len(asked)} cases. What it cannot do, a variant cannot lose. In one "
        "that mostly guesses, answers move both ways, and only the divergence shows how much was changed."
    )
    parts = [part for part in quantization_parts(found) if "By suite" not in part]  # few cases in each
    return "\n\n".join([caution, *parts])


def _cells(found: Difference) -> list[str]:
    return [str(len(found.families)), str(found.pairs), f"{100 * found.mean:+.0f}", _bounds(found.interval, "+.0f")]


def _extremes(found: Difference) -> tuple[str, str]:
    """Return the three families with the largest gains, and those with the largest losses."""
    ranked = sorted(found.families.items(), key=lambda item: item[1])
    gains = [f"{name} {100 * gain:+.0f}" for name, gain in ranked[::-1][:3] if gain > 0]
    losses = [f"{name} {100 * loss:+.0f}" for name, loss in ranked[:3] if loss < 0]
    return ", ".join(gains) or NONE, ", ".join(losses) or NONE


def _shown(rows: Iterable[Outcome]) -> str:
    lines = []
    for row in rows:
        text = row.completion.strip()
        text = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} …"
        lines.append(f"{row.case}, {row.strategy}{', Portuguese' if row.suite.endswith('-pt') else ''}")
        lines.append(f"  {row.status}, the answer is {row.target[0]!r}")
        lines += [f"  | {line}" for line in text.replace("`", "'").splitlines()]
    return "\n\n```text\n" + "\n".join(lines) + "\n```"


def _rate(correct: int, total: int) -> str:
    low, high = wilson_interval(correct, total)
    return f"{_percent(correct / total)} ({100 * low:.0f} to {100 * high:.0f})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _bounds(interval: Interval | None, form: str = ".0f") -> str:
    return NONE if interval is None else f"({100 * interval[0]:{form}} to {100 * interval[1]:{form}})"


def _table(head: list[str], rows: Collection[list[str]]) -> str:
    if not rows:
        return "Not measured yet."
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join(
        [*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)]
    )


PARTS: dict[str, Callable[[Study], str]] = {
    "models": models_part,
    "ladder-direct": lambda study: ladder_part(study, "direct"),
    "ladder-cot": lambda study: ladder_part(study, "cot"),
    "sizes": sizes_part,
    "lift": lift_part,
    "languages": languages_part,
    "habits": habits_part,
    "examples": examples_part,
    "scaling": scaling_part,
    "quantization": quantization_part,
}
