"""The tree of all waiting prompts: where each may be cut, and what several of them begin with.

Where a prompt may be cut depends on the prompt alone, so sharing cannot affect the bits of an answer. It has up to
three stretches, each of which begins a new tile of cells: its prefix, the rest of an earlier stage's prompt, and
what is its own. Inside a stretch a tile's worth of tokens always fills one tile, in one call or in several and by
whichever request it is evaluated, so these borders are cuts too (`layouts.py`, rule 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

Tokens = tuple[int, ...]
Chunk = tuple[int, Tokens]
"Tokens between two cuts, with the position of the first."


class Holder(Protocol):
    """A sequence whose cells requests can share: a `Resident`, or a request that runs or has run."""

    @property
    def sequence(self) -> int:
        """The sequence id."""
        ...

    @property
    def evaluated(self) -> int:
        """The number of tokens whose cells are there."""
        ...

    @property
    def cell(self) -> int:
        """The number of the last prompt token's cell, if others may use the rest of its tile; else -1."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """Tokens from the beginning of a prompt to a cut, or to its end."""

    parent: Node | None
    chunk: Chunk
    "What it adds to its parent."
    first: int
    "The id of the first request that has it; orders the tree."
    children: dict[Chunk, Node] = field(default_factory=dict)
    prompts: int = 0
    "The number of waiting requests whose whole prompt it is."
    wanted: int = 0
    "The number of different waiting prompts that begin with it."
    holder: Holder | None = None


class Cut(NamedTuple):
    """A place in a prompt at which a request may go on from cells that are there already."""

    node: Node
    length: int
    "The number of the prompt's tokens before the cut."
    text: Tokens
    "It has the first `length` tokens in common with the prompt."
    end: int
    "How many tokens of `text` are evaluated for all requests that have the node."


class Stretch(NamedTuple):
    """A text that a prompt begins with."""

    text: Tokens
    shared: int
    "How many tokens it has in common with the prompt, where another stretch begins."


class Tree:
    """All prompts that wait or are evaluated, by their beginnings."""

    def __init__(self, grid: int) -> None:
        """Cut stretches at multiples of `grid` tokens; 0 cuts only where stretches end."""
        self._grid = grid
        self._root = Node(parent=None, chunk=(0, ()), first=-1)

    def add(self, id_: int, stretches: Sequence[Stretch], tokens: Tokens) -> tuple[list[Cut], Node]:
        """Count a waiting prompt; return its cuts, and the node of the whole prompt."""
        node, start = self._root, 0
        cuts: list[Cut] = []
        for text, shared in stretches:
            node, inner = self._walk(id_, node, start, text)
            cuts += (Cut(one, length, text, length) for one, length in inner if length < shared)
            cuts.append(Cut(node, shared, text, len(text)))
            start = shared
        leaf, inner = self._walk(id_, node, start, tokens)
        cuts += (Cut(one, length, tokens, length) for one, length in inner)
        leaf.prompts += 1
        if leaf.prompts == 1:
            _count(leaf, 1)
        return cuts, leaf

    def remove(self, leaf: Node) -> None:
        """Stop counting a prompt."""
        leaf.prompts -= 1
        if not leaf.prompts:
            _count(leaf, -1)
            self.prune(leaf)

    def prune(self, node: Node) -> None:
        """Forget a node, and those before it, if nothing needs it any more."""
        while node.parent is not None and not (node.wanted or node.children or node.holder):
            node.parent.children.pop(node.chunk, None)
            node = node.parent

    def _walk(self, id_: int, node: Node, start: int, text: Tokens) -> tuple[Node, list[tuple[Node, int]]]:
        """Return the node of `text`, which continues `node` from `start`, and those between with their lengths."""
        inner: list[tuple[Node, int]] = []
        at = start
        while self._grid and at + self._grid < len(text):
            node = self._child(id_, node, (at, text[at : at + self._grid]))
            at += self._grid
            inner.append((node, at))
        return self._child(id_, node, (at, text[at:])), inner

    def _child(self, id_: int, node: Node, chunk: Chunk) -> Node:
        found = node.children.get(chunk)
        if found is None:
            found = node.children[chunk] = Node(parent=node, chunk=chunk, first=id_)
        return found


def _count(leaf: Node, change: int) -> None:
    """Change the number of prompts that begin with each node on the way to `leaf`."""
    node: Node | None = leaf
    while node is not None:
        node.wanted += change
        node = node.parent
