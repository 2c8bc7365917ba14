"""Mathematical answers: equivalent forms are right, near ones are not, words are not products of letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.value_rows import NOTHING, UNREADABLE, verdict

pytest.importorskip("math_verify")

from pytest_reasoning.scoring.values.maths import MOST_OPERATIONS, MOST_TEXT, math_reader

STATED = [
    ("\\frac{1}{2}", "0.5", "right"),
    ("1/2", "\\frac{1}{2}", "right"),
    ("$0.5$", "\\frac12", "right"),
    ("50\\%", "1/2", "right"),
    ("$x^2 + 2x + 1$", "(x+1)^2", "right"),
    ("$(x+1)^2$", "x^2+2x+1", "right"),
    ("x^2 + 2x + 1", "(x+1)^2", "right"),
    ("**$x^2 + 2x + 1$**", "(x+1)^2", "right"),
    ("\\(x^2 + 2x + 1\\)", "(x+1)^2", "right"),
    ("$$x^2 + 2x + 1$$", "(x+1)^2", "right"),
    ("\\[x^2 + 2x + 1\\]", "(x+1)^2", "right"),
    ("$x^2 + 2x + 1$ for all $x$", "(x+1)^2", "right"),
    ("$x^2$", "x^3", "wrong"),
    ("$x^2 + 2x$", "(x+1)^2", "wrong"),
    ("$\\sqrt{8}$", "2\\sqrt{2}", "right"),
    ("2*sqrt(2)", "\\sqrt{8}", "right"),
    ("2√{2}", "\\sqrt{8}", "right"),
    ("$\\sqrt{8}$", "2", "wrong"),
    ("$\\sqrt{4}$", "2", "right"),
    ("\\sin(x)", "sin(x)", "right"),
    ("$x = 5$", "5", "right"),
    ("x = 5", "5", "right"),
    ("5", "x = 5", "right"),
    ("x = 5", "6", "wrong"),
    ("x = 5 because y = 3", "5", "right"),
    ("x = 5 because y = 3", "3", "wrong"),
    ("5 apples", "5", "right"),
    ("\\pi", "3.14159265358979", "wrong"),
    ("3.14159265358979", "\\pi", "wrong"),
    ("$2\\pi$", "\\pi + \\pi", "right"),
    ("$\\frac{1}{2^{99}}$", "$\\frac{1}{2^{98}}$", "wrong"),
    ("$\\frac{1}{2^{99}}$", "$2^{-99}$", "right"),
    ("$x + \\frac{1}{2^{99}}$", "$x + \\frac{1}{2^{98}}$", "wrong"),
    ("$x + \\frac{1}{2^{99}}$", "$\\frac{1}{2^{99}} + x$", "right"),
    ("$(0, \\frac{1}{2^{99}})$", "$(0, \\frac{1}{2^{98}})$", "wrong"),
    ("$\\sqrt{2} + 10^{-30}$", "$\\sqrt{2}$", "wrong"),
    ("$0.333333$", "1/3", "wrong"),
    ("$0.3333333x$", "x/3", "wrong"),
    ("$0.5x$", "x/2", "right"),
    ("$10^{-20}$", "$10^{-21}$", "wrong"),
    ("$10^{-20}$", "0", "wrong"),
    ("$\\pm 2021$", "$\\pm 2021$", "right"),
    ("$2021$", "$\\pm 2021$", "wrong"),
    ("$\\pm 2021$", "2021", "wrong"),
    ("$D = (0, 1.5)$", "$D = (0, 1)$", "wrong"),
    ("$D = (0, 1)$", "$D = (0, 1)$", "right"),
    ("$(0, 1)$", "(0,1)", "right"),
    ("$[0, 1)$", "(0,1)", "wrong"),
    ("$[0, 1)$", "[0,1)", "right"),
    ("$\\{1, 2\\}$", "\\{2, 1\\}", "right"),
    ("1 and 2", "1, 2", "right"),
    ("$x=1$ or $x=2$", "$x = 2$ or $x = 1$", "right"),
    ("$1$, $2$", "1, 2", "right"),
    ("1728", "1331 and 1728", "wrong"),
    ("1331 and 1728", "1331 and 1728", "right"),
    ("1331 and 1729", "1331 and 1728", "wrong"),
    ("1331 and 1728", "1728", "wrong"),
    ("$\\begin{pmatrix}1\\\\2\\end{pmatrix}$", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "right"),
    ("$\\begin{pmatrix}1\\\\3\\end{pmatrix}$", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "wrong"),
    ("$3 + 4i$", "4i+3", "right"),
    ("$3 - 4i$", "4i+3", "wrong"),
    ("yes", "yes", "right"),
    ("eys", "yes", "wrong"),
    ("no solution", "no solution", "right"),
    ("silent", "listen", "wrong"),
    ("$x > 3$", "x > 3", "right"),
    ("$x > 4$", "x > 3", "wrong"),
    ("$\\infty$", "\\infty", "right"),
    ("the value is $x^2$", "x^2", "right"),
    ("3\\sqrt{2}+1, which is irrational", "1+3\\sqrt{2}", "right"),
    ("x squared", "x^2", "wrong"),
    ("x^2 times 3", "x^2", UNREADABLE),
    ("", "5", NOTHING),
    ("1/0", "0", "wrong"),
]


@pytest.mark.parametrize(("text", "target", "expected"), STATED)
def test_a_stated_expression(text: str, target: str, expected: str) -> None:
    assert verdict(math_reader(), text, target) == expected


LINES = [
    ("Thus the area is $x^2$.", "x^2", "right"),
    ("So $y = 2$ and hence $x^2$.", "x^2", "right"),
    ("Thus it is 7.", "7", "right"),
    ("It is 3 or 5.", "5", "wrong"),
    ("I hope this helps you with the problem.", "5", NOTHING),
]


@pytest.mark.parametrize(("text", "target", "expected"), LINES)
def test_a_last_line(text: str, target: str, expected: str) -> None:
    assert verdict(math_reader(), text, target, stated=False) == expected


@given(st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_powers_are_equal_only_if_their_exponents_are(one: int, other: int) -> None:
    expected = "right" if one == other else "wrong"
    assert verdict(math_reader(), f"$\\frac{{1}}{{2^{{{one}}}}}$", f"$2^{{-{other}}}$") == expected
    assert verdict(math_reader(), f"$x + 2^{{-{one}}}$", f"$2^{{-{other}}} + x$") == expected


def test_a_longer_place_is_not_read() -> None:
    assert verdict(math_reader(), "x" * (MOST_TEXT + 1), "x") == UNREADABLE
    assert verdict(math_reader(), "1/" * (MOST_OPERATIONS + 1) + "2", "x") == UNREADABLE
