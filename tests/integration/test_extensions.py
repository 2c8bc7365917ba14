"""Scorers, generators and strategies written in Python, and a model inside a Python test."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write


def test_a_scorer_from_conftest(pytester: pytest.Pytester, recorded: Record) -> None:
    pytester.makeconftest(
        """
        def palindrome(text, targets, *, ignore=""):
            word = text.strip().replace(ignore, "")
            return word == word[::-1]

        def pytest_reasoning_scorers():
            return {"palindrome": palindrome}
        """
    )
    cases = pytester.mkdir("cases")
    (cases / "p.yaml").write_text(
        "suite: p\nprompt: 'Q: A palindrome?'\ntarget: any\nscorer: {type: palindrome, ignore: '-'}\n"
        "cases: [{id: good}, {id: bad}]\n"
    )
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'good': ' an-na', 'bad': ' otta'})}")
    result.assert_outcomes(passed=1, failed=1, skipped=1)


def test_a_scorer_that_raises_is_an_error(pytester: pytest.Pytester, recorded: Record) -> None:
    pytester.makeconftest(
        """
        def broken(text, targets):
            raise ValueError("no idea")

        def pytest_reasoning_scorers():
            return {"broken": broken}
        """
    )
    cases = pytester.mkdir("cases")
    (cases / "p.yaml").write_text("suite: p\nprompt: 'Q?'\ntarget: any\nscorer: broken\ncases: [{id: one}]\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': ' x'})}")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["scorer 'broken' failed: ValueError: no idea"])


def test_two_scorers_of_one_name_are_refused(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    pytester.makeconftest("def pytest_reasoning_scorers(): return {'s': len}")
    (pytester.path / "cases" / "conftest.py").write_text("def pytest_reasoning_scorers(): return {'s': len}")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': ' 3'})}")
    result.stdout.fnmatch_lines(["the scorer 's' is registered twice (register it under another name)"])


def test_a_model_inside_a_python_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it_answers(reasoning_model):
            completion = reasoning_model.complete("Q: What is 1 + 2?\\nA:", max_tokens=4)
            assert completion.tokens
            assert reasoning_model.facts.n_params > 10_000
        """
    )
    result = pytester.runpytest("--reasoning-models=nano,small", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*::test_it_answers[[]nano] PASSED*",
            "*::test_it_answers[[]small] PASSED*",
            "*= reasoning =*",
            "nano: * tokens in * s, * tokens/s.",
            "small: * tokens in * s, * tokens/s.",
        ]
    )


def test_without_models_such_a_test_is_skipped(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it_answers(reasoning_model): assert False")
    pytester.runpytest().assert_outcomes(skipped=1)
