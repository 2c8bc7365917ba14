"""Time to the verdict of gates of real models, by each rule of early stopping.

    python benchmarks/stop_rules.py --record MODEL.gguf --suites word-problems,arithmetic --store FOLDER
    python benchmarks/stop_rules.py --speed MODEL.gguf
    python benchmarks/stop_rules.py --write docs/internals/early-stopping.md
    python benchmarks/stop_rules.py --confirm MODEL.gguf --suites word-problems --threshold 0.95

`--record` runs suites of the library (34 cases of each of 3 levels, with chains of thought, greedy) on a model, and
keeps in stop_rules.json which cases were correct and how many tokens each took; `--speed` measures the seconds of a
decoding step by its rows, and of prompts, and keeps for each processor the fastest of all its calls. Without them
all rules are replayed on a clock that adds up these seconds (`stop_rules_clock.py`), with the watch and the widths
of the run itself: thresholds at 5 to 30 points from each pass rate, on both sides, in many orders. `--confirm` runs
pytest with `off` and `auto`, without the store.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from document import put_section
from pytest_reasoning.engine.machine.cores import processor_name
from pytest_reasoning.verdict import StopSettings
from pytest_reasoning.verdict.gating.stopping import StopRule
from stop_rules_clock import Case, Machine, replayed
from stop_rules_runs import ran, record, speed

DATA = Path(__file__).with_name("stop_rules.json")
DISTANCES = (5, 10, 20, 30)
SHOWN = (4, 8, 16, 32)
"Rows of a step in the table of seconds."
RULES: tuple[StopRule, ...] = ("certain", "anytime", "auto")
ERROR = 0.05


def machines_of(known: dict[str, Any]) -> dict[str, Machine]:
    """Return the recorded speeds of one model by processor."""
    return {
        processor: Machine(
            step_s={int(rows): seconds for rows, seconds in one["step_s"].items()},
            case_s=one["case_s"],
            prefix_s=one["prefix_s"],
        )
        for processor, one in known["speeds"].items()
    }


def table(data: dict[str, Any], orders: int) -> list[str]:
    """Return the lines of the table: how many times sooner the verdict is there than without early stopping."""
    lines = [
        "| model | processor | points from the threshold | `certain` | `anytime` | `auto` "
        "| `auto`, all gates together | wrong verdicts |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for model, known, processor, machine in _measured(data):
        gates = {
            name: [Case(correct=bool(right), tokens=tokens) for right, tokens in rows]
            for name, rows in known["gates"].items()
        }
        for distance in DISTANCES:
            sooner: dict[str, list[float]] = {name: [] for name in (*RULES, "together")}
            wrong = settled = 0
            for sign in (-1, 1):
                limits = {
                    name: limit
                    for name, cases in gates.items()
                    if 0 < (limit := round(_rate(cases) + sign * distance / 100, 4)) <= 1
                }
                if not limits:
                    continue
                right = "failed" if sign > 0 else "passed"
                for name in limits:
                    cases, limit = gates[name], limits[name]
                    whole_s, _ = replayed([cases], [limit], machine, None)
                    for rule in RULES:
                        taken = []
                        for order in range(1 if rule == "certain" else orders):
                            stop = StopSettings(rule=rule, error=ERROR)
                            seconds, found = replayed([_shuffled(cases, rule, order)], [limit], machine, stop)
                            taken.append(seconds)
                            if rule == "auto":
                                settled += 1
                                wrong += found[0] not in (None, right)
                        sooner[rule].append(whole_s / statistics.mean(taken))
                every, at = [gates[name] for name in limits], list(limits.values())
                whole_s, _ = replayed(every, at, machine, None)
                taken = [
                    replayed(
                        [_shuffled(one, "auto", order) for one in every], at, machine, StopSettings(rule="auto")
                    )[0]
                    for order in range(orders)
                ]
                sooner["together"].append(whole_s / statistics.mean(taken))
            cells = " | ".join(_span(values) for values in sooner.values())
            lines.append(f"| {model} | {processor} | {distance} | {cells} | {wrong / settled:.1%} |")
    return lines


def speeds_of(data: dict[str, Any]) -> list[str]:
    """Return the lines of the table of seconds."""
    lines = [
        f"| model | processor | {' | '.join(f'a row of {one}' for one in SHOWN)} | a prompt | a shared prefix |",
        f"|---|---|{'--:|' * (len(SHOWN) + 2)}",
    ]
    for model, _, processor, one in _measured(data):
        per_row = " | ".join(f"{one.step(rows) / rows * 1000:.0f} ms" for rows in SHOWN)
        lines.append(f"| {model} | {processor} | {per_row} | {1000 * one.case_s:.0f} ms | {one.prefix_s:.1f} s |")
    return lines


def _measured(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, Machine]]:
    """Yield each model and processor, with what is known of the model and its speed there."""
    for model, known in data.items():
        for processor, machine in machines_of(known).items():
            yield model, known, re.sub(r"\(\w+\)| Processor", "", processor), machine


def _rate(cases: list[Case]) -> float:
    return sum(case.correct for case in cases) / len(cases)


def _shuffled(cases: list[Case], rule: str, order: int) -> list[Case]:
    # `certain` keeps the order of the file.
    return cases if rule == "certain" else random.Random(order).sample(cases, len(cases))


def _span(values: list[float]) -> str:
    """Return the geometric mean of ratios and their range."""
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{statistics.geometric_mean(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def confirm(model: Path, suite: str, threshold: float, known: dict[str, Any]) -> None:
    """Print how much less `auto` takes than `off` in real runs of three orders, beside what the clock says."""
    cases = [Case(correct=bool(right), tokens=tokens) for right, tokens in known["gates"][suite]]
    machine = machines_of(known).get(processor_name())
    if machine is None:
        raise SystemExit(f"the speed of {model.name} on {processor_name()} is not known: run --speed first")
    options = ["--reasoning-store=off", "--reasoning-threads=2"]
    wall_s, cpu_s, _ = ran(model, suite, *options, threshold=threshold)
    print(f"off: {wall_s:.1f} s wall, {cpu_s:.1f} s processor", flush=True)
    for order in range(3):
        auto = ("--reasoning-stop=auto", f"--reasoning-stop-order={order}")
        one_wall_s, one_cpu_s, report = ran(model, suite, *options, *auto, threshold=threshold)
        print(
            f"auto, order {order}: {one_wall_s:.1f} s wall ({wall_s / one_wall_s:.1f} times sooner), "
            f"{one_cpu_s:.1f} s processor ({cpu_s / one_cpu_s:.1f} times less); {report['gates'][0]['reason']}",
            flush=True,
        )
    whole_s, _ = replayed([cases], [threshold], machine, None)
    taken = [
        replayed([_shuffled(cases, "auto", order)], [threshold], machine, StopSettings(rule="auto"))[0]
        for order in range(200)
    ]
    low, middle, high = statistics.quantiles([whole_s / one for one in taken], n=4)
    print(
        f"the clock: {middle:.1f} times sooner in half of 200 orders, {low:.1f} to {high:.1f} in their middle half"
    )


def main() -> None:
    """Record, confirm, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, metavar="MODEL")
    parser.add_argument("--speed", type=Path, metavar="MODEL")
    parser.add_argument("--repeats", type=int, default=2, help="of --speed, which keeps the fastest")
    parser.add_argument("--confirm", type=Path, metavar="MODEL")
    parser.add_argument("--suites", default="word-problems")
    parser.add_argument("--store", type=Path, default=Path("stop-rules-store"), help="keeps answers of --record")
    parser.add_argument("--threshold", type=float, default=0.95)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of the documentation")
    given = parser.parse_args()
    model = given.record or given.speed
    if model is not None:
        if given.record:
            gates = {suite: record(model, suite, given.store) for suite in given.suites.split(",")}
        data = read()
        known = data.setdefault(_name(model), {"gates": {}, "speeds": {}})
        if given.speed:
            speeds = known["speeds"]
            speeds[processor_name()] = _fastest(speeds.get(processor_name()), speed(model, given.repeats))
        if given.record:
            known["gates"] |= gates
        text = re.sub(r"\n {8,}|\n {6}(?=[\]}])", " ", json.dumps(data, indent=2))
        DATA.write_text(f"{text}\n", encoding="utf-8")
        return
    data = read()
    if given.confirm:
        confirm(given.confirm, given.suites, given.threshold, data[_name(given.confirm)])
        return
    text = "\n".join([*table(data, given.orders), "", _caption(data, given.orders), "", *speeds_of(data)])
    print(text)
    if given.write:
        put_section(given.write, "stop rules", text)


def read() -> dict[str, Any]:
    """Return what was recorded: by model its gates, and the seconds of `speed`."""
    known: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8")) if DATA.is_file() else {}
    return known


def _fastest(known: dict[str, Any] | None, found: dict[str, Any]) -> dict[str, Any]:
    """Return the smaller of the recorded and the new seconds: other load on the machine only adds to them."""
    if known is None:
        return found
    steps = {rows: min(seconds, known["step_s"].get(rows, seconds)) for rows, seconds in found["step_s"].items()}
    rest = {name: min(found[name], known[name]) for name in ("case_s", "prefix_s")}
    return {"step_s": steps, **rest}


def _name(model: Path) -> str:
    return model.stem.rpartition("-Q")[0]


def _caption(data: dict[str, Any], orders: int) -> str:
    gates = "; ".join(
        f"{model}: "
        + ", ".join(
            f"{name} {sum(right for right, _ in rows)}/{len(rows)}" for name, rows in known["gates"].items()
        )
        for model, known in data.items()
    )
    return f"Gates with their correct answers: {gates}. {orders} orders for each threshold."


if __name__ == "__main__":
    main()
