"""Does llama.cpp say what torch says: `python -m training.parity small` (F32, greedy, token for token)."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random

import torch

from training import llamacpp
from training.export import export, trained
from training.model import Llama
from training.sizes import SIZES
from training.tasks import TASKS
from training.tokenizer import END_ID, decode
from training.validate import QUESTIONS, question

PROMPTS = 120
REPLY_LIMIT = 128


@torch.no_grad()
def greedy(model: Llama, prompt: list[int], limit: int = REPLY_LIMIT) -> list[int]:
    """Decode greedily with torch until the end token (left out) or `limit` tokens."""
    tokens = list(prompt)
    while len(tokens) < len(prompt) + limit:
        token = int(model.logits(model(torch.tensor([tokens]))[0, -1]).argmax())
        if token == END_ID:
            break
        tokens.append(token)
    return tokens[len(prompt) :]


def prompts(count: int) -> list[list[int]]:
    """Draw held-out prompts of every task, strategy and size in turn."""
    rng = Random("parity")
    kinds = [
        (task, strategy, size)
        for task in TASKS.values()
        for strategy in task.weights
        for size in QUESTIONS.get(task.name, (None,))
    ]
    return [question(rng, *kinds[place % len(kinds)])[0] for place in range(count)]


def main() -> None:
    """Compare and exit with an error at the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SIZES)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = trained(options.name, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f32.gguf"
        export(model, SIZES[options.name], options.name, path, "F32")
        runner = llamacpp.load(path)
        generated = 0
        for prompt in prompts(PROMPTS):
            ours, theirs = greedy(model, prompt), llamacpp.greedy(runner, prompt, REPLY_LIMIT)
            generated += len(ours)
            if ours != theirs:
                raise SystemExit(f"{decode(prompt)!r}: torch {decode(ours)!r}, llama.cpp {decode(theirs)!r}")
    print(f"{options.name}: {PROMPTS} prompts, {generated} tokens, no difference")


if __name__ == "__main__":
    main()
