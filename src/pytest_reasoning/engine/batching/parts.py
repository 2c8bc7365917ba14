"""What is to be evaluated: parts of sequences, and the rows of one call that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["prompt", "continuation", "step"]
"A prompt or a piece of it, known text that follows a prompt, or the token that was decoded last."


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """Tokens of one sequence that are to be evaluated, in one call or in several."""

    sequence: int
    tokens: Sequence[int]
    position: int
    "The position of the first of `tokens`."
    outputs: int = 1
    "How many of the last tokens give logits."
    kind: Kind = "prompt"
    done: int = 0

    @property
    def left(self) -> int:
        """Tokens still to be evaluated."""
        return len(self.tokens) - self.done

    @property
    def end(self) -> int:
        """The position after the last token that was evaluated."""
        return self.position + self.done

    def go_on(self, token: int) -> None:
        """Continue with a decoded token."""
        self.position = self.end
        self.tokens, self.done, self.outputs, self.kind = (token,), 0, 1, "step"


@dataclass(slots=True)
class Rows:
    """The rows of one call."""

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    "1 for each row that gives logits."
    kinds: set[Kind] = field(default_factory=set)
    "The kinds of the parts that the rows belong to."

    def add(self, part: Part, count: int) -> None:
        """Append the next `count` tokens of a part."""
        stop = part.done + count
        silent = min(count, max(0, len(part.tokens) - part.outputs - part.done))
        self.tokens += part.tokens[part.done : stop]
        self.positions += range(part.position + part.done, part.position + stop)
        self.sequences += [part.sequence] * count
        self.outputs += [0] * silent + [1] * (count - silent)
        self.kinds.add(part.kind)
        part.done = stop

    def add_dummies(self, sequences: Sequence[int], positions: Sequence[int], outputs: int) -> None:
        """Append rows whose results nobody reads; the first `outputs` of them give logits."""
        count = len(sequences)
        self.tokens += [0] * count
        self.positions += positions
        self.sequences += sequences
        self.outputs += [1] * outputs + [0] * (count - outputs)
