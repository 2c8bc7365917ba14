"""How large the HTML page is and how fast it opens: `python benchmarks/page.py`, with chromium and chromedriver.

Makes a report of 5,000 outcomes (500 cases x 10 models with long names and of ten sizes, 60 tokens each), writes
its page, opens it in headless Chromium until all cases are listed, and filters and sorts them. The bars are 3 MB
and 2 s. Each of 25 suites has a figure; where vl-convert is installed, these are interactive charts, drawn last.
The page of a run that goes on is written too: its time decides how often that can happen. CPU seconds are of one
process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.results import Results

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from kit.chromium import Chromium, chromium
from kit.sample_report import sample_report

MODELS = 10


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=5000)
    results = report(parser.parse_args().outcomes // MODELS)
    print("| step | |\n|---|--:|")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "page.html")
        with _clock("write the page of a run that goes on"):
            html_report(results, running="some of the cases answered")
        with _clock("write the page at the end"):
            path.write_text(html_report(results), encoding="utf-8")
        _row("its size", f"{path.stat().st_size / 1e6:.2f} MB")
        with chromium(Path(folder, "profile")) as browser:
            browser.show(Path(__file__).resolve().parents[1] / "LICENSE")  # the browser itself is warm
            began_s = time.perf_counter()
            browser.open(path, "view=cases")
            wall_s = time.perf_counter() - began_s
            _row("open it, all cases listed", f"{wall_s:.2f} s ({_cpu_s(browser):.2f} s of CPU)")
            _row("search in all texts, first time", _timed(browser, "fields.q.value = 'w77 w1'; applyFilter()"))
            _row("search again", _timed(browser, "fields.q.value = 'w78'; applyFilter()"))
            _row(
                "sort by the last model",
                _timed(browser, "fields.q.value = ''; matrix.sort = data.models[9]; applyFilter()"),
            )
            figures = browser.run("return data.charts ? document.querySelectorAll('[data-chart]').length : 0")
            if figures:
                began_s = time.perf_counter()
                browser.run("location.hash = 'view=analyses'")
                browser.wait(f"return document.querySelectorAll('.charted').length === {figures}", timeout_s=120)
                _row(f"draw {figures} interactive charts", f"{time.perf_counter() - began_s:.2f} s")


def report(cases: int) -> Results:
    """Return the report; models differ in which cases they answer."""
    sample = sample_report()
    names = [f"Some-Family-{size}B-Instruct-2026-Thinking-Q{size % 8 + 1}_K_M" for size in range(MODELS)]
    outcomes = []
    for case in range(cases):
        for place, name in enumerate(names):
            seed = case * MODELS + place
            words = " ".join(f"w{(seed * 7919 + word * word) % 9973}" for word in range(40))
            lengths = [1 + (seed * 13 + token * 7) % 5 for token in range(60)]
            outcomes.append(
                replace(
                    sample.outcomes[0], suite=f"suite-{case // 20}", case=f"case-{case}", model=name,
                    nodeid=f"cases/suite-{case // 20}.yaml::case-{case}[{name}]",
                    status="correct" if (case + place) % 3 else "wrong",
                    completion=f" step by step {words} so the answer is {case}.",
                    logprobs=tuple(-((seed * 31 + token * 17) % 397) / 100 for token in range(60)),
                    ends=tuple(sum(lengths[: token + 1]) for token in range(60)),
                )
            )  # fmt: skip
    models = tuple(
        replace(sample.models[0], name=name, n_params=10**8 * 2**place) for place, name in enumerate(names)
    )
    whole = replace(sample, models=models, outcomes=tuple(outcomes), gates=(), prompts=())
    return analyzed(whole, scaled=True, pooled=False)


@contextmanager
def _clock(what: str) -> Iterator[None]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    yield
    _row(what, f"{time.perf_counter() - wall_s:.2f} s ({time.process_time() - cpu_s:.2f} s of CPU)")


def _cpu_s(browser: Chromium) -> float:
    """Return the CPU time of the page's process, which has shown nothing else."""
    browser.command("Performance.enable")
    metrics = {one["name"]: one["value"] for one in browser.command("Performance.getMetrics")["metrics"]}
    return float(metrics["ProcessTime"])


def _timed(browser: Chromium, script: str) -> str:
    found: float = browser.run(f"const began = performance.now(); {script}; return performance.now() - began")
    return f"{found:.0f} ms"


def _row(what: str, figure: str) -> None:
    print(f"| {what} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
