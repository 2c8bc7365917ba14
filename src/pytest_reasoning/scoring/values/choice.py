"""Reads which of the options of a multiple-choice question a text picks, by letter or by the option's words."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cache, lru_cache

from pytest_reasoning.scoring.reading import Ambiguous, Reading, Unread, Unreadable
from pytest_reasoning.scoring.values.text import normalized
from pytest_reasoning.scoring.where.denials import denies, without_denials
from pytest_reasoning.scoring.where.markers import any_of, every, languages
from pytest_reasoning.scoring.where.places import without_closers

_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathit|textit|mbox|rm|bf)\s*\{([^{}]*)\}")
_MARKUP = re.compile(
    r"\*{1,3}|`{1,3}|\$|\\[()\[\]]|(?<!\w)_{1,2}|_{1,2}(?!\w)|</?(?:b|i|u|em|strong|answer|p|br|code)\s?/?>"
)
_OPEN, _CLOSE = r"[(\[{<（【「『\"'“‘]", r"[)\]}>）】」』\"'”’]"
_LETTER = re.compile(
    rf"(?P<open>{_OPEN}*)\s*(?P<letter>[A-Za-z])(?![A-Za-z0-9_])\s*(?P<close>{_CLOSE}*)(?P<mark>[.:,;!?。，：；、]*)"
)
_FORMULA = re.compile(r"\s*(?:[=+*/^≤≥≈∈×÷≪≫∝]|<(?!/)|>|\\[a-zA-Z]|[-−–]\s*\d|['’]s?\w)")
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_LINK = (
    r"(?:,|/|&|\+|、|，|和|或|与|與|と|か|および|또는|\b(?:and|or|und|oder|y|o|et|ou|e|dan|atau|nor)\b|و|أو|और|या)"
)
_ANOTHER = re.compile(
    rf"\s*(?:{_LINK}\s*)+(?:(?i:option|choice|answer|both)\s+)?{_OPEN}*\s*([A-Z])(?![A-Za-z0-9_'’])\s*{_CLOSE}*"
)
_CLOSED = re.compile(rf"\s*{_CLOSE}*")
_CLAUSE_END = re.compile(r"[,;.!?:]\s|[,;.!?:]$")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)")
_LISTED = re.compile(r"\s*[,;/]?\s*(?:and\s+|or\s+)?[(\[]?\s*([A-Za-z])\s*[)\].:]")
"Matches a further lettered option after an option's words, which means that the text is listing options."
_LINKED = re.compile(rf"\s*(?:{_LINK}\s*)+(?!not\b)(?:the\s+)?")
_FILLER = re.compile(
    r"(?i)(?:(?:the|a|an|that|it|is|it's|option|choice|letter|answer|number|color|colour|word|of|:|el|la|le|der|die|das|"
    r"il|lo|o|os|as|los|las|les)\s+)*"
)
_AFTER_WORDS = re.compile(r"(?i)\s*(?:one|option|choice|answer|color|colour)?\s*(?:[.!?,;:。、，(\[—–]|$|\s-\s)")
_TOO = re.compile(r"(?i)\s*(?:far |much |a bit |a little )?too\s")
_UNIT = re.compile(r"\s[^\W\d_]{1,20}\s*(?:[.!?,;]|$)")
"Matches a unit after an option that is a number, as in `6 legs`."
_COMPARED = re.compile(
    r"(?i)\b(?:than|unlike|except|between|instead of|rather than|besides|without|either|neither|whether|if|versus|"
    r"vs\.?)\s+(?:the\s+|a\s+|an\s+|in\s+)?$"
)
MOST_OPTION = 2_000
MOST_PICKED = 20_000
"Phrases that pick an option are searched for in this many characters at the end of the text."


class ChoiceReader:
    """Finds which of `options` a text picks; the value of a reading is the option's index, counted from 0."""

    def __init__(self, options: Sequence[str]) -> None:
        self._options = tuple(options)
        self._texts = tuple(normalized(option, ignore_case=True) for option in options)
        self._longest_first = sorted(range(len(options)), key=lambda index: -len(self._texts[index]))

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the option that a place picks, or None if it picks none.

        A letter counts if it stands alone, before a punctuation mark or before the words of its own option, so
        "a dog" and `E = mc²` pick nothing. A letter followed by another option's words raises Unreadable.
        """
        plain = plain_text(text)
        if not plain or (not stated and (plain.endswith("?") or _supposes().match(plain))):
            return None
        if (whole := self._whole(plain)) is not None:
            return whole
        lead = _lead().match(plain)
        start = lead.end() if lead is not None else 0
        found = self._letter(plain, start)
        if found is None and start:
            found = self._letter(plain, 0)
        if found is None and (backwards := _right().search(plain)) is not None and not denies(plain):
            found = self._picked(backwards["letter"], plain, backwards.end("letter"), sure=True)
        if found is None:
            found = self._words(plain, start, stated=stated)
        if found is None and stated and _LETTER.fullmatch(plain) is not None:
            raise Unreadable(f"'{plain[:40]}' is none of the options")
        return found

    def begins(self, text: str) -> bool:
        """Return whether a text begins with a letter in brackets or before a punctuation mark."""
        match = _LETTER.match(plain_text(text))
        return match is not None and bool(match["mark"] or (match["open"] and match["close"]))

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether the answer and the target are the same option."""
        return bool(answer.value == target.value)

    def read_target(self, text: str) -> Reading | None:
        """Return the option that a target names; option texts are compared before letters."""
        plain = normalized(text, ignore_case=True)
        for index, option in enumerate(self._texts):
            if option == plain:
                return self._reading(index)
        letter = plain.strip("()[].: ")
        index_of = self._index(letter) if len(letter) == 1 else None
        return None if index_of is None else self._reading(index_of)

    def option(self, index: int) -> Reading:
        """Return the reading of the option with an index, counted from 0."""
        return self._reading(index)

    def picks(self, text: str) -> list[Reading]:
        """Return what phrases such as `I choose B` and `B is correct` pick anywhere in a text."""
        found: list[Reading] = []
        concluded: list[Reading] = []
        plain = plain_lines(text[-MOST_PICKED:])
        end = 0
        for match in _phrases().finditer(plain):
            if _supposed().search(match.string, max(0, match.start() - 40), match.start()):
                continue
            name = next(group for group in ("one", "other", "last") if match[group])
            reading = self._picked(match[name], match.string, match.end(name), sure=True)
            if reading is not None and match["last"]:
                concluded.append(reading)
                end = match.end()
            elif reading is not None:
                found.append(reading)
        # "So B." that the model argues on after is a step of its reasoning; a bare answer at the end is no argument
        after = [line for line in map(without_closers, plain[end:].split("\n")) if line.strip()]
        last = self._bare(after[-1]) if after else None
        if after and last is None:
            return found
        return [*found, *concluded, *([last] if last is not None and concluded else [])]

    def lists_options(self, line: str) -> int | None:
        """Return the index of the option that a line such as `B) green` lists, or None if it lists none."""
        match = _LETTER.match(plain_text(line))
        if match is None or not (match["close"] or match["mark"]):
            return None
        return self._index(match["letter"])

    def _bare(self, line: str) -> Reading | None:
        """Return the option that a line picks, or None if it picks none or more than one."""
        try:
            return self.read(line, stated=False)
        except Unread:
            return None

    def _whole(self, plain: str) -> Reading | None:
        folded = normalized(plain, ignore_case=True)
        found = [index for index, option in enumerate(self._texts) if option and option == folded]
        return self._reading(found[0]) if len(found) == 1 and len(folded) > 1 else None

    def _letter(self, plain: str, start: int) -> Reading | None:
        match = _LETTER.match(plain, start)
        if match is None:
            return None
        return self._picked(
            match["letter"], plain, match.end("letter"), sure=bool(match["open"] and match["close"])
        )

    def _picked(self, letter: str, plain: str, end: int, *, sure: bool) -> Reading | None:
        """Return the option of the letter that ends at `end`, if the text after the letter lets it count."""
        closing = re.compile(rf"\s*{_CLOSE}*[.:,;!?。，：；、]*\s*").match(plain, end)
        rest_at = closing.end() if closing is not None else end
        if not sure and _FORMULA.match(plain, end):
            return None
        marked = closing is not None and closing[0].strip() != ""
        rest = plain[rest_at:]
        index = self._index(letter)
        reason = _sure_reason() if letter in "AIai" or letter.islower() else _reason()
        goes_on = not (sure or marked) and rest and not reason.match(rest) and not _ANOTHER.match(plain, end)
        if letter == "I" and rest and not (sure or marked):
            return None  # "I was thinking"
        if goes_on and (letter in "AIai" or letter.islower()):
            # "a dog", "A red car" and "b flat" are words unless the option's own words follow
            return self._reading(index) if index is not None and self._begins(rest, index) else None
        if (verb := _verb().match(rest)) is not None:
            says = _CLAUSE_END.split(rest, maxsplit=1)[0]
            if denies(says) or _TOO.match(rest, verb.end()):
                return None  # "B is wrong", "B is too small"
        if index is None:
            if letter.islower() and not sure and rest:
                return None
            raise Unreadable(f"'{letter}' is none of the options")
        others = [index]
        closed = _CLOSED.match(plain, end)
        at = closed.end() if closed is not None else end
        while (another := _ANOTHER.match(plain, at)) is not None:
            following = plain[another.end() :]
            if _verb().match(following) or denies(following.split(".")[0][:60]):
                break
            if (other := self._index(another[1])) is not None:
                others.append(other)
            at = another.end()
        if len(set(others)) > 1:
            raise Ambiguous(", ".join(_letter_of(other) for other in dict.fromkeys(others)))
        back = _taken_back().match(rest)
        if back is not None and self._index(back["letter"]) not in (None, index):
            raise Unreadable(f"{_letter_of(index)} is taken back")
        if rest and closing is not None and "?" in closing[0]:
            raise Unreadable(f"{_letter_of(index)} is asked")
        own = self._texts[index]
        after = normalized(rest, ignore_case=True)[len(own) :] if self._begins(rest, index) else ""
        listed = _LISTED.match(after)
        if listed is not None and (other := self._index(listed[1])) not in (None, index):
            raise Ambiguous(f"{_letter_of(index)}, {_letter_of(other or 0)}")
        if rest and (marked or sure) and not _reason().match(rest):
            other_words = self._option_at(rest)
            if other_words is not None and other_words != index and not self._begins(rest, index):
                raise Unreadable(f"({_letter_of(index)}) and the words of ({_letter_of(other_words)})")
        return self._reading(index)

    def _begins(self, rest: str, index: int) -> bool:
        return self._option_at(rest) == index or normalized(rest, ignore_case=True).startswith(self._texts[index])

    def _option_at(self, text: str) -> int | None:
        """Return the option whose words begin a text and make up its first sentence."""
        folded = normalized(text[:MOST_OPTION], ignore_case=True)
        for index in self._longest_first:
            option = self._texts[index]
            if not option or not folded.startswith(option):
                continue
            if _AFTER_WORDS.match(folded, len(option)):
                return index
            if option.isdecimal() and _UNIT.match(folded, len(option)):
                return index
        return None

    def _words(self, plain: str, start: int, *, stated: bool) -> Reading | None:
        for at in dict.fromkeys((_skip(plain, start), _skip(plain, 0))):
            index = self._option_at(plain[at:])
            if index is not None:
                rest = normalized(plain[at:], ignore_case=True)[len(self._texts[index]) :]
                linked = _LINKED.match(rest)
                other = self._option_at(rest[linked.end() :]) if linked is not None else None
                mentioned = [other] if other is not None else self._mentioned(_before_reason(rest))
                if any(other != index for other in mentioned):
                    raise Ambiguous(", ".join(_letter_of(other) for other in (index, *mentioned)))
                letter = _BRACKETED.search(rest[:8])
                if letter is not None and self._index(letter[1]) not in (None, index):
                    raise Unreadable(f"({_letter_of(index)}) and the letter {letter[1].upper()}")
                return self._reading(index)
        clear = without_denials(_SENTENCE_END.split(plain, maxsplit=1)[0] if stated else plain)
        found = self._mentioned(normalized(clear, ignore_case=True))
        if len(found) > 1:
            if stated:
                raise Ambiguous(", ".join(_letter_of(index) for index in found))
            return None
        if not found or plain.rstrip().endswith("?"):
            return None
        if stated and not self._ends(clear, found[0]):
            raise Unreadable(f"'{plain[:60]}' is more than the option it names")
        return self._reading(found[0])

    def _ends(self, text: str, index: int) -> bool:
        """Return whether a sentence ends with the option's words, as in `that the color is green`."""
        folded = normalized(text, ignore_case=True)
        option = self._texts[index]
        before = folded[: -len(option)] if folded.endswith(option) else None
        return before is not None and _copula().search(before) is not None

    def _mentioned(self, folded: str) -> list[int]:
        found: list[int] = []
        for index in self._longest_first:
            option = self._texts[index]
            if not option or (len(option) == 1 and option.isalpha() and option.isascii()):
                continue
            hit = False
            # each match is removed so that "red" is not found again within "dark red"
            pieces, at = [], 0
            for match in _whole_words(option).finditer(folded):
                pieces.append(folded[at : match.start()])
                at = match.end()
                hit = hit or not _COMPARED.search(folded[max(0, match.start() - 30) : match.start()])
                pieces.append(" \x00 ")
            folded = "".join([*pieces, folded[at:]])
            if hit:
                found.append(index)
        return found

    def _index(self, letter: str) -> int | None:
        index = string.ascii_lowercase.find(letter.lower())
        return index if 0 <= index < len(self._options) else None

    def _reading(self, index: int) -> Reading:
        return Reading(written=f"({_letter_of(index)}) {self._options[index]}", value=index)


