"""What the logit lens costs beside the evaluation of the same prompts: `lens_cost.py MODEL.gguf [--prompts 100]`.

Both go over the same prompts of the library in turns, each prompt evaluated whole; the ratios are of processor
time. llama.cpp's log is thrown away.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.tasks.inside.lens import Lens
from pytest_reasoning.library import find
from pytest_reasoning.prompting import conversation, render_prompt
from pytest_reasoning.records import LensProbe
from pytest_reasoning.suite import load_suite


def main() -> None:
    """Measure and print the ratio of each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--suite", default="symbol-mapping", help="a suite of the library")
    given = parser.parse_args()
    cases = load_suite(find([given.suite])[0]).cases[: given.prompts]
    prompts = [render_prompt(conversation(case, "direct"), chat_template=None).text for case in cases]
    probes = [
        LensProbe(prompt=prompt, target=f" {case.target[0]}", group="")
        for prompt, case in zip(prompts, cases, strict=True)
    ]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    backend = LlamaBackend(given.model, EngineSettings())
    tokens = [backend.tokenize(prompt) for prompt in prompts]
    lens = Lens(backend, cells=max(len(prompt) for prompt in tokens) + 16)
    ratios = []
    for _ in range(given.rounds):
        plain = _seconds(lambda: [lens.logits(prompt).shape for prompt in tokens])
        looked = _seconds(lambda: list(lens.along(probes)))
        ratios.append(looked / plain)
        print(f"prompts alone {plain:.1f} s, with the lens {looked:.1f} s: {ratios[-1]:.2f}", flush=True)
    length = statistics.mean(len(prompt) for prompt in tokens)
    print(
        f"{given.model.name}, {backend.n_blocks} blocks, {len(prompts)} prompts of {length:.0f} tokens each: "
        f"{statistics.median(ratios):.2f} times the time of the prompts alone (median)"
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
