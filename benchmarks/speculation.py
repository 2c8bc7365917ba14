"""Measures whether speculative decoding would pay: `speculation.py MODEL.gguf [--reference OTHER.gguf]`.

Rows of a call do not influence each other on the CPU, so a step could verify drafts of a case's next tokens beside
the other cases' rows and keep the bits. What that saves depends on how often drafts are right and on what further
rows cost. Both are measured: the model answers cases of the library, drafts are looked up in what it has read and
written (prompt lookup, Saxena 2023) or taken from the reference's answers, and the recorded answers are played
again in steps whose time is that of real calls of as many rows. `--reference` is the model that this one was
quantized from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cells_cost import step_ms
from prefix_sharing import questions
from prompts import Writer
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.batching.decoding import MOST_ROWS
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Gguf, ModelSettings

QUAD = 4
"Rows come in fours (docs/internals/performance.md, rule 1)."
WIDTHS = (1, 2, 4, 8, 16, 32)
LENGTHS = (0, 1, 2, 3, 5, 7)
"Tokens of a draft; 0 is decoding without."
MEASURED = (4, 8, 12, 16, 24, 32, 48, MOST_ROWS)
"Rows whose step is timed; between them the time is interpolated."
LOOKED_UP = (4, 3, 2)
"Lengths of the last tokens that are looked for earlier in the text, the longest first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One case's prompt and answer as tokens, and what the reference has answered."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    reference: tuple[int, ...] = ()

    def lookup(self, at: int, length: int) -> tuple[int, ...]:
        """Return what followed the last time that the text ended as it does before token `at`."""
        text = (*self.prompt, *self.tokens[:at])
        for size in LOOKED_UP:
            end = text[-size:]
            for start in range(len(text) - size - 1, -1, -1):
                if text[start : start + size] == end:
                    return text[start + size : start + size + length]
        return ()

    def referred(self, at: int, length: int) -> tuple[int, ...]:
        """Return the reference's next tokens, as long as the answers are the same so far or meet again."""
        if self.reference[:at] == self.tokens[:at]:
            return self.reference[at : at + length]
        end = self.tokens[max(0, at - LOOKED_UP[0]) : at]
        for start in range(len(self.reference) - len(end), -1, -1):
            if self.reference[start : start + len(end)] == end:
                return self.reference[start + len(end) : start + len(end) + length]
        return ()


def answers(model: Gguf, given: argparse.Namespace) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return prompt and answer of each case's first request, greedily decoded."""
    asked = [question.requests[0] for question in questions(model, given)]
    with ProcessEngine(Path(model.path), EngineSettings(model=ModelSettings(gpu_layers=0))) as engine:
        found = [engine.result(ticket) for ticket in [engine.submit(one) for one in asked]]
    writer = Writer(Path(model.path), 0)
    return [(tuple(writer.tokens(one.prompt)), done.tokens) for one, done in zip(asked, found, strict=True)]


def drafted(answer: Answer, drafts: str, length: int) -> list[tuple[int, int]]:
    """Return for each place in an answer the length of the draft of what follows, and how much of it is right."""
    found = []
    for at in range(len(answer.tokens)):
        draft = answer.lookup(at, length) if drafts == "lookup" else answer.referred(at, length)
        draft = draft[: len(answer.tokens) - at - 1]
        wrong = (place for place, token in enumerate(draft) if token != answer.tokens[at + place])
        found.append((len(draft), next(wrong, len(draft))))
    return found


def played_ms(answers: Sequence[list[tuple[int, int]]], width: int, step: dict[int, float]) -> float:
    """Return the time in which all answers are decoded with their drafts, so many at a time.

    A case has a row for its last token, which gives the next one in any case, and one for each token of its draft.
    """
    left = [list(one) for one in answers]
    total = 0.0
    while left:
        rows = 0
        for one in left[:width]:
            size, right = one[0]
            rows += 1 + size
            del one[: 1 + right]
        total += step[-(-rows // QUAD) * QUAD]
        left = [one for one in left if one]
    return total


def step_times(model: Path, threads: int) -> dict[int, float]:
    """Return the processor time in ms of a step of each possible number of rows."""
    backend = LlamaBackend(model, EngineSettings(model=ModelSettings(gpu_layers=0, threads=threads)))
    backend.open(cells=2048, sequences=MOST_ROWS + 2, rows=512)
    measured = [step_ms(backend, rows, 0, 5) for rows in MEASURED]
    backend.close()
    return {rows: float(np.interp(rows, MEASURED, measured)) for rows in range(QUAD, MOST_ROWS + 1, QUAD)}


def table(cases: Sequence[Answer], step: dict[int, float]) -> Iterator[str]:
    """Yield the lines of a table: time with drafts by time without, for widths and lengths of drafts."""
    kinds = ["lookup", *(["reference"] if cases[0].reference else [])]
    yield "| drafts | tokens drafted, of 3 | right | " + " | ".join(f"width {width}" for width in WIDTHS) + " |"
    yield "|---|--:|--:|" + "--:|" * len(WIDTHS)
    for kind in kinds:
        plans = {length: [drafted(one, kind, length) for one in cases] for length in LENGTHS}
        right, most = np.sum([pair for plan in plans[3] for pair in plan], axis=0)[::-1]
        cells = []
        for width in WIDTHS:
            possible = [length for length in LENGTHS if width * (1 + length) <= MOST_ROWS]
            times = {length: played_ms(plans[length], width, step) for length in possible}
            best = min(times, key=lambda length: times[length])
            cells.append(f"{times[best] / times[0]:.2f} ({best})")
        yield (
            f"| {kind} | {most / sum(map(len, plans[3])):.2f} | {right / max(1, most):.2f} | "
            + " | ".join(cells)
            + " |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a GGUF file")
    parser.add_argument("--reference", help="the GGUF file that it is a quantization of")
    parser.add_argument("--suites", default="word-problems,boolean-expressions,arithmetic,symbol-mapping")
    parser.add_argument("--strategies", default="cot")
    parser.add_argument("--cases", type=int, default=8, help="of each suite")
    given = parser.parse_args()
    named = [given.model, *([given.reference] if given.reference else [])]
    model, *others = (one for one in resolve(named, Path.cwd()) if isinstance(one, Gguf))
    own = answers(model, given)
    theirs = answers(others[0], given) if others else [((), ())] * len(own)
    cases = [
        Answer(prompt=prompt, tokens=tokens, reference=other)
        for (prompt, tokens), (_, other) in zip(own, theirs, strict=True)
        if tokens
    ]
    step = step_times(Path(model.path), 1)
    lengths = [len(one.tokens) for one in cases]
    print(
        f"{len(cases)} answers of {np.mean(lengths):.0f} tokens (at most {max(lengths)}); ms a step by rows: ",
        end="",
    )
    print(", ".join(f"{rows}: {step[rows]:.0f}" for rows in MEASURED))
    print(*table(cases, step), sep="\n")


if __name__ == "__main__":
    main()