_BRACKETED = re.compile(r"[(\[]\s*([A-Za-z])\s*[)\]]")


# The lines of a completion are looked at one by one, as a list of options, and again as phrases.
@lru_cache(maxsize=256)
def plain_text(text: str) -> str:
    """Return a place on one line without markup, with full-width letters replaced by ASCII letters."""
    text = _LATEX.sub(lambda command: command[1], normalized(text))
    return " ".join(_MARKUP.sub("", text).split()).lstrip("✅☑✔✓❌➡→•·-–> ")


def plain_lines(text: str) -> str:
    """Return a text without markup, line by line."""
    return "\n".join(plain_text(line) for line in text.split("\n"))


def _letter_of(index: int) -> str:
    return string.ascii_uppercase[index] if index < 26 else str(index + 1)


def _skip(plain: str, start: int) -> int:
    match = _FILLER.match(plain, start)
    return match.end() if match is not None else start


def _before_reason(text: str) -> str:
    match = re.compile(rf"[,;(]|\.\s|\b(?:{any_of(every('because'))})\b").search(text)
    return text if match is None else text[: match.start()]


@lru_cache(maxsize=4096)
def _whole_words(option: str) -> re.Pattern[str]:
    before = r"(?<![\w.,-])" if not _is_cjk(option[0]) else ""
    after = r"(?![\w-]|[.,]\d)" if not _is_cjk(option[-1]) else ""
    return re.compile(before + re.escape(option) + after)


