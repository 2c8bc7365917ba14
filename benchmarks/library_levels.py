"""Measures the levels of the library on models, and writes the tables of docs/library.md.

    python benchmarks/library_levels.py --cases 16 --strategy direct MODEL.gguf ...
    python benchmarks/library_levels.py --cases 16 --strategy cot --families sudoku,dates MODEL.gguf
    python benchmarks/library_levels.py --reports FOLDER/MODEL.direct.json ...

Runs the same number of cases of each level in English with pytest, greedy, as `--reasoning-limit` chooses them.
What was measured before, on other models or of other families, is kept in library_levels.json. With --store=FOLDER
answers are kept too, so a run that was stopped goes on, and one with more cases asks only what is new. Without a
model only the page is written, with its other parts: one example of each family, and what guessing gets. --reports
takes what `benchmarks/real_study` has measured, of the families whose cases are still the same.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from pytest_reasoning.library import FAMILIES, Family
from pytest_reasoning.suite import load_suite
from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.suite.generate.families.drawn import LEVELS
from pytest_reasoning.suite.generate.random_stream import RandomStream

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
DATA = Path(__file__).with_name("library_levels.json")
SHUFFLED = 33
"Of three things that are named, one is right."
STRATEGIES = {"direct": "direct", "cot": "cot and not zero", "zero-shot-cot": "zero-shot-cot"}
"Strategy → the expression that selects its tests."
LOW, HIGH = 0.2, 0.8
"Pass rates between these tell models apart."
ENOUGH = 4
"Cases a level that a star needs at least."

Columns = dict[str, dict[str, Any]]
"Column of the table → the model's hash, and of each family what was measured."


def measured(model: Path, options: argparse.Namespace, families: list[Family]) -> dict[str, list[int]]:
    """Run the cases on one model; return the number of right answers of each family at each level."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-k",
            STRATEGIES[options.strategy],
            "-p",
            "no:cacheprovider",
        ]
        command += [f"--reasoning-suites={','.join(family.name for family in families)}"]
        command += [f"--reasoning-models={model}", f"--reasoning-limit={options.cases * len(LEVELS)}"]
        command += [f"--reasoning-store={options.store}", f"--reasoning-threads={options.threads}"]
        command += [f"--reasoning-json={report}", "--reasoning-show=none", "--no-summary"]
        subprocess.run(command, cwd=folder, check=False)
        rows = json.loads(report.read_text(encoding="utf-8"))["outcomes"]
    asked = sum(row["status"] != "error" for row in rows)
    if asked != options.cases * len(LEVELS) * len(families):
        raise SystemExit(f"{model.name}: {asked} answers, too few for the table (the run was ended, or had errors)")
    right: Counter[tuple[str, str]] = Counter()
    for row in rows:
        right[row["suite"], row["group"]] += row["status"] == "correct"
    return {family.name: [right[family.name, f"level={level}"] for level in LEVELS] for family in families}


def reported(path: Path, data: Columns) -> None:
    """Add what a report of English suites says."""
    report = json.loads(path.read_text(encoding="utf-8"))
    hashes = {model["name"]: (label_of(model["reference"]), model["sha256"]) for model in report["models"]}
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in report["outcomes"]:
        rows.setdefault((row["model"], row["strategy"], row["suite"]), []).append(row)
    for (model, strategy, suite), own in rows.items():
        (family,) = [one for one in FAMILIES if one.name == suite]
        targets = {case.id: list(case.target) for case in load_suite(family.path("en")).cases}
        counts = Counter(row["group"] for row in own if row["status"] != "error")
        if len(set(counts.values())) != 1 or any(targets[row["case"]] != row["target"] for row in own):
            print(f"{path.name}: {suite} is left out, its cases or counts are others")
            continue
        right = Counter(row["group"] for row in own if row["status"] == "correct")
        label, sha256 = hashes[model]
        found = {suite: [right[f"level={level}"] for level in LEVELS]}
        add(data, f"{label}, {strategy}", sha256, found, counts["level=1"], report["started"][:10])


def add(data: Columns, name: str, sha256: str, found: dict[str, list[int]], cases: int, date: str) -> None:
    """Add what was measured of some families to a column; what more of the same cases have shown is kept."""
    column = data.setdefault(name, {"sha256": sha256, "families": {}})
    if column["sha256"] != sha256:
        column.update(sha256=sha256, families={})  # of another file
    for family in FAMILIES:
        if family.name in found:
            suite = digest(family.path("en"))[:8]
            known = column["families"].get(family.name)
            if known is not None and known["suite"] == suite and known["cases"] > cases:
                continue
            column["families"][family.name] = {
                "right": found[family.name],
                "cases": cases,
                "date": date,
                "suite": suite,
            }


