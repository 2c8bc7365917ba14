"""The units of evaluation: a `Part` is tokens of one sequence, and `Rows` are the rows of one native call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["prompt", "continuation", "step"]
"`prompt`: (a piece of) a prompt; `continuation`: known text after a prompt; `step`: the token decoded last."


@dataclass(slots=True, kw_only=True, eq=False)
class SequencePart:
    """Tokens of one sequence to be evaluated, in one call or several."""

    sequence: int
    tokens: Sequence[int]
    position: int
    "The position of the first of `tokens`."
    outputs: int = 1
    "The number of last tokens whose logits are wanted."
    kind: Kind = "prompt"
    done: int = 0
    cell: int = -1
    "The number of the cell of the last evaluated token of a prompt; -1 before that."

    @property
    def left(self) -> int:
        """The number of tokens still to be evaluated."""
        return len(self.tokens) - self.done

    @property
    def end(self) -> int:
        """The position after the last evaluated token."""
        return self.position + self.done

    def go_on(self, token: int) -> None:
        """Make a decoded token the next one to evaluate."""
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

    def add(self, part: SequencePart, count: int) -> None:
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
