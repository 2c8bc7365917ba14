"""Reads yes or no, true or false, in the languages of `where/markers.yaml`."""

from __future__ import annotations

import re
from functools import cache

from pytest_reasoning.scoring.reading import Ambiguous, Reading, Unreadable
from pytest_reasoning.scoring.values.choice import plain_text
from pytest_reasoning.scoring.where.markers import any_of, every, languages
from pytest_reasoning.scoring.where.sentences import sentence_end

_BOTH = re.compile(
    r"(?i)^[(\[]?\s*(?:yes|true|correct|right|y|t)\s*(?:/|or|\|)\s*(?:no|false|incorrect|wrong|n|f)\s*[)\]]?\s*(?P<colon>[:：?]\s*)?"
)
_IDIOMS = re.compile(
    r"(?i)\b(?:(?:there\s+is|there's|without|with)\s+)?no\s+(?:doubt|question|wonder|problem|need|matter|one|longer|way\s+around|more|less|other)\b"
    r"|\bnot\s+only\b|\bright\s+(?:now|away|after|before|angle|triangle|hand|side)\b|\btrue\s+or\s+false\b|\byes\s+or\s+no\b"
    r"|\b(?:yes|no)[-/ ](?:no|yes)\s+question\b|\bcorrect\s+answer\b|\bright\s+answer\b|\bif\s+true\b"
)
_FILLER = re.compile(
    r"(?i)(?:(?:so|thus|hence|therefore|well|ok|okay|sure|indeed|clearly|definitely|certainly|probably|most likely|"
    r"likely|a|i would say|i'd say|i think|i believe|it is|it's|this is|that is|that's|simply|absolutely|"
    r"the answer|answer|overall|in short|in conclusion|of course|technically|generally|mathematically|logically|"
    r"actually|also|"
    r"alors|donc|nun|pues|entonces|então|quindi|jadi)\b[,:.;]?\s+)+"
)
_NEGATED = re.compile(
    r"(?i)\b(?:not|never|hardly|cannot|neither|nor|far from|nicht|kein|keine|pas|no|não|non|nunca|nie|bukan|"
    r"tidak)\b|n['’]t\b"
)
_HEDGED = re.compile(
    r"(?i)\b(?:necessarily|always|entirely|completely|fully|strictly|quite|really|exactly|totally|wholly)\b"
)
_UNSURE = re.compile(
    r"(?i)\b(?:maybe|perhaps|possibly|might be|may be|could be|sometimes|depends|unknown|uncertain|unclear|"
    r"undetermined|cannot be determined|can't be determined|not sure|don't know|do not know|partly|partially|both|"
    r"either|neither|if and only if|only if)\b"
)
_PREDICATE = re.compile(
    r"(?i)\s*(?:[.,;:!?)\]\"'”’—–-]|$|(?:because|since|as|that|for|in|when|by|and|so|given|due|based|statement|claim|sentence|"
    r"assertion|conclusion|hypothesis|proposition|answer|about|to|under|according|if|aussage|behauptung)\b)"
)
_SUPPOSED = re.compile(
    r"(?i)\s+(?:would|could|might|may|seems|looks|sounds|appears|is\s+(?:not|wrong|incorrect|false|too|what))\b"
)
"Verbs that speak of an answer: `Yes would be too simple` gives none."
_WOULD = re.compile(r"(?i)\bwould\b|['’]d\b")
_IF = re.compile(r"(?i)\s+if\b")
_QUESTION = re.compile(r"[^.!?。！？\n]*[?？؟]")
_ATTRIBUTE = re.compile(r"(?i)\bthe\s*$")
_CLAUSE = re.compile(r"[;,.:!?—–]\s+|\bbut\b|\bbecause\b|\bsince\b|\balthough\b|\bwhile\b")


