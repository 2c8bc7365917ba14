"""How long a run takes on many replicas and nodes: tables of what was measured, computed and simulated.

    python benchmarks/scale_simulation.py MODEL.gguf [--also LARGER.gguf] [--write docs/scale-arithmetic.md]

Measures the service times of a model on one thread (`scale_measured.py`), runs 100 completions on one and two
replicas, and computes and simulates (`scale_model.py`) larger runs, in a few minutes on an idle machine. Without
MODEL the figures of the page are used.
"""

from __future__ import annotations

import argparse
import inspect
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine import processor
from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Gguf
from scale_measured import RealRun, real_run, service_of
from scale_model import WIDTH, Service, Work, computed_s, lengths, run_hours, simulated_s

PAGE = Path(__file__).parents[1] / "docs" / "scale-arithmetic.md"
NIGHT_H = 8.0
SIZES = {"135M": 135e6, "0.5B": 0.5e9, "1.5B": 1.5e9, "8B": 8e9}


def arithmetic_rows(service: Service, *, simulate: bool = True) -> list[str]:
    """Return the rows of the table: a run on one replica, and on so many nodes that it takes a night."""
    rows = []
    for count in (1_000, 10_000, 100_000, 1_000_000, 10_000_000):
        drawn = lengths(count)
        for name, params in SIZES.items():
            own, work = service.scaled(params), Work(tokens=drawn)
            alone_h = computed_s(own, work) / 3600
            nodes = max(1, math.ceil(alone_h / NIGHT_H))
            while nodes > 1 and computed_s(own, work, nodes=nodes) > NIGHT_H * 3600 and nodes < count:
                nodes = math.ceil(1.02 * nodes)
            shared_s = computed_s(own, work, nodes=nodes)
            cells = [f"{count:,}", name, hours_text(alone_h), f"{nodes:,}", hours_text(shared_s / 3600)]
            if simulate:
                found_s = simulated_s(own, work, nodes=nodes)
                cells += [hours_text(found_s / 3600), f"{100 * (shared_s / found_s - 1):+.1f} %"]
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def hours_text(hours: float) -> str:
    """Return hours as people say them."""
    if hours < 1:
        return f"{60 * hours:.2g} min" if hours < 1 / 6 else f"{60 * hours:.0f} min"
    return f"{hours:.1f} h" if hours < 100 else f"{hours:,.0f} h"


def check_rows(service: Service) -> list[str]:
    """Return the rows of the check on several replicas and with restarts, where the page's table has neither."""
    rows = []
    for count, replicas, deaths in (
        (100, 1, 0.0),
        (100, 4, 0.0),
        (10_000, 8, 0.0),
        (10_000, 8, 0.5),
        (10_000, 8, 2.0),
    ):
        work = Work(tokens=lengths(count), suites=5)
        own = service.scaled(SIZES["0.5B"])
        formula_s = computed_s(own, work, replicas=replicas, deaths_per_h=deaths)
        found_s = simulated_s(own, work, replicas=replicas, deaths_per_h=deaths)
        times = f"{hours_text(formula_s / 3600)} | {hours_text(found_s / 3600)}"
        rows.append(f"| {count:,} | {replicas} | {deaths:g} | {times} | {100 * (formula_s / found_s - 1):+.1f} % |")
    return rows