def _is_cjk(character: str) -> bool:
    return re.match(f"[{_CJK}]", character) is not None


@cache
def _lead() -> re.Pattern[str]:
    """Return the pattern of words that may precede the letter: `most likely`, `option`, `I choose`, `so`."""
    spaced: set[str] = set()
    unspaced: set[str] = set()
    for language in languages():
        words = {*language.surely, *language.option, *language.pick, *(language.with_), *language.is_}
        (spaced if language.spaced else unspaced).update(words)
    noun = any_of(every("option"))
    articles = rf"the|it|this|that|would|be|indeed|la|el|die|der|das|le|il|lo|as|[ao](?=\s(?:{noun}))"
    return re.compile(
        rf"(?i)(?:(?:(?:{any_of(spaced)}|{articles})(?![\w])[,:]?\s*|(?:{any_of(unspaced)})[:：]?\s*))*"
    )


@cache
def _reason() -> re.Pattern[str]:
    """Return the pattern of words that begin a reason or comment after the answer."""
    spaced: set[str] = set()
    unspaced: set[str] = set()
    for language in languages():
        words = {*language.because, *language.right}
        (spaced if language.spaced else unspaced).update(words)
    return re.compile(
        rf"(?i)(?:(?:{any_of(spaced)}|is|was|are|has|as)\b|(?:{any_of(unspaced)})|[—–(;,-]|项|項|选项|選項|です|입니다|है)"
    )


