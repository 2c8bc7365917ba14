"""Make the completions behind `tests/scoring/labelled` again: `python benchmarks/labelled_completions.py MODEL...`.

Runs the labelled suites on the models' files and compares what comes with the labelled file: how many of its
completions are made again, and how many of the tool's own statuses agree with the labels. With `--sheet=FILE` it
writes the completions alone instead, without any status or answer: what a person labels.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_reasoning.records import Case, Strategy
from pytest_reasoning.suite import load_suite
from pytest_runs import run_pytest

ROOT = Path(__file__).resolve().parent.parent
LABELED = ROOT / "tests" / "scoring" / "labelled"

TIMEOUT_S = 3600
"Time limit of one completion, generous because thirty are decoded together on a machine that may be busy."

Row = dict[str, Any]


def main() -> None:
    """Print a Markdown table by model and suite, or write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="GGUF files; their names are those of the labelled rows")
    parser.add_argument("--sheet", type=Path, help="write the completions here, one JSON object a line")
    arguments = parser.parse_args()
    outcomes = [outcome for model in arguments.models for outcome in run(Path(model).resolve())]
    if arguments.sheet is not None:
        rows = sheet(outcomes)
        with arguments.sheet.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    compare(outcomes)


def run(model: Path) -> list[Row]:
    """Return the outcomes of all labelled suites on one model."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.json"
        suites = (str(path) for path in sorted((LABELED / "suites").glob("*.yaml")))
        options = (f"--reasoning-models={model}", f"--reasoning-json={report}", f"--reasoning-timeout={TIMEOUT_S}")
        run_pytest(ROOT, *suites, *options, "-q")
        outcomes = json.loads(report.read_text(encoding="utf-8"))["outcomes"]
    return [outcome for outcome in outcomes if outcome["status"] != "error"]


def sheet(outcomes: list[Row]) -> Iterator[Row]:
    """Return the text a person needs to label each completion, without any verdict of the tool."""
    suites = {}
    for path in sorted((LABELED / "suites").glob("*.yaml")):
        suite = load_suite(path)
        suites[suite.name] = (path.name, suite, {case.id: case for case in suite.cases})
    for outcome in outcomes:
        file, suite, cases = suites[outcome["suite"]]
        yield _sheet_row(outcome, file, cases[outcome["case"]], suite.strategy(outcome["strategy"]))


def _sheet_row(outcome: Row, file: str, case: Case, strategy: Strategy) -> Row:
    before, text, tokens = "", outcome["completion"], outcome["completion_tokens"]
    if strategy.extraction:
        before, found, text = text.partition(f"\n{strategy.extraction}")
        if not found:
            raise SystemExit(f"{outcome['nodeid']}: the second stage was not found")
        start = len(before) + len(found)
        tokens = sum(end > start for end in outcome["ends"])
    return {
        "model": outcome["model"],
        "suite": file,
        "case": outcome["case"],
        "strategy": outcome["strategy"],
        "scorer": case.scorer.type,
        "question": case.questions.get(strategy.name, case.prompt),
        "target": list(case.target),
        "options": list(case.options),
        "before": before,
        "introduction": strategy.extraction or strategy.trigger,
        "completion": text,
        "finish": "length" if tokens >= case.generation.max_tokens else "eos",
    }


def compare(outcomes: list[Row]) -> None:
    """Print how many labelled completions were reproduced, and how many statuses agree with the labels."""
    text = (LABELED / "labelled.jsonl").read_text(encoding="utf-8")
    labels = {_key(row): row for row in map(json.loads, text.splitlines())}
    labeled, again, agree = Counter[str](), Counter[str](), Counter[str]()
    for outcome, row in zip(outcomes, sheet(outcomes), strict=True):
        label = labels.get(_key(row))
        if label is None:
            continue
        place = f"{row['model']} | {row['suite']}"
        # the tool may end earlier than the labelled completion: where the next question begins
        same = label["completion"].startswith(row["completion"].rstrip())
        labeled[place] += 1
        again[place] += same
        agree[place] += same and outcome["status"] == label["label_status"]
    print("| model | suite | labelled | made again | statuses agree |\n|---|---|--:|--:|--:|")
    for place in sorted(labeled):
        print(f"| {place} | {labeled[place]} | {again[place]} | {agree[place]} |")


def _key(row: Row) -> tuple[str, ...]:
    return (row["model"], row["suite"], row["case"], row["strategy"])


if __name__ == "__main__":
    main()
