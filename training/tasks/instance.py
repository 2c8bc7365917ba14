"""What every task hands on: a question as variables of one template, with its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from training.splits import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One question with its answer."""

    variables: Mapping[str, str]
    "Fill the task's template."
    answer: str
    rationale: str = ""
    "The chain of thought, without the closing sentence; empty for tasks asked directly only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One kind of question."""

    name: str
    template: str
    "The prompt, with `{variable}` where a variable goes."
    draw: Callable[[Random, Split, int | None], Instance]
    "Draws an instance of a split; the size (words, digits, pairs, hops …) is drawn too where it is None."
    weights: Mapping[str, float]
    "Share of the training rows by strategy (`direct`, `cot`)."

    def prompt(self, instance: Instance) -> str:
        """Render the question."""
        return self.template.format(**instance.variables)

    def reply(self, instance: Instance, strategy: str) -> str:
        """Render what follows `A:`, leading space included."""
        if strategy == "direct":
            return f" {instance.answer}"
        return f" {instance.rationale} The answer is {instance.answer}."
