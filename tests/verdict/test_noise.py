from __future__ import annotations

import pytest

from pytest_reasoning.records import Completion
from pytest_reasoning.verdict import FirstDifference, NoiseFloor, first_differences, noise_floor


def completion(*tokens: int) -> Completion:
    return Completion(
        text="".join(map(chr, tokens)),
        tokens=tokens,
        logprobs=(-0.1,) * len(tokens),
        finish="eos",
        prompt_tokens=3,
    )


def test_identical_runs_have_no_difference() -> None:
    run = {"a": completion(1, 2), "b": completion(3)}
    assert first_differences(run, dict(reversed(run.items()))) == ()
    assert str(noise_floor(2, ())) == "all 2 completions are identical"


def test_the_first_differing_token_and_its_margin_are_found() -> None:
    first = {"a": completion(1, 2, 3), "b": completion(1, 2), "c": completion(7)}
    second = {"a": completion(1, 9, 3), "b": completion(1, 2, 5), "c": completion(7)}
    differences = first_differences(first, second, {"a": (4.0, 0.01, 2.0), "b": (1.0, 1.0)})
    assert differences == (
        FirstDifference(key="a", token=1, margin=0.01),
        FirstDifference(key="b", token=2, margin=None),
    )
    floor = noise_floor(3, differences)
    assert floor == NoiseFloor(compared=3, identical=1, first_token=1, margin=0.01)
    assert str(floor) == "2 of 3 completions differ, the earliest at token 1, logit margins there up to 0.01"


def test_margins_need_not_be_known() -> None:
    differences = first_differences({"a": completion(1)}, {"a": completion(2)})
    assert str(noise_floor(1, differences)) == "1 of 1 completions differ, the earliest at token 0"


def test_runs_of_different_requests_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"^2 requests are in one of the runs only$"):
        first_differences({"a": completion(1)}, {"b": completion(1)})
