"""docs/zoo.md from the plugin's JSON reports: `python -m training.zoo_page report.json …`; nothing is typed in."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pytest_reasoning.stats import wilson_interval
from training.record import records
from training.sizes import SIZES

PAGE = Path(__file__).parent.parent / "docs" / "zoo.md"
REMARKS = Path(__file__).parent / "zoo_remarks.md"
"What the tables cannot say: written by a person, put at the end of the page."
QUANTIZATIONS = ("F16", "Q8_0", "Q4_K_M", "Q4_0")
SEED_MARK = "-seed"
"Between a model's name and its seed, in the names of files trained from other seeds."

Counts = dict[tuple[str, str, str], tuple[int, int]]
"(model, suite, strategy) → correct, counted."


def counts(reports: Iterable[dict[str, Any]]) -> Counts:
    """Count the outcomes, each once; errors count nowhere, as in the plugin's own pass rates."""
    found: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    seen: set[str] = set()
    for report in reports:
        for outcome in report["outcomes"]:
            if outcome["status"] != "error" and outcome["nodeid"] not in seen:
                seen.add(outcome["nodeid"])
                cell = found[outcome["model"], outcome["suite"], outcome["strategy"]]
                cell[0] += outcome["status"] == "correct"
                cell[1] += 1
    return {key: (correct, total) for key, (correct, total) in found.items()}


def cell(count: tuple[int, int] | None) -> str:
    """Write a pass rate with its 95 % Wilson interval, in percent."""
    if count is None:
        return "–"
    low, high = wilson_interval(*count)
    return f"{100 * count[0] / count[1]:.0f} ({100 * low:.0f}–{100 * high:.0f})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; the first column is text, the others are numbers."""
    lines = [list(head), ["---", *["--:"] * (len(head) - 1)], *[list(row) for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rates(found: Counts, models: Sequence[str], titles: Sequence[str]) -> str:
    """Write a table of pass rates: suites and strategies down, models across, all cases together last."""
    kinds = sorted({(suite, strategy) for _, suite, strategy in found})
    rows = [
        [f"{suite}, {strategy}", *(cell(found.get((model, suite, strategy))) for model in models)]
        for suite, strategy in kinds
    ]
    totals = [cell(total(found, model)) for model in models]
    return table(["suite, strategy", *titles], [*rows, ["**all cases**", *totals]])


def family(models: dict[str, dict[str, Any]], quantized: dict[tuple[str, str], str]) -> str:
    """Write the table of what the models are."""
    runs, rows = records(), []
    for name, facts in models.items():
        run, size = runs[name, 0], SIZES[name]
        sizes = [int(quantized.get((name, kind), 0)) for kind in QUANTIZATIONS]
        files = [f"{size_bytes / 1024:.0f}" if size_bytes else "–" for size_bytes in sizes]
        rows.append(
            [
                name,
                f"{facts['n_params']:,}",
                str(size.layers),
                str(size.width),
                f"{run.tokens / 1e6:.1f} M",
                f"{run.core_minutes:.0f}",
                " / ".join(files),
            ]
        )
    head = [
        "model",
        "parameters",
        "layers",
        "width",
        "tokens",
        "core minutes",
        f"KiB as {' / '.join(QUANTIZATIONS)}",
    ]
    return table(head, rows)


def seed_parts(found: Counts, names: Sequence[str]) -> list[str]:
    """Write how the pass rates differ between training seeds, for the models trained from several."""
    seeds = {
        name: [name, *sorted({model for model, _, _ in found if model.startswith(f"{name}{SEED_MARK}")})]
        for name in names
    }
    seeds = {name: models for name, models in seeds.items() if len(models) > 1}
    if not seeds:
        return []
    rows = [
        [
            f"{suite}, {strategy}",
            *(spread([found.get((m, suite, strategy)) for m in seeds[name]]) for name in seeds),
        ]
        for suite, strategy in sorted({(suite, strategy) for _, suite, strategy in found})
    ]
    totals = [spread([total(found, model) for model in seeds[name]]) for name in seeds]
    return [
        "## What other training seeds give",
        "Pass rates in percent of the shipped model (seed 0) and of models of the same shape and program from "
        "other seeds (other weights at the start, other documents); in brackets highest less lowest.",
        table(["suite, strategy", *seeds], [*rows, ["**all cases**", *totals]]),
    ]


def spread(found: Sequence[tuple[int, int] | None]) -> str:
    """Write the pass rates of one model's seeds, in percent, and how far they lie apart."""
    if not all(found):
        return "–"
    reached = [100 * count[0] / count[1] for count in found if count]
    return f"{' / '.join(f'{rate:.0f}' for rate in reached)} ({max(reached) - min(reached):.0f})"


def total(found: Counts, model: str) -> tuple[int, int] | None:
    """Pool all cases of one model."""
    own = [count for (name, _, _), count in found.items() if name == model]
    return (sum(correct for correct, _ in own), sum(number for _, number in own)) if own else None


def page(reports: Sequence[dict[str, Any]]) -> str:
    """Write the whole page."""
    described = {model["name"]: model for report in reports for model in report["models"]}
    found = counts(reports)
    names = [name for name in SIZES if name in described]
    files = {(name, "F16"): str(described[name]["size_bytes"]) for name in names}
    for name in names:
        for kind in QUANTIZATIONS[1:]:
            if f"{name}@{kind}" in described:
                files[name, kind] = str(described[f"{name}@{kind}"]["size_bytes"])
    environment = reports[0]["environment"]
    parts = [
        "# The embedded models",
        "Written by `training/measure.sh` from the plugin's own JSON reports; do not edit. Pass rates are "
        "percentages with 95 % Wilson intervals, over held-out cases, greedy, through llama.cpp "
        f"(llama-cpp-python {environment['llama_cpp_python']}).",
        "## What they are",
        family({name: described[name] for name in names}, files),
        "## What they can do (as shipped, F16)",
        rates({key: count for key, count in found.items() if key[0] in names}, names, names),
    ]
    for name in names:
        kinds = [kind for kind in QUANTIZATIONS if (name, kind) in files]
        if len(kinds) > 1:
            columns = [name if kind == "F16" else f"{name}@{kind}" for kind in kinds]
            own = {key: count for key, count in found.items() if key[0] in columns}
            parts += [f"## {name} in fewer bits", rates(own, columns, kinds)]
    parts += seed_parts(found, names)
    if REMARKS.exists():
        parts.append(REMARKS.read_text(encoding="utf-8").strip())
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page from the reports named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path)
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in parser.parse_args().reports]
    PAGE.write_text(page(reports), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
