"""A report → Markdown, for a GitHub job summary, a pull request or a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pytest_reasoning.records import Outcome
from pytest_reasoning.report.document import Report
from pytest_reasoning.report.fresh import fresh_rows
from pytest_reasoning.report.quantization_markdown import quantization_parts
from pytest_reasoning.report.repeated import repeated_rows
from pytest_reasoning.report.rows import (
    MARKS,
    contrast_rows,
    gap_rows,
    judged_lines,
    model_rows,
    percent,
    rate_text,
    threshold_text,
    verdict_texts,
)
from pytest_reasoning.text.wording import printable, quoted
from pytest_reasoning.verdict import PassRate, pass_rates
from pytest_reasoning.verdict.contrasts import strategy_lifts
from pytest_reasoning.verdict.scaling import Scaling, analyse

_MOST_CASES = 20
_MOST_BYTES = 900_000
"GitHub drops a job summary of more than 1 MiB whole."
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@$&!])")


def markdown_report(report: Report) -> str:
    """Return the summary: verdict, what failed, pass rates, sizes, and the first cases that were not right."""
    text, detail = verdict_texts(report)
    parts = [f"## Reasoning: {text.lower()}", detail + "."]
    parts += _list("### What failed", [f"**{_(x['verdict'])}** {_code(x['name'])} {_(x['reason'])}"
                                       for x in judged_lines(report)])  # fmt: skip
    parts += _pass_rates(report)
    parts += _models(report)
    parts += quantization_parts(report.quantization, table=_table, escaped=escaped)
    if report.scaled:
        parts += _scaling(analyse(report.whole, report.facts))
    parts += _contrasts(report)
    parts += _lifts(report)
    parts += _gaps(report)
    parts += _repeats(report)
    parts += _fresh(report)
    parts += _cases(report.outcomes)
    return _cut("\n\n".join(parts) + "\n")


def escaped(text: str) -> str:
    """Return text that Markdown, HTML in Markdown and GitHub's mentions take for what it is."""
    return (
        _SPECIAL.sub(r"\\\1", printable(text))
        .replace("\\<", "&lt;")
        .replace("\\&", "&amp;")
        .replace("\\@", "&#64;")
    )


_ = escaped