@cache
def _sure_reason() -> re.Pattern[str]:
    """Return the pattern of reasons after a letter whose first word is also an ordinary word: French `car`."""
    words = {word for word in (*every("because"), *every("right")) if len(word) > 4}
    return re.compile(rf"(?i)(?:(?:{any_of(words)}|is|was)\b|[—–(;,-]|项|項|选项|選項|です|입니다|है)")


@cache
def _verb() -> re.Pattern[str]:
    return re.compile(
        r"(?i)\s*(?:is|are|was|were|has|have|can|cannot|do|does|would|may|might|will|isn't|aren't|don't)\b"
    )


@cache
def _copula() -> re.Pattern[str]:
    words = {*every("is_"), ":", "="}
    return re.compile(rf"(?i)(?:^|\s|(?<=\w))(?:{any_of(words)})\s*(?:the\s+|a\s+|an\s+|called\s+|option\s+)?$")


@cache
def _right() -> re.Pattern[str]:
    spaced, unspaced = _rights()
    return re.compile(
        rf"(?:^|(?<=[\s(（,:;'\"{_CJK}]))(?P<letter>[A-Z])\s*{_CLOSE}*\s*"
        rf"(?:(?i:{any_of(spaced)})(?!\w)|{any_of(unspaced)})"
    )


