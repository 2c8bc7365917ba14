"""The tables of docs/statistics.md and docs/internals/statistics.md: `figures.py [--write PAGE]… [TABLE…]`.

Computes or simulates each table (all of them unless some are named) with the functions that the plugin judges with,
and prints it as Markdown. `--write` also puts it into the page that has the marks for it. Seeds are fixed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import drift_figures
import exact_figures as exact
import sample_figures
import simulated_figures as simulated

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"Header and rows."

TABLES: dict[str, Callable[[int], Table]] = {
    "coverage": lambda _: exact.coverage(),
    "gate-errors": lambda _: exact.gate_errors(),
    "gate-cases": lambda _: exact.gate_cases(),
    "clusters": simulated.cluster_coverage,
    "related-cases": simulated.related_cases,
    "sampling": sample_figures.sampling,
    "pooling": simulated.pooling,
    "broad": simulated.broad_drops,
    "broad-alarms": simulated.broad_alarms,
    "false-alarms": simulated.false_alarms,
    "drift": drift_figures.drift,
    "changed-repeats": simulated.changed_repeats,
    "drop-power": lambda _: exact.drop_powers(),
    "visible-drops": lambda _: exact.visible_drops(),
    "margin-errors": simulated.margin_errors,
    "margin-cases": lambda _: exact.margin_cases(),
}


def main() -> None:
    """Make the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--write", type=Path, action="append", default=[], metavar="PAGE", help="may be repeated")
    parser.add_argument("--runs", type=int, default=2000, help="simulated runs of each figure")
    asked = parser.parse_args()
    unknown = [name for name in asked.tables if name not in TABLES]
    if unknown:
        parser.error(f"no such table: {', '.join(unknown)}")
    for name in asked.tables or TABLES:
        text = markdown(*TABLES[name](asked.runs))
        print(f"{name}\n\n{text}", flush=True)
        if asked.write:
            write(asked.write, name, text)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, its first column to the left and the others to the right."""
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(pages: Sequence[Path], name: str, text: str) -> None:
    """Put a table between its marks in one of the pages; raises SystemExit if none has them."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    for page in pages:
        before, found, rest = page.read_text(encoding="utf-8").partition(begin)
        _, closed, after = rest.partition(end)
        if found and closed:
            page.write_text(before + begin + text + end + after, encoding="utf-8")
            return
    raise SystemExit(f"no page has a place for the table {name} ({begin.strip()} … {end.strip()})")


if __name__ == "__main__":
    main()
