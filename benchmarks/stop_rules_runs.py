"""The real runs of `stop_rules.py`: outcomes of gates, and the seconds of what an engine does."""

from __future__ import annotations

import json
import os
import re
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey
from pytest_runs import run_pytest
from stop_rules_clock import ROWS
from timing import cpu_of

SUITES = Path(__file__).resolve().parent.parent / "src" / "pytest_reasoning" / "library" / "suites" / "en"
PER_LEVEL = 34
WIDTHS = (4, 8, 12, 16, 32)
STEPS = 40
SHOT = (
    "Q: Silvia has {} cards. Bruno brings Silvia 16 more cards. How many cards does Silvia have now?\n"
    "A: Silvia starts with {} and gets 16 more cards from Bruno. The answer is {}.\n\n"
)
OWN = "Q: Elena has {} stamps. Leonardo brings Elena {} more stamps. How many stamps does Elena have now?\nA:"


def ran(
    model: Path, suite: str, *options: str, threshold: float | None = None
) -> tuple[float, float, dict[str, Any]]:
    """Run one suite; return wall seconds, processor seconds and the report."""
    with tempfile.TemporaryDirectory() as name:
        text = (SUITES / f"{suite}.yaml").read_text(encoding="utf-8")
        text = re.sub(r"^  count: \d+$", f"  count: {PER_LEVEL}", text, flags=re.MULTILINE)
        if threshold is not None:
            text = text.replace("prompt:", f"threshold: {threshold}\nprompt:", 1)
        Path(name, f"{suite}.yaml").write_text(text, encoding="utf-8")
        wall_s, cpu_s, _ = run_pytest(
            Path(name),
            *("-q", "--rootdir=.", "-c", os.devnull, f"{suite}.yaml", "-k", "cot and not zero"),
            *("-p", "no:cacheprovider", f"--reasoning-models={model}", "--reasoning-json=out.json", *options),
        )
        return wall_s, cpu_s, json.loads(Path(name, "out.json").read_text(encoding="utf-8"))


def record(model: Path, suite: str, store: Path) -> list[list[int]]:
    """Return 1 or 0 for right or wrong, and the tokens, of each case in the order of the suite."""
    _, _, report = ran(model, suite, f"--reasoning-store={store.resolve()}")
    return [[int(row["status"] == "correct"), row["completion_tokens"]] for row in report["outcomes"]]


def speed(model: Path, repeats: int) -> dict[str, Any]:
    """Measure the seconds of a step by its rows, of a case's own prompt and of a shared prefix.

    They are processor seconds with one thread, which other load on the machine changes least. More threads make
    all of them shorter, so the ratios of times hardly depend on them.
    """
    numbers = count(100)

    def asked(engine: ProcessEngine, prefix: str, cases: int, tokens: int) -> float:
        pid = engine.child_pid
        began_s = cpu_of(pid) if pid is not None else 0.0
        tickets = []
        for _ in range(cases):
            own = OWN.format(next(numbers), next(numbers))
            key = RequestKey(case=own)
            generation = Generation(max_tokens=tokens)
            tickets.append(
                engine.submit(
                    Request(key=key, prompt=prefix + own, prefix_chars=len(prefix), generation=generation)
                )
            )
        for ticket in tickets:
            engine.result(ticket)
        if engine.child_pid is None:
            raise SystemExit(f"{model.name}: its process has ended")
        return cpu_of(engine.child_pid) - began_s

    def shots() -> str:
        return "".join(SHOT.format(number, number, number + 16) for number in (next(numbers) for _ in range(7)))

    with ProcessEngine(model, EngineSettings(model=ModelSettings(width=ROWS, threads=1))) as engine:
        prefix = shots()
        asked(engine, prefix, 4, 2)
        case_s = min(asked(engine, prefix, 16, 1) for _ in range(repeats)) / 16
        steps = {
            rows: (min(asked(engine, prefix, rows, 1 + STEPS) for _ in range(repeats)) - rows * case_s) / STEPS
            for rows in WIDTHS
        }
        prefix_s = min(asked(engine, shots(), 4, 1) for _ in range(repeats)) - 4 * case_s
    return {
        "step_s": {str(rows): round(seconds, 4) for rows, seconds in steps.items()},
        "case_s": round(case_s, 4),
        "prefix_s": round(prefix_s, 3),
    }
