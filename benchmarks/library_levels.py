"""Measures the levels of the library on models, and writes the table of docs/library.md.

    python benchmarks/library_levels.py --cases 16 --strategy direct MODEL.gguf ...

Runs the first cases of each level of every family in English with pytest, greedy. Models that were measured before
keep their columns. The page's other part, one example of each family, is written too.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from pytest_reasoning.library import FAMILIES
from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.suite.generate.families.drawn import LEVELS
from pytest_reasoning.suite.generate.random_stream import RandomStream

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
DATA = Path(__file__).with_name("library_levels.json")


def measured(model: Path, cases: int, strategy: str) -> dict[str, list[int]]:
    """Run the cases on one model; return the number of right answers of each family at each level."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        chosen = " or ".join(f"-{number:03}[" for number in range(1, cases + 1))
        command = [sys.executable, "-m", "pytest", "-q", "--reasoning-suites=all", f"--reasoning-models={model}"]
        command += ["--reasoning-store=off", f"--reasoning-json={report}", "-p", "no:cacheprovider"]
        keep = Path(folder, "conftest.py")
        keep.write_text(
            "def pytest_collection_modifyitems(config, items):\n"
            f"    names = {chosen.split(' or ')!r}\n"
            f"    ends = '-{strategy}]'\n"
            "    items[:] = [i for i in items if any(n in i.name for n in names) and i.name.endswith(ends)]\n",
            encoding="utf-8",
        )
        subprocess.run(
            [*command, "-p", "conftest"], cwd=folder, check=False, env={**os.environ, "PYTHONPATH": folder}
        )
        rows = json.loads(report.read_text(encoding="utf-8"))["outcomes"]
    asked = sum(row["status"] != "error" for row in rows)
    if asked != cases * len(LEVELS) * len(FAMILIES):
        raise SystemExit(f"{model.name}: {asked} answers, too few for the table (the run was ended, or had errors)")
    right: Counter[tuple[str, str]] = Counter()
    for row in rows:
        right[row["suite"], row["group"]] += row["status"] == "correct"
    return {family.name: [right[family.name, f"level={level}"] for level in LEVELS] for family in FAMILIES}


def page(data: dict[str, dict[str, object]]) -> str:
    """Return the page with the measured values."""
    kept = PAGE.read_text(encoding="utf-8").partition("## Families\n")[0]
    lines = [kept + "## Families\n", "| family | tags | example of level 2 | answer |", "|---|---|---|---|"]
    for family in FAMILIES:
        drawn = DRAWS[family.name](RandomStream("page", 1), 2, "en")
        question = drawn.question.replace("|", "\\|")
        tags = ", ".join(tag for tag in family.tags if tag != family.name)
        lines.append(f"| `{family.name}` | {tags} | {question} | `{drawn.answer}` |")
    lines += ["", "## Levels", ""]
    if not data:
        return "\n".join([*lines, "Not measured yet.", ""])
    names = sorted(data)
    lines += [
        "Pass rates in percent at levels 1 / 2 / 3, by `benchmarks/library_levels.py`, greedy, in English.",
        "",
    ]
    lines += [f"| family | {' | '.join(names)} |", f"|---|{'--:|' * len(names)}"]
    for family in FAMILIES:
        cells = []
        for name in names:
            found = data[name]
            rates = found["right"][family.name]  # type: ignore[index]
            cells.append(" / ".join(f"{100 * right / found['cases']:.0f}" for right in rates))
        lines.append(f"| {family.name} | {' | '.join(cells)} |")
    lines += ["", "| column | file's SHA-256 | date | cases a level |", "|---|---|---|--:|"]
    for name in names:
        found = data[name]
        lines.append(f"| {name} | `{found['sha256']}` | {found['date']} | {found['cases']} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure the named models, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--cases", type=int, default=16)
    parser.add_argument("--strategy", default="direct")
    options = parser.parse_args()
    data = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    for model in options.models:
        label = re.sub(r"[.-](Q\d\w*|gguf)(?=[.-]|$)", "", model.name)
        name = f"{label}, {options.strategy}"
        data[name] = {
            "right": measured(model.resolve(), options.cases, options.strategy),
            "cases": options.cases,
            "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
            "date": str(datetime.datetime.now(datetime.timezone.utc).date()),
        }
        DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(data), encoding="utf-8")


if __name__ == "__main__":
    main()
