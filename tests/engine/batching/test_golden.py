"""What the embedded models answer to a fixed schedule of requests, held against what they answered before.

A stored completion is used again only if its key is the same, and the number `DECODING` in the key stands for the
code that decodes. So it has to be raised when the same request comes out otherwise, and this test says when.

On a processor that is known every bit of the log-probabilities is checked, by a hash. ggml has kernels of its own
for each set of instructions, which round otherwise. So on any other processor the log-probabilities may be off by
0.02, and a few answers may go on otherwise from where two tokens are about as likely (with AVX-512 they are off by
0.006, and 2 of 150 answers part).

    python tests/engine/batching/test_golden.py --write      keeps what comes out now, or only this processor's hash
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

import pytest_reasoning
from pytest_reasoning.engine import EngineSettings, ProcessEngine, processor
from pytest_reasoning.engine.batching.decoding import DECODING
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey, Rope

pytestmark = pytest.mark.slow

ZOO = Path(pytest_reasoning.__file__).parent / "models" / "zoo"
GOLDEN = Path(__file__).parent / "golden"
SETTINGS = {
    "plain": EngineSettings(model=ModelSettings(gpu_layers=0, width=8)),
    "wide": EngineSettings(model=ModelSettings(gpu_layers=0, width=60, n_ctx=700)),
    "rope": EngineSettings(model=ModelSettings(gpu_layers=0, width=8, rope=Rope(freq_base=150.0, freq_scale=0.5))),
    "bf16": EngineSettings(model=ModelSettings(gpu_layers=0, width=8, kv_type="bf16")),
}
MODELS = [("nano", "plain"), ("small", "plain"), ("small", "wide"), ("small", "rope"), ("wide", "bf16")]
ROUNDED = 0.02
"Most by which a log-probability may be off on another processor."
PARTED = 2
"Most of the thirty answers of a model that may go on otherwise there."
SAY = (
    "The engine answers otherwise than before. If that is meant, raise DECODING in "
    "src/pytest_reasoning/engine/batching/decoding.py by one, so that completions stored before are not used any "
    "more, and keep the new answers with `python tests/engine/batching/test_golden.py --write`. If it is not, find "
    "out why."
)


def requests() -> list[Request]:
    """A prefix and none, short and long prompts, samples, a grammar, a stop text and choices."""
    shots = "".join(f"Q: What is {a} + {b}?\nA: {a + b}.\n\n" for a, b in ((3, 5), (12, 30), (7, 7), (20, 41)))
    asked: list[Request] = []

    def ask(prompt: str, prefix: str = "", **more: Any) -> None:
        generation = more.pop("generation", Generation(max_tokens=16))
        key = RequestKey(suite="golden", case=str(len(asked)), strategy="direct")
        asked.append(
            Request(key=key, prompt=prefix + prompt, prefix_chars=len(prefix), generation=generation, **more)
        )

    for number in range(12):
        ask(f"Q: What is {number * 7} + {number + 11}?\nA:", shots)
        ask("Q: Reverse " + "abcdefgh "[number % 5 :] * (1 + 5 * number) + "?\nA:")
    for sample in range(3):
        drawn = Generation(max_tokens=12, temperature=0.8, top_p=0.95, seed=4)
        ask("Q: What is 14 + 25?\nA:", shots, sample=sample, generation=drawn)
    ask("Q: What is 1 + 1?\nA:", shots, grammar='root ::= " " [0-9]+ "."')
    ask("Q: What is 2 + 2?\nA:", shots, generation=Generation(max_tokens=40, stop=("\n",)))
    ask("Q: What is 2 + 3?\nA:", shots, choices=(" 5.", " 6.", " 51."))
    return asked


def answers(model: str, settings: EngineSettings) -> list[Completion]:
    """What a model answers now."""
    with ProcessEngine(ZOO / f"{model}.gguf", settings) as engine:
        tickets = [engine.submit(request) for request in requests()]
        return [engine.result(ticket) for ticket in tickets]


def known(completions: list[Completion]) -> list[dict[str, Any]]:
    """What is kept of each answer."""
    return [
        {
            "text": one.text,
            "tokens": list(one.tokens),
            "finish": one.finish,
            "logprobs": [round(value, 3) + 0.0 for value in (*one.logprobs, *(c.logprob for c in one.choices))],
        }
        for one in completions
    ]


def bits(completions: list[Completion]) -> str:
    """A hash of every log-probability to the last bit."""
    values = [value for one in completions for value in (*one.logprobs, *(c.logprob for c in one.choices))]
    return hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest()[:16]


def same(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether an answer is the same but for the rounding of its log-probabilities."""
    return {**now, "logprobs": None} == {**before, "logprobs": None} and now["logprobs"] == pytest.approx(
        before["logprobs"], abs=ROUNDED
    )


def parted(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether an answer is the same up to where it goes on with another token, and that one is about as likely."""
    shared = next((i for i, (a, b) in enumerate(zip(now["tokens"], before["tokens"], strict=False)) if a != b), 0)
    return shared > 0 and now["logprobs"][: shared + 1] == pytest.approx(
        before["logprobs"][: shared + 1], abs=10 * ROUNDED
    )


def close(now: list[dict[str, Any]], before: list[dict[str, Any]]) -> bool:
    """Whether nearly all answers are the same, and the others go on otherwise at a tie."""
    others = [(one, other) for one, other in zip(now, before, strict=True) if not same(one, other)]
    return len(others) <= PARTED and all(parted(one, other) for one, other in others)


def path_of(model: str, settings: str) -> Path:
    return GOLDEN / f"{model}-{settings}.json"


@pytest.mark.parametrize(("model", "settings"), MODELS)
def test_the_embedded_models_answer_as_before(model: str, settings: str) -> None:
    kept = json.loads(path_of(model, settings).read_text(encoding="utf-8"))
    found = answers(model, SETTINGS[settings])
    if processor() in kept["bits"]:
        assert kept["bits"][processor()] == bits(found), SAY
    else:
        assert close(known(found), kept["answers"]), SAY
    assert kept["decoding"] == DECODING, "DECODING was raised (python tests/engine/batching/test_golden.py --write)"


def write() -> None:
    """Keep what comes out now; where that is what another processor gave, only this one's hash is added."""
    for model, settings in MODELS:
        path, found = path_of(model, settings), answers(model, SETTINGS[settings])
        kept = json.loads(path.read_text(encoding="utf-8"))
        others, kept_answers = kept["bits"], kept["answers"]
        others.pop(processor(), None)
        if kept["decoding"] != DECODING or not others or not close(known(found), kept_answers):
            others, kept_answers = {}, known(found)
        head = json.dumps({"decoding": DECODING, "bits": {**others, processor(): bits(found)}}, indent=1)
        lines = ",\n  ".join(json.dumps(one, ensure_ascii=True) for one in kept_answers)
        path.write_text(f'{head[:-2]},\n "answers": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    write()
