"""The scorers `contains` and `regex`, which search the text instead of reading it completely.

They search the stated answer; mentions elsewhere count only if no answer is stated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

import regex

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.explanations import clipped, cut_off, nothing_found, shown
from pytest_reasoning.scoring.folding import folded
from pytest_reasoning.scoring.values.text import normalized
from pytest_reasoning.scoring.where import Said, last_line, places
from pytest_reasoning.scoring.where.evasions import evasion
from pytest_reasoning.scoring.where.markers import any_of, every
from pytest_reasoning.text.errors import ScorerError

REGEX_TIMEOUT_S = 1.0
MOST_CHARS = 100_000
"Most characters that are searched: half of them from the beginning and half from the end of a completion."
_NEGATION = re.compile(
    r"(?i)(?:\b(?:not|no|never|neither|nor|other than|instead of|rather than|except|nicht|keine?|pas|non|no es|não|"
    r"bukan)|n['’]t|不是|并非|不|非)\s*(?:(?:a|an|the|be|it|in|at|de|à|in der)\s+)?[*_\"'`(]*$"
)
_PARTICLES = (
    "입니다 이에요 예요 이다 이죠 이며 이고 이라고 라고 에서는 에서 에게 으로 로 은 는 이 가 을 를 의 와 과 "
    "도 만 에 까지 부터"
)
_KOREAN_END = re.compile(rf"(?:{_PARTICLES.replace(' ', '|')})*(?![\uac00-\ud7a3])")
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x309F),  # Hiragana
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0x20000, 0x2FFFF),
)


def contains(
    said: Said,
    targets: Sequence[str],
    *,
    ignore_case: bool = True,
    words: bool = True,
    fold: bool = True,
    own: Sequence[str] = (),
) -> Score:
    """Score correct if a target stands in the stated answer, or anywhere if none is stated; not if denied."""
    wanted = [normalized(target, ignore_case=ignore_case, fold=fold) for target in targets]
    stated = list(islice(places(said, own), 4))
    named = [place for place in stated if not place.denied]
    if named:
        place = named[0]
        text = _text(place.text, ignore_case, fold)
        if (number := _mention(text, wanted, words)) is not None:
            found = targets[number]
            if said.cut and place.open_ended:
                return cut_off(said.why_cut, f"within or right after '{clipped(found)}'")
            return Score(status="correct", answer=found, explanation=f"found '{clipped(found)}'")
        if said.cut and place.open_ended:
            return cut_off(said.why_cut, f"within '{clipped(place.text)}'")
        explanation = f"expected {shown(targets)}, answered '{clipped(place.text)}'"
        return Score(status="wrong", answer=place.text, explanation=explanation)
    text = _text(_ends(said.text), ignore_case, fold)
    if (number := _mention(text, wanted, words)) is not None:
        found = targets[number]
        return Score(status="correct", answer=found, explanation=f"found '{clipped(found)}'")
    if said.cut:
        return cut_off(said.why_cut, "before a target was named")
    last = last_line(said)
    if last is None:
        return nothing_found(said)
    if (why_not := evasion(last.text, said)) is not None:
        return Score(status="unparsed", answer=None, explanation=why_not)
    return Score(status="wrong", answer=last.text, explanation=f"{shown(targets)} is not in the completion")


def regex_(
    said: Said,
    targets: Sequence[str],
    *,
    pattern: str | None = None,
    ignore_case: bool = False,
    own: Sequence[str] = (),
) -> Score:
    """Score by a regular expression.

    Without `pattern` each target is a pattern and must be found. With it, the last match is the answer (its
    group `answer`, else its first group, else all of it) and must equal a target. Raises `ScorerError` when
    the search takes over a second.
    """
    flags = regex.IGNORECASE if ignore_case else 0
    text = _ends(said.text)
    if pattern is None:
        for target in targets:
            if (found := _last_match(target, text, flags)) is not None:
                return Score(status="correct", answer=found, explanation=f"found '{clipped(found)}'")
        if said.cut:
            return cut_off(said.why_cut, "before a match")
        last = last_line(said)
        answer = last.text if last is not None else None
        return Score(status="wrong", answer=answer, explanation=f"nothing matches {shown(targets)}")
    stated = [place.text for place in islice(places(said, own), 8) if not place.denied]
    for part in (*stated, text):
        if (found := _last_match(pattern, part, flags)) is None:
            continue
        value = normalized(found, ignore_case=ignore_case)
        right = any(value == normalized(target, ignore_case=ignore_case) for target in targets)
        what = f"answered '{clipped(found)}'"
        if right:
            return Score(status="correct", answer=found, explanation=what, ballot=value)
        return Score(status="wrong", answer=found, explanation=f"expected {shown(targets)}, {what}", ballot=value)
    return nothing_found(said)


def _text(text: str, ignore_case: bool, fold: bool) -> str:
    plain = folded(text) if fold else unicodedata.normalize("NFC", text)
    plain = " ".join(plain.split())
    return plain.casefold() if ignore_case else plain


def _ends(text: str) -> str:
    if len(text) <= MOST_CHARS:
        return text
    return f"{text[: MOST_CHARS // 2]}\n{text[-MOST_CHARS // 2 :]}"


def _mention(text: str, targets: Sequence[str], words: bool) -> int | None:
    """Return the place of the first target that stands in the text as a whole word and is not denied."""
    kana = re.search(r"[\u3040-\u30ff]", text) is not None
    for place, target in enumerate(targets):
        if not target:
            continue
        at, tries = text.find(target), 0
        while at >= 0 and tries < 2_000:
            end = at + len(target)
            if (not words or _whole(text, at, end, kana)) and not _denied(text, at, end):
                return place
            at, tries = text.find(target, at + 1), tries + 1
    return None


def _whole(text: str, start: int, end: int, kana: bool) -> bool:
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before and _joined(before, text[start]):
        return False
    if before in (".", ",") and text[start].isdecimal() and text[start - 2 : start - 1].isdecimal() and start > 1:
        return False
    if kana and before and _is_han(before) and _is_han(text[start]):
        return False
    if not after:
        return True
    if _is_hangul(text[end - 1]) and _is_hangul(after):
        particles = _KOREAN_END.match(text, end)
        return particles is not None and particles.end() > end
    if after in ".," and text[end - 1].isdecimal() and text[end + 1 : end + 2].isdecimal():
        return False
    return not _joined(text[end - 1], after)


def _joined(left: str, right: str) -> bool:
    """Whether two characters beside each other belong to one word."""
    if unicodedata.category(right).startswith("M"):
        return True
    if not (_is_word(left) and _is_word(right)):
        return False
    if _unspaced(left) or _unspaced(right):
        return False
    if _is_hangul(left) != _is_hangul(right):
        return False
    return _is_katakana(left) == _is_katakana(right)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")


def _unspaced(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _WITHOUT_SPACES)


def _is_han(character: str) -> bool:
    return 0x3400 <= ord(character) <= 0x9FFF


def _is_hangul(character: str) -> bool:
    return 0xAC00 <= ord(character) <= 0xD7A3


def _is_katakana(character: str) -> bool:
    return 0x30A0 <= ord(character) <= 0x30FF


def _denied(text: str, start: int, end: int) -> bool:
    if _NEGATION.search(text, max(0, start - 24), start):
        return True
    following = re.split(r"[,.;:!?。，、]|\bbut\b", text[end : end + 40], maxsplit=1)[0]
    return _DENIED_AFTER.match(following) is not None


_DENIED_AFTER = re.compile(rf"(?i)[\s*_\"'`)]*(?:{any_of(every('denied'))})(?!\w)")


def _last_match(pattern: str, text: str, flags: int) -> str | None:
    try:
        match = None
        for match in regex.finditer(pattern, text, flags=flags, timeout=REGEX_TIMEOUT_S):  # noqa: B007
            pass
    except TimeoutError:
        raise ScorerError(
            f"the regular expression '{clipped(pattern)}' took over {REGEX_TIMEOUT_S:g} s (make it simpler)"
        ) from None
    except regex.error as error:
        raise ScorerError(f"not a regular expression: {error} (correct '{clipped(pattern)}')") from None
    if match is None:
        return None
    if "answer" in match.groupdict():
        return match["answer"]
    return match[1] if match.re.groups else match[0]