class BooleanReader:
    """Reads yes-or-no answers; the value of a reading is a bool."""

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the answer yes or no of a place, or None if it gives neither.

        `yes`, `true`, `correct` and `right` mean the same. A word that begins the place decides; otherwise the
        predicate of the sentence does, with negations counted: `It cannot be true` is no.
        """
        plain = plain_text(text)
        both = _BOTH.match(plain)
        if both is not None:
            rest = plain[both.end() :]
            if not both["colon"] or not rest:
                raise Ambiguous(plain[:60])
            plain = rest
        plain = _IDIOMS.sub(" ", plain).strip(" :,;.")
        leading = self._leading(plain)
        if leading is not None:
            return leading
        if stated:
            plain = plain[: sentence_end(plain, 0)]
        if _UNSURE.search(plain):
            if stated:
                raise Unreadable(f"'{plain[:60]}' is neither yes nor no")
            return None
        return self._said(plain)

    def begins(self, text: str) -> bool:
        """Return whether a text begins with a yes-or-no answer."""
        plain = _IDIOMS.sub(" ", plain_text(text)).strip(" :,;.")
        try:
            return _BOTH.match(plain) is None and self._leading(plain) is not None
        except Ambiguous:
            return False

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether the answer and the target are the same."""
        return bool(answer.value == target.value)

    def read_target(self, text: str) -> Reading | None:
        """Return the reading of a target, or None if it means neither yes nor no."""
        return _reading(_value(text.strip().strip(".").casefold()))

    def _leading(self, plain: str) -> Reading | None:
        filler = _FILLER.match(plain)
        for start in dict.fromkeys((0, filler.end() if filler is not None else 0)):
            match = _words().match(plain, start)
            if match is None:
                continue
            value = _value(match["word"].lower())
            if value is None:
                continue
            rest = plain[match.end() :]
            if not _ends_word(match["word"], rest) or (_WOULD.search(plain[:start]) and _IF.match(rest)):
                continue
            if rest.lstrip(" \"'”’*)")[:1] in ("?", "？", "؟"):
                return None
            back = _taken_back().match(rest)
            if back is not None and _value(back["word"].lower()) is (not value):
                raise Ambiguous(plain[:60])
            other = re.match(
                r"(?i)\s*(?:/|\||,?\s*(?:or|and|oder|und|o|y|ou|et|e|atau|dan)\b)\s*(?P<word>[^\W\d_]+)", rest
            )
            if other is not None and _value(other["word"].lower()) is (not value):
                raise Ambiguous(plain[:60])
            if match["not"] is not None and not value and _HEDGED.search(match["not"]):
                raise Unreadable(f"'{plain[:60]}' may mean either")
            return _reading(value if match["not"] is None else not value)
        return None

    def _said(self, plain: str) -> Reading | None:
        values: set[bool] = set()
        for clause in _CLAUSE.split(_QUESTION.sub(" ", plain)):
            for match in _anywhere().finditer(clause):
                word = match["word"].lower()
                value = _value(word)
                if value is None or not _PREDICATE.match(clause, match.end()):
                    continue
                before = clause[: match.start()]
                if _WOULD.search(before) and _IF.match(clause, match.end()):
                    continue
                if _ATTRIBUTE.search(before) and clause[match.end() :].strip():
                    continue  # "the right choice" does not judge the claim
                if word in _BARE and not re.search(
                    r"(?i)\b(?:is|say|answer|be|answered|with|was)\W*$|^\W*$", before
                ):
                    continue  # "there are no birds", or "si" in the middle of a sentence, is not an answer
                negations = len(_NEGATED.findall(before))
                if negations and (not value or negations > 1) and (_HEDGED.search(before) or negations > 1):
                    raise Unreadable(f"'{clause.strip()[:60]}' may mean either")
                values.add(value if negations % 2 == 0 else not value)
        if len(values) > 1:
            raise Ambiguous(plain[:60])
        return _reading(values.pop()) if values else None


_BARE = frozenset(
    {"no", "yes", "si", "sí", "sì", "ja", "ya", "non", "oui", "na", "ne", "nein", "sim", "não", "tidak", "bukan"}
)


def _value(word: str) -> bool | None:
    if word in _sides()[True]:
        return True
    return False if word in _sides()[False] else None


@cache
def _sides() -> dict[bool, frozenset[str]]:
    return {
        True: frozenset(word.lower() for word in (*every("yes"), *every("true"))),
        False: frozenset(word.lower() for word in (*every("no"), *every("false"))),
    }


def _ends_word(word: str, rest: str) -> bool:
    """Return whether a leading word is the answer; before a noun, `no` and `right` only qualify the noun."""
    if _SUPPOSED.match(rest):
        return False
    if word.lower() in ("no", "non", "si", "ja", "ya", "não", "tidak", "bukan", "ने", "لا"):
        return (
            not rest
            or re.match(
                r"(?i)\s*[.,;:!?)\]—–\n\"'”’-]|\s+(?:because|since|it|this|that|the|they|he|she|there|you|we|i)\b|\s*\(",
                rest,
            )
            is not None
        )
    if word.lower() in ("right", "correct", "true", "false", "wrong", "incorrect"):
        return _PREDICATE.match(rest) is not None
    return True


def _reading(value: bool | None) -> Reading | None:
    return None if value is None else Reading(written="yes" if value else "no", value=value)


def _alternatives() -> tuple[str, str]:
    spaced: set[str] = set()
    unspaced: set[str] = set()
    for language in languages():
        words = {*language.yes, *language.no, *language.true, *language.false}
        (spaced if language.spaced and not language.glued else unspaced).update(words)
    return any_of(spaced), any_of(unspaced)


@cache
def _words() -> re.Pattern[str]:
    spaced, unspaced = _alternatives()
    return re.compile(
        rf"(?i)(?P<not>not\s+(?:necessarily\s+|entirely\s+|quite\s+|exactly\s+)?)?(?P<word>(?:{spaced})(?![\w])|(?:{unspaced})(?![\w]|の))|(?P<never>(?!))"
    )


@cache
def _taken_back() -> re.Pattern[str]:
    """Return the pattern of another answer behind the first: `Yes, wait, no.`"""
    words = any_of(word.lower() for kind in ("yes", "no") for word in every(kind))
    retract = any_of(word for one in languages() for word in one.retract)
    return re.compile(
        rf"(?i)(?:[\s,.!…—–-]|just kidding)+(?:(?:{retract})(?!\w)[\s,.!:…—–-]*){{0,3}}"
        rf"(?:(?:it|that)(?:\s+is|['’]s)\s+|is\s+)?(?P<word>{words})(?=\s*[.,;!。]|\s*\Z)"
    )


@cache
def _anywhere() -> re.Pattern[str]:
    spaced, unspaced = _alternatives()
    return re.compile(rf"(?i)(?<!\w)(?P<word>{spaced})(?!\w)|(?P<other>(?!))(?:{unspaced})")
