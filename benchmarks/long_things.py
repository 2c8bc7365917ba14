"""What long prompts, long answers and many cases cost beside llama.cpp's own time: `long_things.py [MODEL.gguf]`.

    python benchmarks/long_things.py --write docs/internals/performance.md

The engine answers requests of growing size with a tiny random model, so that Python's share shows: microseconds per
token outside of its calls, which must not grow with the size, and the most memory. With a model of one's own
the same prompts and answers are timed there; its context must be as long.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from document import put_section
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from random_model import SHAPES, write_model

TITLE = "long things"
WORDS = "the cat sat on the mat and looked at the rain for a while "


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many requests with a prompt and an answer of so many tokens."""

    requests: int
    prompt: int
    answer: int


SIZES = [
    Size(requests=4, prompt=2_000, answer=4),
    Size(requests=4, prompt=8_000, answer=4),
    Size(requests=4, prompt=32_000, answer=4),
    Size(requests=8, prompt=50, answer=500),
    Size(requests=8, prompt=50, answer=1_000),
    Size(requests=8, prompt=50, answer=4_000),
    Size(requests=300, prompt=50, answer=8),
    Size(requests=1_000, prompt=50, answer=8),
    Size(requests=10_000, prompt=50, answer=8),
]
"Long prompts, long answers, many cases."


def asked(size: Size, tokens_per_character: float) -> list[Request]:
    """Requests that share no beginning."""
    length = int(size.prompt / tokens_per_character)
    return [
        Request(
            key=RequestKey(case=str(number)),
            prefix_chars=0,
            prompt=(f"{number} " + WORDS * (length // len(WORDS) + 1))[:length],
            generation=Generation(max_tokens=size.answer, stop=("never\nsaid",)),
        )
        for number in range(size.requests)
    ]


def measured(model: Path, size: Size, tokens_per_character: float) -> str:
    """Answer all requests in a process of its own and return a row of the table."""
    settings = EngineSettings(model=ModelSettings(n_ctx=size.prompt + size.answer + 512))
    with ProcessEngine(model, settings) as engine:
        requests = asked(size, tokens_per_character)
        began, own = time.perf_counter(), time.process_time()
        found: Sequence[Completion] = [engine.result(ticket) for ticket in [engine.submit(one) for one in requests]]
        wall, own = time.perf_counter() - began, time.process_time() - own
        totals = engine.totals
    prompt = sum(one.prompt_tokens for one in found)
    answer = sum(len(one.tokens) for one in found)
    assert all(one.error is None for one in found), found[0].error
    outside = totals.elapsed_s - totals.native_s
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    cells = [
        f"{size.requests:,} × {prompt // size.requests:,} + {answer // size.requests:,}",
        f"{wall:.1f}",
        f"{1e6 * outside / (prompt + answer):.1f}",
        f"{1e6 * own / size.requests:,.0f}",
        f"{totals.peak_bytes >> 20:,}",
        f"{here:,}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table, and write it where `--write` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", help="a GGUF file instead of a tiny random model")
    parser.add_argument("--longest", type=int, default=32_000, help="leave out longer prompts and answers")
    parser.add_argument("--requests", type=int, default=10_000, help="leave out sizes with more requests")
    parser.add_argument("--write", type=Path, metavar="FILE.md")
    given = parser.parse_args()
    lines = [
        "| requests × prompt + answer, tokens | s | µs outside llama.cpp per token | µs of pytest's process per "
        "request | MB, model's process | MB, pytest's process |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    print(*lines, sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or write_model(Path(folder) / "tiny.gguf", SHAPES["tiny"])
        for size in SIZES:
            if size.prompt <= given.longest and size.requests <= given.requests:
                lines.append(measured(model, size, 0.25 if given.model else 1))
                print(lines[-1], flush=True)
    if given.write:
        put_section(given.write, TITLE, "\n".join(lines))


if __name__ == "__main__":
    main()