def _rights() -> tuple[set[str], set[str]]:
    spaced = {word for one in languages() if one.spaced and not one.glued for word in one.right}
    unspaced = {word for one in languages() if not one.spaced or one.glued for word in one.right}
    return spaced, unspaced


@cache
def _phrases() -> re.Pattern[str]:
    pick, option, verbs, unspaced = set(), set(), set(), set()
    for language in languages():
        if language.spaced:
            pick |= {word for word in language.pick if " " in word or "'" in word or "’" in word}
            option |= set(language.option)
            verbs |= set(language.is_)
        else:
            unspaced |= {word for word in language.pick if len(word) > 1}
    with_ = any_of(every("with_"))
    letter = rf"{_OPEN}*\s*(?P<one>[A-Z])(?![\w=+*/^'’-])(?!\s*[=+*/^<>])"
    spaced_right, unspaced_right = _rights()
    noun = rf"(?:(?i:the|{any_of(option)})\s+){{0,2}}"
    return re.compile(
        rf"(?:(?<!\w)(?i:(?:{any_of(pick)})\s+(?:(?:{any_of(every('surely'))}|the|{with_}|option|choice|letter|{any_of(option)}):?\s+){{0,3}}"
        rf"|(?:{any_of(option)})\s+(?:(?:{with_})\s+)?(?:{any_of(verbs)})\s*:?\s*)"
        rf"|(?:{any_of(unspaced)})\s*(?:选项|選項)?\s*)"
        rf"{letter}"
        rf"|(?:^|(?<=[.!?;,:]\s)|(?<=[。！？，]))(?i:{any_of(every('hence'))})[,:，]?\s*{noun}"
        rf"(?<![A-Za-z0-9]){_OPEN}*(?P<last>[A-Z]){_CLOSE}*[ \t]*[.!。]?[ \t]*$"
        rf"|(?:^|(?<=[\s(（{_CJK}]))(?P<other>[A-Z])(?![\w'’])\s*{_CLOSE}*\s*(?:(?i:{any_of(spaced_right)})(?!\w)|(?:{any_of(unspaced_right)}))",
        re.MULTILINE,
    )


@cache
def _taken_back() -> re.Pattern[str]:
    """Return the pattern of what follows a letter that the model takes back: `B, no, wait, C`."""
    spaced = {word for one in languages() if one.spaced for word in one.retract}
    word = rf"(?:{any_of(spaced)})(?!\w)"
    return re.compile(
        rf"(?i:(?:{word}[\s,.!:;…—–-]*){{0,2}}{word}\s*(?:[,.!:;…—–-]+\s*|(?=(?:it|is|it's|it’s|é|es|c'est)\s))"
        rf"(?:(?:it|is|it's|it’s|the|option|answer|é|es|c'est)\s+){{0,4}})"
        rf"{_OPEN}*(?P<letter>[A-Z])(?![\w'’])"
    )


@cache
def _supposes() -> re.Pattern[str]:
    return re.compile(rf"(?i)(?:{any_of(every('if_'))}|why)(?!\w)")


@cache
def _supposed() -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?:{any_of(every('if_'))}|why|not|n't|n’t|either|neither|nor)\s[^.\n]{{0,24}}$")
