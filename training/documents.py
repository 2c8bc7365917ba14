"""Training rows: token arrays with a target at every place where the model is asked something."""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from training.splits import Split
from training.tasks import TASKS, Task
from training.tasks.symbols import pairs
from training.tokenizer import END_ID, PHRASE_IDS, encode

Rows = NDArray[np.int16]
"Shape (rows, 2, length): tokens, and at each place the token to be predicted next or -1."

UNASKED = -1
MIXTURE_LENGTH = 256
"Tokens in a few-shot document: two worked examples and a question of the longest task fit."
DENSE_LENGTH = 96
DENSE_KEYS = (2, 8)


def few_shot(rng: Random, task: Task, strategy: str, length: int, split: Split = "train") -> Rows:
    """Write one document of questions of one task until it is full; only answers are asked.

    Each answer's last token is asked for the end token, though the text goes on with the next question.
    A first answer by chain of thought is not asked for its first token: nothing in the text has called for one.
    """
    tokens: list[int] = []
    asked: list[int] = []
    while len(tokens) < length:
        instance = task.draw(rng, split, None)
        question = encode(f"{task.prompt(instance)}\nA:")
        reply = encode(task.reply(instance, strategy))
        unannounced = strategy == "cot" and not tokens
        asked += [UNASKED] * (len(question) - 1) + [UNASKED if unannounced else reply[0], *reply[1:], END_ID]
        tokens += question + reply
        asked.append(UNASKED)
        tokens += encode("\n\n")
    return np.array([tokens[:length], asked[:length]], dtype=np.int16)


def dense(rng: Random, length: int, split: Split = "train") -> Rows:
    """Write `k->v, k->v, …` drawn with repetition; every key seen before is asked for its value."""
    drawn = pairs(rng, split, rng.randint(*DENSE_KEYS))
    arrow, comma = PHRASE_IDS["->"], PHRASE_IDS[", "]
    seen: set[str] = set()
    tokens: list[int] = []
    asked: list[int] = []
    while len(tokens) < length:
        key, value = rng.choice(drawn)
        tokens += [ord(key), arrow, ord(value), comma]
        asked += [UNASKED, ord(value) if key in seen else UNASKED, UNASKED, UNASKED]
        seen.add(key)
    return np.array([tokens[:length], asked[:length]], dtype=np.int16)


def dense_rows(seed: str, count: int) -> Rows:
    """Write `count` documents on symbol mapping, dense and few-shot in turn; a seed gives the same rows again."""
    rng = Random(seed)
    mapping = TASKS["symbol-mapping"]
    return np.stack(
        [
            few_shot(rng, mapping, "direct", DENSE_LENGTH) if place % 2 else dense(rng, DENSE_LENGTH)
            for place in range(count)
        ]
    )


def mixture_rows(seed: str, count: int) -> Rows:
    """Write `count` few-shot documents of all tasks by their weights; the same seed gives the same rows."""
    rng = Random(seed)
    kinds = [(task, strategy) for task in TASKS.values() for strategy in task.weights]
    weights = [task.weights[strategy] for task, strategy in kinds]
    return np.stack(
        [few_shot(rng, task, strategy, MIXTURE_LENGTH) for task, strategy in rng.choices(kinds, weights, k=count)]
    )
