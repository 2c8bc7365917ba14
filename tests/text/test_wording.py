from __future__ import annotations

import pytest

from pytest_reasoning.text.wording import counted, listed, printable, shortened_apart, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("##[add-mask]secret", r"#\x23[add-mask]secret"),
        ("an answer with ##[error] inside", r"an answer with #\x23[error] inside"),
        ("###[x]", r"##\x23[x]"),
        ("::error::x", r"\x3a:error::x"),
        ("first\n::set-env name=A::b", "first\n\\x3a:set-env name=A::b"),
        ("\u00a0 ::error::after spaces that are trimmed", "\u00a0 \\x3a:error::after spaces that are trimmed"),
        ("wrapped before ::error::", r"wrapped before \x3a:error::"),
        ("cases/sums.yaml::carry[small]", "cases/sums.yaml::carry[small]"),
    ],
)
def test_what_github_takes_for_a_command_in_a_log_is_disarmed(text: str, shown: str) -> None:
    assert printable(text, newlines=True) == shown


def test_a_page_shows_such_text_as_it_is() -> None:
    assert visible("::std::cout ##[x]\x1b[0m") == r"::std::cout ##[x]\x1b[0m"


@pytest.mark.parametrize(("count", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (1234, "1,234 cases")])
def test_a_number_has_its_noun_in_the_right_form(count: int, text: str) -> None:
    assert counted(count, "case") == text


def test_a_plural_can_be_named() -> None:
    assert counted(2, "category", "categories") == "2 categories"


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_in_a_sentence(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_short_forms_of_names_that_would_be_alike_show_where_they_differ() -> None:
    names = ["Qwen2.5-Coder-0.5B-Instruct-Q4_K_M", "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M", "gemma"]
    assert list(shortened_apart(names, 22).values()) == [
        "Qwen2...0.5B-Instruct",
        "Qwen2...1.5B-Instruct",
        "gemma",
    ]
    runs = ["Some-Family-Name-Instruct-Q4_K_M (A)", "Some-Family-Name-Instruct-Q4_K_M (B)"]
    assert list(shortened_apart(runs, 22).values()) == ["Some-Fami...4_K_M (A)", "Some-Fami...4_K_M (B)"]
