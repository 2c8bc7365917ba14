"""Properties of the grammar of numbers: what is written reads back exactly, and a part of something never does."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reasoning.scoring.reading import Unread
from pytest_reasoning.scoring.values.grammar.words.number_words import spelled
from pytest_reasoning.scoring.values.grammar.words.spelled import LANGUAGES, below_thousand
from pytest_reasoning.scoring.values.grammar.words.tokens import tokens_of
from pytest_reasoning.scoring.values.number import number_reader, whole_number
from pytest_reasoning.scoring.values.window import MOST_TEXT

FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
DEVANAGARI = str.maketrans("0123456789", "".join(chr(0x966 + digit) for digit in range(10)))
SUPERSCRIPT = str.maketrans("0123456789-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b")
READER = number_reader()

INTEGERS = st.integers(min_value=-(10**12), max_value=10**12)
CENTS = st.integers(min_value=-(10**8), max_value=10**8)
MARKUP = (
    "{}",
    "**{}**",
    "__{}__",
    "*{}*",
    "`{}`",
    "${}$",
    "\\({}\\)",
    "({})",
    "[{}]",
    "“{}”",
    "<b>{}</b>",
    "{{{}}}",
    "{}.",
)
MINUSES = ("-", "\u2212", "\u2011", "\uff0d", "\ufe63", "minus ", "negative ")


def value_of(text: str) -> Fraction | None:
    """Return what a stated text is read as, None if it is no answer."""
    try:
        found = READER.read(text, stated=True)
    except Unread:
        return None
    return None if found is None else found.value.amount


def signed(value: Fraction | int, digits: str, minus: str) -> str:
    return f"{minus}{digits}" if value < 0 else digits


@given(
    INTEGERS, st.sampled_from(MINUSES), st.sampled_from(("", ",", "\u00a0", "\u202f", "\u2009", "'", "_", "{,}"))
)
def test_an_integer_reads_back_from_any_grouping(value: int, minus: str, mark: str) -> None:
    digits = f"{abs(value):,}".replace(",", mark)
    assert value_of(signed(value, digits, minus)) == value


@given(INTEGERS, st.sampled_from((FULL_WIDTH, DEVANAGARI)))
def test_an_integer_reads_back_from_digits_of_any_script(value: int, script: dict[int, int]) -> None:
    assert value_of(str(value).translate(script)) == value


@given(
    CENTS,
    st.sampled_from(("{}", "${}", "€ {}", "US${}", "{} USD", "{} kg", "{}km", "about {}", "x = {}", "答案是{}")),
)
def test_a_decimal_reads_back_with_its_unit(cents: int, frame: str) -> None:
    value = Fraction(cents, 100)
    digits = f"{abs(cents) // 100:,}.{abs(cents) % 100:02}"
    text = frame.format(digits)
    assert value_of(text) == abs(value)
    assert value_of(frame.format(f"\u2212{digits}")) == -abs(value)


@given(st.integers(0, 999), st.integers(1, 98), st.integers(2, 99))
def test_a_fraction_reads_back_from_any_form(whole: int, top: int, bottom: int) -> None:
    part = Fraction(top, bottom)
    for text in (
        f"{top}/{bottom}",
        f"{top}\u2044{bottom}",
        f"\\frac{{{top}}}{{{bottom}}}",
        f"\\dfrac{{{top}}}{{{bottom}}}",
    ):
        assert value_of(text) == part
    if top < bottom:
        for text in (
            f"{whole} {top}/{bottom}",
            f"{whole} and {top}/{bottom}",
            f"{whole}\\frac{{{top}}}{{{bottom}}}",
        ):
            assert value_of(text) == whole + part


@given(
    st.integers(1, 9999), st.integers(-40, 40), st.sampled_from(("×", "x", "*", "·", "\u22c5", "\\times", "\\cdot"))
)
def test_a_power_of_ten_reads_back_from_any_form(head: int, exponent: int, times: str) -> None:
    value = head * Fraction(10) ** exponent
    raised = str(exponent).translate(SUPERSCRIPT)
    for text in (
        f"{head}e{exponent}",
        f"{head} {times} 10^{exponent}",
        f"{head} {times} 10^{{{exponent}}}",
        f"{head} {times} 10{raised}",
        f"{head} {times} 10**{exponent}",
    ):
        assert value_of(text) == value


@given(st.one_of(INTEGERS.map(str), CENTS.map(lambda cents: f"{cents / 100:.2f}")), st.sampled_from(MARKUP))
def test_markup_around_a_number_changes_nothing(number: str, frame: str) -> None:
    assert value_of(frame.format(number)) == value_of(number) == Fraction(number)


@given(
    st.integers(0, 10**6).map(str),
    st.sampled_from("abfquvwyzABDEQRUVXYZßéπσд"),
    st.sampled_from(
        ("{c}{n}", "{n}{c}{c}{c}", "{c}_{n}", "{n}_{c}", "{c}-{n}", "{n}.{c}{c}", "{c}^{n}", "{c}({n})", "{n}^{c}")
    ),
)
def test_a_number_within_a_larger_token_is_never_read_as_itself(number: str, letter: str, frame: str) -> None:
    text = frame.format(n=number, c=letter)
    if frame == "{n}.{c}{c}" and letter.isupper():
        return  # the next sentence begins without a space
    assert value_of(text) != Fraction(number)


@given(
    st.integers(0, 10**6),
    st.integers(0, 9),
    st.sampled_from(("{d}{n}", "{n}{d}", "{n}.{d}1", "{n}e{d}1", "{n},{d}", "{n}:{d}")),
)
def test_more_digits_make_another_number_or_none(number: int, digit: int, frame: str) -> None:
    found = value_of(frame.format(n=number, d=digit))
    larger = found is not None and found == Fraction(number)
    assert not larger or number == 0 or frame.format(n=number, d=digit).lstrip("0").startswith(str(number))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_below_a_thousand_reads_back_from_words(language: str) -> None:
    wrong = []
    for words, value in below_thousand(language).items():
        found = spelled(tokens_of(words), 0)
        if found is None or found.value != value:
            wrong.append((words, value, found))
    assert wrong == []


@given(st.integers(0, 10**12 - 1))
def test_an_integer_reads_back_from_english_words(value: int) -> None:
    assert value_of(english(value)) == value


def english(value: int) -> str:
    below = {number: words for words, number in reversed(below_thousand("en").items())}
    parts = []
    rest = value
    for name, size in (("billion", 10**9), ("million", 10**6), ("thousand", 10**3)):
        if rest >= size:
            parts.append(f"{below[rest // size]} {name}")
            rest %= size
    if rest or not parts:
        parts.append(below[rest])
    return " ".join(parts)


@given(st.integers(0, 99_999))
def test_an_integer_reads_back_from_chinese_numerals(value: int) -> None:
    assert value_of(chinese(value)) == value


def chinese(value: int) -> str:
    digits = "零一二三四五六七八九"
    if value < 10:
        return digits[value]
    text, zero = "", False
    for size, mark in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if zero else "") + digits[digit] + mark
            zero = False
        elif text:
            zero = True
    return text


@pytest.mark.slow
@given(st.text(max_size=80), st.booleans())
@settings(max_examples=400)
def test_no_text_makes_the_reader_fail(text: str, stated: bool) -> None:
    try:
        found = READER.read(text, stated=stated)
    except Unread:
        return
    assert found is None or found.written
    hash(found.value if found is not None else None)


PIECES = [
    "3",
    "5",
    "1,234",
    "1/2",
    "½",
    "10^6",
    " ",
    " or ",
    " and ",
    ", ",
    " = ",
    " + ",
    "-",
    "%",
    "$",
    "x",
    "abc",
    "(",
    ")",
    "\\frac",
    "{",
    "}",
    "one ",
    "million",
    ".",
    ":",
    "**",
    "\n",
    "万",
    "三",
]


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.booleans())
@settings(max_examples=600)
def test_no_row_of_pieces_makes_the_reader_fail(text: str, stated: bool) -> None:
    try:
        found = READER.read(text, stated=stated)
    except Unread:
        return
    if found is not None and stated:
        assert text.replace("\n", " ").find(found.written.split()[0]) >= 0


@given(st.integers(0, 10**6), st.sampled_from(("or", "and", "to", ",", "oder", "ou", "或", "~")))
def test_two_different_numbers_side_by_side_are_no_answer(number: int, joiner: str) -> None:
    assert value_of(f"{number} {joiner} {number + 1}") is None


def test_a_long_place_is_read_up_to_a_stated_length() -> None:
    noise = "word " * MOST_TEXT
    assert value_of(f"42 {noise}") == 42
    assert READER.read(f"{noise}42", stated=False) is not None
    assert READER.read(f"42 {noise}", stated=False) is None  # the last characters of a last line count


@pytest.mark.parametrize("text", ["9" * 100_000, "\\frac" * 20_000, "-" * 100_000, "½" * 100_000])
def test_a_long_place_without_a_space_is_no_answer(text: str) -> None:
    with pytest.raises(Unread):
        READER.read(text, stated=True)
    assert whole_number(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("9" * 400, 10**400 - 1), ("9" * 401, None), ("1e400", 10**400), ("1e401", None)]
)
def test_sizes_are_bounded(text: str, value: int | None) -> None:
    assert value_of(text) == value
