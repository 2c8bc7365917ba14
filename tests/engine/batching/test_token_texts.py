"""Where each token's text ends in a completion."""

from __future__ import annotations

import pytest

from pytest_reasoning.engine.batching.stops import StopFinder


@pytest.mark.parametrize(
    ("pieces", "stops", "ends"),
    [
        ([b"ab", b"c"], [], (2, 3)),
        ([], [], ()),
        ([b"a", b"", b"b"], [], (1, 1, 2)),
        (["é".encode()[:1], "é".encode()[1:], b"!"], [], (0, 1, 2)),  # a character of two tokens
        ([b"a", "€".encode()[:2]], [], (1, 2)),  # left incomplete, shown as U+FFFD
        ([b"ab", b"cST", b"OPd"], ["STOP"], (2, 3, 3)),  # cut off: the last token has no text
        ([b"STOP"], ["STOP"], (0,)),
        (["🤔".encode(), b"x"], [], (1, 2)),
    ],
)
def test_ends_are_counted_in_characters(pieces: list[bytes], stops: list[str], ends: tuple[int, ...]) -> None:
    finder = StopFinder(stops)
    for piece in pieces:
        finder.add(piece)
    assert finder.ends == ends
    assert not ends or ends[-1] == len(finder.text)