def measured_block(service: Service, also: Service | None, runs: Sequence[RealRun], where: str) -> str:
    """Return the measured figures, a check of the sizes, and small runs; the first line is for `page_service`."""
    lines = [
        f"<!-- {json.dumps(asdict(service))} -->",
        f"One replica with one thread of SmolLM2 135M (Q4_1) on {where}:",
        "",
        "| figure | |",
        "|---|--:|",
        f"| from the start of the process to the first answer | {service.start_s:.2f} s |",
        f"| a token of a prompt | {1000 * service.prompt_s:.2f} ms |",
        f"| a decoding step, whatever its width | {1000 * service.step_s:.2f} ms |",
        f"| and for each sequence in it | {1000 * service.row_s:.2f} ms |",
    ]
    if also is not None:
        own = service.scaled(also.params)
        lines += [
            "",
            f"A model of {also.params / 1e6:,.0f}M parameters, computed in proportion and measured: a token of a "
            f"prompt {1000 * own.prompt_s:.1f} and {1000 * also.prompt_s:.1f} ms, one of {WIDTH} completions "
            f"{1000 * full_s(own):.1f} and {1000 * full_s(also):.1f} ms, the start {own.start_s:.1f} and "
            f"{also.start_s:.1f} s.",
        ]
    lines += [
        "",
        "| a real run | took | busiest process | formula | simulation |",
        "|---|--:|--:|--:|--:|",
    ]
    for one in runs:
        cells = [f"{one.wall_s:.1f} s", f"{one.cpu_s:.1f} s"]
        for found in (computed_s, simulated_s):
            seconds = found(service, one.work, replicas=one.replicas)
            cells.append(f"{seconds:.1f} s ({100 * (seconds / one.cpu_s - 1):+.0f} %)")
        named = "1 replica" if one.replicas == 1 else f"{one.replicas} replicas"
        lines.append(f"| {len(one.work.tokens)} completions, {named} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def full_s(service: Service) -> float:
    """Return the seconds of one token where `WIDTH` completions are decoded together."""
    return service.step_s / WIDTH + service.row_s


def blocks(service: Service, *, simulate: bool = True) -> dict[str, str]:
    """Return the parts of the page that need no model, by name."""
    heads = ["completions", "model", "one replica", "nodes for a night", "takes"]
    heads += ["simulated", "error"] if simulate else []
    table = [f"| {' | '.join(heads)} |", f"|--:|---|{'--:|' * (len(heads) - 2)}", *arithmetic_rows(service)]
    check = [
        "| completions | replicas | deaths an hour, each | formula | simulated | error |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    return {
        "formula": f"```python\n{inspect.getsource(run_hours)}```\n",
        "check": "\n".join([*check, *check_rows(service)]) + "\n",
        "table": "\n".join(table) + "\n",
    }


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with one of its made parts replaced."""
    begin, end = f"<!-- made by benchmarks/scale_simulation.py: {name} -->\n", f"<!-- end: {name} -->\n"
    before, found, rest = page.partition(begin)
    if not found:
        raise SystemExit(f"the page has no part {name}")
    return f"{before}{begin}{text}{end}{rest.partition(end)[2]}"


def block_of(page: str, name: str) -> str:
    """Return one of the page's made parts."""
    rest = page.partition(f"<!-- made by benchmarks/scale_simulation.py: {name} -->\n")[2]
    return rest.partition(f"<!-- end: {name} -->\n")[0]


def page_service(page: str) -> Service:
    """Return the service times that a page states."""
    line = block_of(page, "measured").splitlines()[0]
    return Service(**json.loads(line.removeprefix("<!-- ").removesuffix(" -->")))


def main() -> None:
    """Measure, compute, simulate and print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="GGUF file to measure")
    parser.add_argument("--also", help="larger GGUF file, to check that times are in proportion to parameters")
    parser.add_argument("--write", type=Path, help="the page to write the tables into")
    options = parser.parse_args()
    page = (options.write or PAGE).read_text(encoding="utf-8")
    if options.model is None:
        service = page_service(page)
        parts = blocks(service)
    else:
        (model,) = files([options.model])
        service = service_of(model)
        runs = [real_run(model, replicas=replicas) for replicas in (1, 2)]
        larger = next((service_of(one, tokens=12) for one in files([options.also] if options.also else [])), None)
        where = f"{processor().rpartition(' ')[0]}, {physical_cores()} cores, load {os.getloadavg()[0]:.1f}"
        parts = {"measured": measured_block(service, larger, runs, where)} | blocks(service)
    for name, text in parts.items():
        print(text)
        page = with_block(page, name, text)
    if options.write is not None:
        options.write.write_text(page, encoding="utf-8")


def files(names: list[str]) -> list[Gguf]:
    """Return the models that are GGUF files."""
    return [one for one in resolve(names, Path()) if isinstance(one, Gguf)] if names else []


if __name__ == "__main__":
    main()
