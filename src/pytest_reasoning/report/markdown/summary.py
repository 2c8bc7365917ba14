"""The report as Markdown, for a GitHub job summary, a pull request or a file."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import Outcome
from pytest_reasoning.report.markdown.quantization import quantization_parts
from pytest_reasoning.report.markdown.writing import code, escaped, headed, table, table_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.contrasts import contrast_rows, gap_rows, lift_rows
from pytest_reasoning.report.tables.formats import percent
from pytest_reasoning.report.tables.fresh import fresh_rows
from pytest_reasoning.report.tables.machines import across_lines, machine_lines
from pytest_reasoning.report.tables.models import model_rows
from pytest_reasoning.report.tables.rates import MARKS, rate_text
from pytest_reasoning.report.tables.repeats import repeated_rows
from pytest_reasoning.report.tables.scaling import growth_rows, scaling_notes
from pytest_reasoning.report.tables.verdicts import judged_lines, verdict_texts
from pytest_reasoning.text.wording import counted, quoted
from pytest_reasoning.verdict import PassRate

_MOST_CASES = 20
_MOST_BYTES = 900_000
"Limit of the summary in bytes; GitHub discards a job summary of more than 1 MiB."


def markdown_report(results: Results) -> str:
    """Return the summary: verdict, what failed, pass rates, analyses, and the first cases that were not correct."""
    text, detail = verdict_texts(results)
    parts = [f"## Reasoning: {text.lower()}", f"{detail[:1].upper()}{detail[1:]}."]
    parts += _failed(results)
    parts += [escaped(line) for line in (*machine_lines(results), *across_lines(results.comparisons))]
    parts += _pass_rates(results)
    parts += _models(results)
    parts += quantization_parts(results.quantization)
    parts += headed("Ability against size", _GROWTH, growth_rows(results.scaling), 0)
    parts += [f"{escaped(note)}." for note in scaling_notes(results.scaling)]
    parts += headed("Small against large", _SIZES, contrast_rows(results), 2)
    parts += headed("Lift over direct", _LIFTS, lift_rows(results), 4)
    parts += headed("Longer instances", _LENGTHS, gap_rows(results), 2)
    parts += headed("Repeats", _REPEATS, repeated_rows(results.repeats), 6)
    parts += headed(
        f"Own against fresh instances (seed {results.seed})", _FRESH, fresh_rows(results.contamination), 4
    )
    parts += _cases(results.outcomes)
    return _cut("\n\n".join(parts) + "\n")


_MODELS = {
    "name": "model", "type": "type", "params": "parameters", "rate": "pass rate", "interval": "95 % interval",
    "gates": "gates passed", "speed": "tokens/s", "correct_speed": "correct answers/s",
    "per_million": "rate per M params",
}  # fmt: skip
_GROWTH = {
    "suite": "suite", "strategy": "strategy", "verdict": "growth", "step": "largest step", "threshold": "N_c",
}  # fmt: skip
_SIZES = {
    "suite": "suite", "strategy": "strategy", "first": "small", "first_rate": "pass rate", "second": "large",
    "second_rate": "pass rate", "difference": "difference", "interval": "95 % interval, paired",
}  # fmt: skip
_LIFTS = {
    "suite": "suite", "strategy": "strategy", "model": "model", "direct_rate": "direct", "rate": "with it",
    "lift": "lift", "interval": "95 % interval, paired",
}  # fmt: skip
_LENGTHS = {
    "family": "family", "strategy": "strategy", "model": "model", "rates": "pass rate by length", "lost": "lost",
    "interval": "95 % interval",
}  # fmt: skip
_REPEATS = {
    "suite": "suite", "strategy": "strategy", "model": "model", "cases": "cases", "k": "k",
    "at_least_one": "pass@k", "at_least_one_interval": "95 % interval", "all": "pass^k",
    "all_interval": "95 % interval",
}  # fmt: skip
_FRESH = {
    "suite": "suite", "strategy": "strategy", "model": "model", "own": "own instances",
    "fresh": "fresh instances", "gap": "gap", "interval": "95 % interval",
}  # fmt: skip


def _failed(results: Results) -> list[str]:
    lines = [
        f"- **{escaped(row['verdict'])}** {code(row['name'])} {escaped(row['reason'])}"
        for row in judged_lines(results)
    ]
    return ["### What failed", "\n".join(lines)] if lines else []


def _pass_rates(results: Results) -> list[str]:
    rates, rows = results.rates, []
    for row in rates.rows:
        suite, strategy = escaped(row.suite), escaped(row.strategy)
        rows.append([suite, strategy, *(_rate(row.cells.get(model)) for model in rates.models)])
        for point in rates.points_of(row):
            shown = [percent(cell.rate) if (cell := point.cells.get(model)) else "" for model in rates.models]
            rows.append([f"{suite}, {escaped(point.group)}", strategy, *shown])
    heads = ["suite", "strategy", *map(escaped, rates.models)]
    return ["### Pass rates", table(heads, rows, len(rates.models))] if rows else []


def _rate(cell: PassRate | None) -> str:
    if cell is None:
        return ""
    part = f"(part: {cell.cases} of {cell.of_cases})" if cell.is_part else ""
    return " ".join(filter(None, [rate_text(cell), MARKS[cell.verdict], part]))


def _models(results: Results) -> list[str]:
    rows = model_rows(results)
    columns = _MODELS | ({"thinking": "thinking tokens"} if any(row["thinking"] for row in rows) else {})
    return [table_of(columns, rows, len(columns) - 2)]


def _cases(outcomes: Sequence[Outcome]) -> list[str]:
    missed = [outcome for outcome in outcomes if outcome.status != "correct"]
    if not missed:
        return []
    rows = [
        [
            code(outcome.nodeid),
            outcome.status,
            code(" or ".join(quoted(target) for target in outcome.target)),
            code(quoted(outcome.answer)),
        ]
        for outcome in missed[:_MOST_CASES]
    ]
    left = f"\n\n{len(missed) - _MOST_CASES:,} more." if len(missed) > _MOST_CASES else ""
    shown = table(["case", "status", "expected", "answered"], rows, 0)
    head = f"<details><summary>{counted(len(missed), 'outcome')} not correct</summary>"
    return [f"{head}\n\n{shown}{left}\n\n</details>"]


def _cut(text: str) -> str:
    content = text.encode(errors="replace")
    if len(content) <= _MOST_BYTES:
        return text
    kept = content[:_MOST_BYTES].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + "\nThe summary was cut here: GitHub limits its size.\n"
