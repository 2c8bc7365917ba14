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
QUANTISATIONS = ("F16", "Q8_0", "Q4_0")

Counts = dict[tuple[str, str, str], tuple[int, int]]
"(model, suite, strategy) → correct, counted."


def counts(reports: Iterable[dict[str, Any]]) -> Counts:
    """Count the outcomes; errors count nowhere, as in the plugin's own pass rates."""
    found: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for report in reports:
        for outcome in report["outcomes"]:
            if outcome["status"] != "error":
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
    totals = []
    for model in models:
        own = [count for (name, _, _), count in found.items() if name == model]
        total = (sum(correct for correct, _ in own), sum(number for _, number in own))
        totals.append(cell(total if own else None))
    return table(["suite, strategy", *titles], [*rows, ["**all cases**", *totals]])


def family(models: dict[str, dict[str, Any]], quantised: dict[tuple[str, str], str]) -> str:
    """Write the table of what the models are."""
    runs, rows = records(), []
    for name, facts in models.items():
        run, size = runs[name, 0], SIZES[name]
        files = [
            f"{models_size / 1024:.0f}"
            for kind in QUANTISATIONS
            if (models_size := int(quantised.get((name, kind), 0)))
        ]
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
        f"KiB as {' / '.join(QUANTISATIONS)}",
    ]
    return table(head, rows)


def page(reports: Sequence[dict[str, Any]]) -> str:
    """Write the whole page."""
    described = {model["name"]: model for report in reports for model in report["models"]}
    found = counts(reports)
    names = [name for name in SIZES if name in described]
    files = {(name, "F16"): str(described[name]["size_bytes"]) for name in names}
    for name in names:
        for kind in QUANTISATIONS[1:]:
            if f"{name}-{kind}" in described:
                files[name, kind] = str(described[f"{name}-{kind}"]["size_bytes"])
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
        kinds = [kind for kind in QUANTISATIONS if (name, kind) in files]
        if len(kinds) > 1:
            columns = [name if kind == "F16" else f"{name}-{kind}" for kind in kinds]
            own = {key: count for key, count in found.items() if key[0] in columns}
            parts += [f"## {name} in fewer bits", rates(own, columns, kinds)]
    seeds = sorted({model.rsplit("-seed", 1)[0] for model in described if "-seed" in model})
    for name in seeds:
        columns = [name, *sorted(model for model in described if model.startswith(f"{name}-seed"))]
        own = {key: count for key, count in found.items() if key[0] in columns}
        parts += [f"## {name} from other seeds", rates(own, columns, ["seed 0", *columns[1:]])]
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
