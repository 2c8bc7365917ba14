"""The scorer `choice`: besides the places of every scorer, phrases that pick an option and lists that do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.explanations import cut_off, nothing_found, unread
from pytest_reasoning.scoring.judge import Rules, compared, judge
from pytest_reasoning.scoring.reading import Ambiguous, Reading, Unread
from pytest_reasoning.scoring.values.choice import ChoiceReader
from pytest_reasoning.scoring.where import Said, places

RULES = Rules(extent="line", stays=True, reads_denials=True, one_word=True, labels_a=False)


def choice(
    said: Said, targets: Sequence[str], options: Sequence[str], *, own: Sequence[str] = (), first: bool = False
) -> Score:
    """Score correct if the option the text picks is the target, given as the option's text or its letter.

    Where nothing is stated, a phrase such as `I choose B` or `B is correct` is, in any line; lines that list the
    options pick none of them.
    """
    reader = option_reader(tuple(options))
    wanted = option_targets(reader, targets)
    if said.introduced == "perhaps":
        said = _behind_label(said, reader)
    if next(iter(places(said, own, labels_a=False)), None) is None:
        said = replace(said, text=_without_lists(said, reader))
        picked = _by_phrase(said, reader)
        if isinstance(picked, Unread):
            return unread(picked, several=isinstance(picked, Ambiguous))
        if picked is not None:
            if said.cut and said.text.rstrip().endswith(picked.written[1]):
                return cut_off(said.why_cut, f"right after '{picked.written}'")
            return compared(picked, wanted, reader, targets)
        if not said.text.strip() and not said.cut:
            return nothing_found(said)
    return judge(said, reader, wanted, RULES, target_texts=targets, own=own, first=first)


@lru_cache(maxsize=256)
def option_reader(options: tuple[str, ...]) -> ChoiceReader:
    """Return the reader of these options."""
    return ChoiceReader(options)


def option_targets(reader: ChoiceReader, targets: Sequence[str]) -> list[Reading]:
    """Return the options that are right."""
    return [reading for target in targets if (reading := reader.read_target(target)) is not None]


def _by_phrase(said: Said, reader: ChoiceReader) -> Reading | Unread | None:
    try:
        picks = reader.picks(said.text)
    except Unread as error:
        return error
    options = {pick.value for pick in picks}
    if len(options) > 1:
        return Ambiguous(", ".join(dict.fromkeys(pick.written for pick in picks)))
    return picks[-1] if picks else None


def _behind_label(said: Said, reader: ChoiceReader) -> Said:
    """Return what was said behind the label `A:` of the plain layout, which is an option's letter too.

    A base model may take it for one and go on with `B:`. Where its lines name different options it goes through
    them and picks none; else it begins to answer again, and the first line is its answer.
    """
    lines = [line for line in said.text.split("\n") if line.strip()]
    if len(lines) < 2 or reader.lists_options(lines[1][:200]) != 1:
        return said
    lettered = [f"A: {lines[0].strip()}", *lines[1:4]]
    named = {option for line in lettered for option in reader.named(line[:400])}
    if len(named) < 2:
        return replace(said, text=lines[0])
    clear = _without_lists(replace(said, text=f"A: {said.text.lstrip()}"), reader)
    return replace(said, text=clear, cut=False)


def _without_lists(said: Said, reader: ChoiceReader) -> str:
    """Return a text without the lines that repeat the options one after the other."""
    text = said.text
    lines = text.split("\n")
    listed = [reader.lists_options(line[:200]) for line in lines[:2_000]]
    if len({option for option in listed if option is not None}) < 2:
        return text
    if said.cut and len(lines) > 1 and len(lines[-1].strip()) == 1 and listed[-2] is not None:
        listed[-1] = listed[-2]  # the list goes on: only the letter of its next line is there
    return "\n".join(line for line, option in zip(lines, listed, strict=False) if option is None)
