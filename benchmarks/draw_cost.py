"""What drawing a token costs beside taking the likeliest one: `draw_cost.py MODEL.gguf`.

Asks the same prompts with several settings, and prints the milliseconds for each token made: those outside of
llama.cpp's calls, and all.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey

SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {},
    "temperature 0.7": {"temperature": 0.7},
    "top_k 40": {"temperature": 0.7, "top_k": 40},
    "top_p 0.95": {"temperature": 0.7, "top_p": 0.95},
    "min_p 0.05": {"temperature": 0.7, "min_p": 0.05},
}
PROMPT = "Question: Tom has {} apples and buys {} more. How many has he now? Let's think step by step."


def cost(engine: ProcessEngine, requests: int, tokens: int, setting: dict[str, Any]) -> tuple[float, float]:
    """Return seconds outside of llama.cpp's calls, and all seconds, for each token made."""
    before = engine.totals
    tickets = [
        engine.submit(
            Request(
                key=RequestKey(case=str(number)),
                prompt=PROMPT.format(number + 2, 2 * number + 3),
                prefix_chars=0,
                generation=Generation(max_tokens=tokens, seed=1, **setting),
            )
        )
        for number in range(requests)
    ]
    for ticket in tickets:
        engine.result(ticket)
    after = engine.totals
    made = after.completion_tokens - before.completion_tokens
    elapsed_s, native_s = after.elapsed_s - before.elapsed_s, after.native_s - before.native_s
    return (elapsed_s - native_s) / made, elapsed_s / made


def main() -> None:
    """Print a row of the table for each setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--requests", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=32)
    given = parser.parse_args()
    print("| setting | ms outside llama.cpp per token | ms per token |\n|---|--:|--:|")
    with ProcessEngine(given.model, EngineSettings(model=ModelSettings(gpu_layers=0))) as engine:
        cost(engine, given.requests, 4, {})
        for name, setting in SETTINGS.items():
            outside_s, all_s = cost(engine, given.requests, given.tokens, setting)
            print(f"| {name} | {1000 * outside_s:.2f} | {1000 * all_s:.1f} |", flush=True)


if __name__ == "__main__":
    main()
