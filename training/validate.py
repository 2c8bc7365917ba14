"""Validates a model in training on held-out questions that are not those of the suites."""

from __future__ import annotations

from random import Random

import torch
from torch import Tensor

from training.model import Llama
from training.tasks import TASKS, Task
from training.tokenizer import END_ID, encode

SEED = "validation"
EXEMPLARS = 2
QUESTIONS: dict[str, tuple[int | None, ...]] = {
    "last-letters": (2, 3, 4),
    "symbol-mapping": (2, 4, 8),
    "chained-mapping": (1, 2, 3),
    "addition": (1, 2, 3),
    "subtraction": (3,),
}
"The sizes asked for; other tasks draw theirs."


def question(rng: Random, task: Task, strategy: str, size: int | None) -> tuple[list[int], list[int]]:
    """Draw a prompt with its exemplars, and the reply that ends with the end token, both as tokens."""
    shown = [task.draw(rng, "heldout", size) for _ in range(EXEMPLARS)]
    asked = task.draw(rng, "heldout", size)
    text = "".join(f"{task.prompt(one)}\nA:{task.reply(one, strategy)}\n\n" for one in shown)
    return encode(f"{text}{task.prompt(asked)}\nA:"), [*encode(task.reply(asked, strategy)), END_ID]


@torch.no_grad()
def solved(model: Llama, questions: list[tuple[list[int], list[int]]]) -> float:
    """Return the share of replies that greedy decoding gives token for token (found without decoding)."""
    length = max(len(prompt) + len(reply) for prompt, reply in questions)
    tokens = torch.tensor([_padded(prompt + reply, length) for prompt, reply in questions])
    best: Tensor = model.logits(model(tokens)).argmax(-1)
    right = 0
    for row, (prompt, reply) in zip(best.tolist(), questions, strict=True):
        right += row[len(prompt) - 1 : len(prompt) + len(reply) - 1] == reply
    return right / len(questions)


def _padded(tokens: list[int], length: int) -> list[int]:
    return tokens + [END_ID] * (length - len(tokens))


def validate(model: Llama, count: int = 40) -> str:
    """Return one line a task: the percentage solved by strategy and size."""
    lines = []
    for task in TASKS.values():
        parts = []
        for strategy in task.weights:
            rng = Random(f"{SEED}-{task.name}-{strategy}")
            shares = [
                solved(model, [question(rng, task, strategy, size) for _ in range(count)])
                for size in QUESTIONS.get(task.name, (None,))
            ]
            parts.append(f"{strategy} " + "/".join(f"{share:.0%}" for share in shares))
        lines.append(f"  {task.name}: {', '.join(parts)}")
    return "\n".join(lines)