def label_of(model: str) -> str:
    """Return a file's name without its type."""
    return re.sub(r"[.-](Q\d\w*|gguf)(?=[.-]|$)", "", Path(model).name)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def guessing(family: Family) -> str:
    """Return what the best constant answer gets at each level, in percent."""
    if family.name == "shuffled-objects":
        return str(SHUFFLED)
    shares = []
    for level in LEVELS:
        targets = [case.target[0] for case in load_suite(family.path("en")).cases if case.group == f"level={level}"]
        shares.append(round(100 * Counter(targets).most_common(1)[0][1] / len(targets)))
    return " / ".join(map(str, shares)) if max(shares) >= 10 else "< 10"


def page(data: Columns) -> str:
    """Return the page with the measured values."""
    kept = PAGE.read_text(encoding="utf-8").partition("## Families\n")[0]
    lines = [kept + "## Families\n", "| family | tags | example of level 2 | answer |", "|---|---|---|---|"]
    for family in FAMILIES:
        drawn = DRAWS[family.name](RandomStream("page", 1), 2, "en")
        question = drawn.question.replace("|", "\\|")
        tags = ", ".join(tag for tag in family.tags if tag != family.name)
        lines.append(f"| `{family.name}` | {tags} | {question} | `{drawn.answer}` |")
    return "\n".join([*lines, "", "## Levels", "", *levels(data), ""])


def levels(data: Columns) -> list[str]:
    """Return the section of the levels."""
    names = sorted(data)
    lines = [
        "Pass rates in percent at levels 1 / 2 / 3, greedy, in English, by `benchmarks/library_levels.py`. The",
        "last table says how many cases that are; where a family was asked others, their number is in brackets. A",
        "dash means that it was not measured. *Guessing* is what the most frequent answer of a level gets if it is",
        "always given; in `shuffled-objects` one of three things that are named is right. A family has a star if a",
        "model gets 20 to 80 % of four cases or more at some level, the range in which models are told",
        "apart best. Of so few cases a star is a hint: 1 right of 4 has the 95 % interval 5 to 70 %.",
        "",
        f"| family | guessing | {' | '.join(names)} |",
        f"|---|--:|{'--:|' * len(names)}",
    ]
    usual = {
        name: Counter(row["cases"] for row in data[name]["families"].values()).most_common(1)[0][0]
        for name in names
    }
    for family in FAMILIES:
        cells, telling = [], False
        for name in names:
            row = data[name]["families"].get(family.name)
            cells.append("–")
            if row is not None:
                rates = [right / row["cases"] for right in row["right"]]
                same = row["suite"] == digest(family.path("en"))[:8]
                if same and row["cases"] >= ENOUGH:
                    telling = telling or any(LOW <= rate <= HIGH for rate in rates)
                more = "" if row["cases"] == usual[name] else f" ({row['cases']})"
                old = "" if same else " (older cases)"
                cells[-1] = " / ".join(f"{100 * rate:.0f}" for rate in rates) + more + old
        lines.append(f"| {family.name}{' ★' if telling else ''} | {guessing(family)} | {' | '.join(cells)} |")
    lines += ["", "| column | file's SHA-256 | measured | cases a level |", "|---|---|---|--:|"]
    for name in names:
        days = sorted({row["date"] for row in data[name]["families"].values()})
        when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        lines.append(f"| {name} | `{data[name]['sha256']}` | {when} | {usual[name]} |")
    return lines


def main() -> None:
    """Measure the named models, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--cases", type=int, default=16, help="cases of each level")
    parser.add_argument("--strategy", default="direct", choices=STRATEGIES)
    parser.add_argument("--families", default="", help="measure only these, separated by commas")
    parser.add_argument("--store", default="off", help="folder that keeps the answers")
    parser.add_argument("--reports", nargs="*", type=Path, default=[], help="take what these reports have")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    chosen = [one for one in FAMILIES if not options.families or one.name in options.families.split(",")]
    data: Columns = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    for path in options.reports:
        reported(path, data)
        DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    for model in options.models:
        found = measured(model.resolve(), options, chosen)
        today = str(datetime.datetime.now(datetime.timezone.utc).date())
        add(data, f"{label_of(str(model))}, {options.strategy}", digest(model), found, options.cases, today)
        DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(data), encoding="utf-8")


if __name__ == "__main__":
    main()
