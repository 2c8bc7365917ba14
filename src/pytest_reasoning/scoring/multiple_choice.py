"""The scorer `choice`: in addition to the usual places it reads phrases that pick an option, and ignores lists."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.explanations import cut_off, nothing_found, unread
from pytest_reasoning.scoring.judge import Rules, compared, find, judge
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
    speakers = _speakers(said, reader, len(options))
    if speakers is not None:
        said = replace(said, text=speakers[0], cut=said.cut and len(speakers) == 1)
        if len(speakers) > 1:
            return unread(Ambiguous("the model answers for one speaker after the other"), several=True)
    elif said.cut and _BARE_LETTER.search(said.text[-8:]) is not None and "\n" in said.text.strip():
        return cut_off(said.why_cut, f"right after '{said.text[-8:].strip()}'")
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


_BARE_LETTER = re.compile(r"\n\s*[(*]{0,2}[A-Za-z]\Z")


def _speakers(said: Said, reader: ChoiceReader, options: int) -> list[str] | None:
    """Return what is answered behind each label of a round `A:`, `B:`, `C:`, one text if all of them agree.

    A base model that has read `A:` may go on through the alphabet, as if the labels were speakers. Only a round
    that nothing but another round follows is one: the options may be listed like that before an answer. None
    where there is no such round.
    """
    if said.introduced != "perhaps":
        return None
    lines = [line.strip() for line in said.text.split("\n") if line.strip()]
    labels = [line[:2] for line in lines[1 : options + 1]]
    wanted = [f"{letter}:" for letter in string.ascii_uppercase[1 : options + 1]]
    if len(labels) < 2 or any(label != want for label, want in zip(labels, wanted[: options - 1], strict=False)):
        return None
    after = lines[options : options + 1]
    if after and not (after[0].startswith("A:") or after[0].endswith("?") or (said.cut and len(after[0]) < 3)):
        return None
    said_by = [lines[0].removeprefix("A:").strip(), *(line[2:].strip() for line in lines[1:options])]
    picks = {_pick(reader, one) for one in said_by}
    return said_by[:1] if len(picks) == 1 else said_by


def _pick(reader: ChoiceReader, line: str) -> object:
    found = find(Said(text=line), reader, RULES)
    return line if found.problem is not None else found.reading and found.reading.value


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
