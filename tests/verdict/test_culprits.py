"""The sentence about the blocks that lose answers."""

from __future__ import annotations

from pytest_reasoning.records import BlockPart, LostAnswer, RestoredToken
from pytest_reasoning.verdict.culprits import culprit_lines, culprits, worst_blocks


def lost(block: int | None, part: BlockPart = "", *, place: int | None = 3) -> LostAnswer:
    figures = RestoredToken(blocks=24, place=place, expected="7", said="1", block=block, part=part)
    return LostAnswer(
        model="m@Q2_K", reference="m", suite="s", case="c", strategy="direct", content="ab", figures=figures
    )


def test_the_fewest_blocks_that_account_for_two_thirds_are_named() -> None:
    found = [
        *[lost(11, "attention")] * 5, *[lost(23, "feed-forward")] * 4, lost(2, "attention"), lost(4, "attention"),
        lost(None), lost(None, place=None),
    ]  # fmt: skip
    assert culprit_lines(culprits(found)) == [
        "m@Q2_K against m: blocks 11 and 23 account for 9 of 13 lost answers (over all blocks 7 in attention, 4 "
        "in feed-forward); no block restores 1, so the last norm or the head loses them; 1 cannot be told from "
        "rounding"
    ]


def test_nothing_is_restored() -> None:
    assert culprit_lines(culprits([lost(None)])) == [
        "m@Q2_K against m: no block accounts for the 1 lost answer; no block restores 1, so the last norm or the "
        "head loses them"
    ]
    assert culprits([]) == ()


def test_one_block_is_enough_if_it_loses_two_thirds() -> None:
    assert worst_blocks([(3, 4), (1, 2)]) == [(3, 4)]
    assert worst_blocks([(3, 3), (1, 2)]) == [(3, 3), (1, 2)]