def _code(text: str) -> str:
    """Return text as code; longer fences than any run of backticks in it keep it whole."""
    shown = printable(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _list(head: str, lines: Sequence[str]) -> list[str]:
    return [head, "\n".join(f"- {line}" for line in lines)] if lines else []


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Return a table whose last `numbers` columns stand right."""
    rule = ["---"] * (len(head) - numbers) + ["--:"] * numbers
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def _pass_rates(report: Report) -> list[str]:
    table = pass_rates(report.outcomes, models=[model.name for model in report.models], gates=report.gates)
    rows = []
    for row in table.rows:
        cells = []
        for model in table.models:
            cell = row.cells.get(model)
            cells.append("" if cell is None else f"{rate_text(cell)} {MARKS[cell.verdict]}".strip())
        rows.append([_(row.suite), _(row.strategy), *cells])
        rows += [
            [
                f"{_(row.suite)}, {_(point.group)}",
                _(row.strategy),
                *(_point(point.cells.get(m)) for m in table.models),
            ]
            for point in table.points_of(row)
        ]
    head = ["suite", "strategy", *map(_, table.models)]
    return ["### Pass rates", _table(head, rows, len(table.models))] if rows else []


def _point(cell: PassRate | None) -> str:
    return "" if cell is None else percent(cell.rate)


def _models(report: Report) -> list[str]:
    columns = {
        "name": "model", "type": "type", "params": "parameters", "rate": "pass rate", "interval": "95 % interval",
        "gates": "gates passed", "speed": "tokens/s", "correct_speed": "right answers/s",
        "per_million": "rate per M params",
    }  # fmt: skip
    found = model_rows(report)
    if any(row["thinking"] for row in found):
        columns["thinking"] = "thinking tokens"
    rows = [[_(str(row[key])) or "–" for key in columns] for row in found]
    return [_table(list(columns.values()), rows, len(columns) - 2)]


def _scaling(scaling: Iterable[Scaling]) -> list[str]:
    rows = []
    for one in scaling:
        step = one.pass_rate.sharpness
        largest = f"{_(step.between[0])} → {_(step.between[1])} {step.jump:+.2f}" if step.growing != "flat" else ""
        rows.append([_(one.suite), _(one.strategy), one.verdict, largest, threshold_text(one.pass_rate)])
    return (
        ["### Ability against size", _table(["suite", "strategy", "growth", "largest step", "N_c"], rows, 0)]
        if rows
        else []
    )


def _contrasts(report: Report) -> list[str]:
    rows = [
        [_(row[key]) for key in ("suite", "strategy", "first", "first_rate", "second", "second_rate", "difference")]
        + [row["interval"]]
        for row in contrast_rows(report)
    ]
    head = ["suite", "strategy", "small", "pass rate", "large", "pass rate", "difference", "95 % interval, paired"]
    return ["### Small against large", _table(head, rows, 2)] if rows else []


def _lifts(report: Report) -> list[str]:
    rows = [
        [
            _(lift.suite), _(lift.strategy), _(lift.first), percent(lift.first_rate), percent(lift.second_rate),
            f"{lift.difference:+.2f}", "{:+.2f} to {:+.2f}".format(*lift.interval),
        ]
        for lift in strategy_lifts(report.whole)
    ]  # fmt: skip
    head = ["suite", "strategy", "model", "direct", "with it", "lift", "95 % interval, paired"]
    return ["### Lift over direct", _table(head, rows, 4)] if rows else []


def _gaps(report: Report) -> list[str]:
    keys = ("family", "strategy", "model", "rates", "lost", "interval")
    rows = [[_(row[key]) for key in keys] for row in gap_rows(report)]
    head = ["family", "strategy", "model", "pass rate by length", "lost", "95 % interval"]
    return ["### Longer instances", _table(head, rows, 2)] if rows else []


def _repeats(report: Report) -> list[str]:
    keys = (
        "suite",
        "strategy",
        "model",
        "cases",
        "k",
        "at_least_one",
        "at_least_one_interval",
        "all",
        "all_interval",
    )
    rows = [[_(str(row[key])) for key in keys] for row in repeated_rows(report.repeats)]
    head = ["suite", "strategy", "model", "cases", "k", "pass@k", "95 % interval", "pass^k", "95 % interval"]
    return ["### Repeats", _table(head, rows, 6)] if rows else []


def _fresh(report: Report) -> list[str]:
    keys = ("suite", "strategy", "model", "own", "fresh", "gap", "interval")
    rows = [[_(str(row[key])) for key in keys] for row in fresh_rows(report.contamination)]
    head = ["suite", "strategy", "model", "own instances", "fresh instances", "gap", "95 % interval"]
    return [f"### Own against fresh instances (seed {report.seed})", _table(head, rows, 4)] if rows else []


def _cases(outcomes: Sequence[Outcome]) -> list[str]:
    missed = [outcome for outcome in outcomes if outcome.status != "correct"]
    if not missed:
        return []
    rows = [
        [_code(outcome.nodeid), outcome.status, _code(" or ".join(quoted(t) for t in outcome.target)),
         _code(quoted(outcome.answer))]
        for outcome in missed[:_MOST_CASES]
    ]  # fmt: skip
    left = f"\n\n{len(missed) - _MOST_CASES:,} more." if len(missed) > _MOST_CASES else ""
    table = _table(["case", "status", "expected", "answered"], rows, 0)
    head = f"<details><summary>{len(missed):,} outcomes not correct</summary>"
    return [f"{head}\n\n{table}{left}\n\n</details>"]


def _cut(text: str) -> str:
    content = text.encode()
    if len(content) <= _MOST_BYTES:
        return text
    kept = content[:_MOST_BYTES].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + "\nCut here: longer than a job summary may be.\n"
