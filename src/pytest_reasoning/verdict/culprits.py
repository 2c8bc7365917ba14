"""Which blocks lose the answers of a quantized variant, summed over its lost cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import LostAnswer
from pytest_reasoning.text.wording import counted, listed

MOST = 2 / 3
"Share of the answers that some block restores, for which the blocks named in the sentence account at least."


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprits:
    """What the blocks of one variant lose."""

    model: str
    reference: str
    lost: int
    "Cases that the variant loses."
    blocks: tuple[tuple[int, int], ...]
    "Blocks, counted from 1, with the number of answers that each loses; the worst first."
    attention: int
    "Answers lost in the attention of a block."
    feed_forward: int
    "Answers lost in the feed-forward part of a block."
    head: int
    "Answers that no block restores: the last norm or the head loses them."
    unseen: int
    "Answers whose completion the variant would write too if each of its tokens were given: rounding decides them."


def culprits(lost: Iterable[LostAnswer]) -> tuple[Culprits, ...]:
    """Return a row for each variant, in the order met."""
    groups: dict[tuple[str, str], list[LostAnswer]] = {}
    for one in lost:
        groups.setdefault((one.model, one.reference), []).append(one)
    return tuple(_row(*names, own) for names, own in groups.items())


def culprit_lines(rows: Sequence[Culprits]) -> list[str]:
    """Return a sentence for each variant."""
    return [f"{row.model} against {row.reference}: {_sentence(row)}" for row in rows]


def worst_blocks(blocks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the fewest blocks that account for two thirds of what all of them lose."""
    whole, sofar, kept = sum(count for _, count in blocks), 0, []
    for block, count in blocks:
        if sofar >= MOST * whole:
            break
        kept.append((block, count))
        sofar += count
    return kept


def _row(model: str, reference: str, lost: Sequence[LostAnswer]) -> Culprits:
    parted = [one.figures for one in lost if one.figures.place is not None]
    counts = Counter(one.block for one in parted if one.block is not None)
    parts = Counter(one.part for one in parted)
    return Culprits(
        model=model,
        reference=reference,
        lost=len(lost),
        blocks=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        attention=parts["attention"],
        feed_forward=parts["feed-forward"],
        head=sum(one.block is None for one in parted),
        unseen=len(lost) - len(parted),
    )


def _sentence(row: Culprits) -> str:
    named = worst_blocks(row.blocks)
    said = []
    if named:
        blocks = listed([str(block) for block, _ in named])
        noun, verb = ("block", "accounts") if len(named) == 1 else ("blocks", "account")
        said.append(
            f"{noun} {blocks} {verb} for {sum(count for _, count in named)} of {counted(row.lost, 'lost answer')}"
            f" (over all blocks {row.attention} in attention, {row.feed_forward} in feed-forward)"
        )
    else:
        said.append(f"no block accounts for the {counted(row.lost, 'lost answer')}")
    if row.head:
        said.append(f"no block restores {row.head}, so the last norm or the head loses them")
    if row.unseen:
        said.append(f"{row.unseen} cannot be told from rounding")
    return "; ".join(said)
