"""Where decoding ends: stop texts, the layout's next question, and neither within thinking."""

from __future__ import annotations

import pytest

from pytest_reasoning.engine.batching.stops import StopFinder

ROWS = [
    # stops, next question, pieces, (what ended it, at which piece), text
    (("\n",), (), ["7", "\n", "8"], ("stop", 1), "7"),
    (("END",), (), ["7 E", "ND", "8"], ("stop", 1), "7 "),
    (("é",), (), ["a", "é"], ("stop", 1), "a"),
    ((), ("\n\n",), ["\n\n", "7", "\n\n"], ("next_question", 2), "\n\n7"),
    ((), ("\nQ:",), [" 7.\n", "\n", "Q: And"], ("next_question", 2), " 7.\n"),
    ((), ("\nA:",), [" 7\n", "There are 3\n", "A:"], ("next_question", 2), " 7\nThere are 3"),
    ((), ("\nA:",), [" 7", "\nA:", " 8"], ("next_question", 1), " 7"),
    ((), ("\nA:",), [" What is it?", "\nA:", " 8"], (None, 2), " What is it?\nA: 8"),
    (("x",), ("\n\n",), ["7", "\n\nx"], ("next_question", 1), "7"),
    (("\n",), (), ["<think>", "a\nb", "</think>", "7", "\n"], ("stop", 4), "<think>a\nb</think>7"),
    (("\n",), (), ["<think>a\nb</think>7\n8"], ("stop", 0), "<think>a\nb</think>7"),
    (("\n",), (), ["a <think> tag", "\n"], ("stop", 1), "a <think> tag"),
    (("\n",), ("\n\n",), ["<think>a\n\nb"], (None, 0), "<think>a\n\nb"),
]  # fmt: skip


@pytest.mark.parametrize(("stops", "next_question", "pieces", "ended", "text"), ROWS)
def test_where_decoding_ends(
    stops: tuple[str, ...],
    next_question: tuple[str, ...],
    pieces: list[str],
    ended: tuple[str | None, int],
    text: str,
) -> None:
    finder = StopFinder(stops, next_question)
    said = [finder.add(piece.encode()) for piece in pieces[: ended[1] + 1]]
    assert said == [None] * ended[1] + [ended[0]]
    assert finder.text == text
    assert (finder.stopped_by != "") is (ended[0] is not None)


def test_a_prompt_that_opened_thinking_keeps_stops_from_acting_until_it_is_closed() -> None:
    finder = StopFinder(("\n",), thinking_opened=True, thinking_formats=(("<plan>", "</plan>"),))
    assert [finder.add(piece.encode()) for piece in ("a\nb", "</plan>", "7", "\n")] == [None, None, None, "stop"]


def test_a_stop_repeated_in_an_endless_thought_is_not_looked_at_again_and_again() -> None:
    """With the square of these 128,000 characters it would take minutes."""
    finder = StopFinder(("\n",))
    finder.add(b"<think>")
    assert {finder.add(b"hmm, let me see\n") for _ in range(8_000)} == {None}
    assert finder.add(b"</think>7\n") == "stop"


def test_half_a_character_is_no_text() -> None:
    finder = StopFinder(("é",))
    assert finder.add("é".encode()[:1]) is None
    assert finder.add("é".encode()[1:]) == "stop"
