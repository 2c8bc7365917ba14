from __future__ import annotations

import pytest

from pytest_reasoning.records import Completion
from pytest_reasoning.verdict import FirstDifference, NoiseFloor, first_differences, noise_floor


def completion(*tokens: int, logprobs: tuple[float, ...] = ()) -> Completion:
    return Completion(
        text="".join(map(chr, tokens)), tokens=tokens, logprobs=logprobs, finish="eos", prompt_tokens=3
    )


def test_identical_runs_have_no_difference() -> None:
    run = {"a": completion(1, 2), "b": completion(3)}
    reordered = dict(reversed(run.items()))
    assert first_differences(run, reordered) == ()
    assert str(noise_floor(run, [run, reordered])) == "all 4 completions are identical"


def test_the_first_differing_token_and_its_margin_are_found() -> None:
    first = {
        "a": completion(1, 2, 3, logprobs=(-0.1, -0.75, -0.1)),
        "b": completion(1, 2, logprobs=(-0.1, -0.1)),
        "c": completion(7),
    }
    second = {
        "a": completion(1, 9, 3, logprobs=(-0.1, -0.875, -3.0)),
        "b": completion(1, 2, 5, logprobs=(-0.1, -0.1, -0.2)),
        "c": completion(7),
    }
    assert first_differences(first, second) == (
        FirstDifference(key="a", token=1, margin=0.125),
        FirstDifference(key="b", token=2, margin=None),
    )
    floor = noise_floor(first, [first, second])
    assert floor == NoiseFloor(compared=6, identical=4, first_token=1, margin=0.125)
    assert str(floor) == "2 of 6 completions differ, the earliest at token 1, logit margins there up to 0.125"


def test_log_probabilities_need_not_be_known() -> None:
    floor = noise_floor({"a": completion(1)}, [{"a": completion(2)}])
    assert str(floor) == "1 of 1 completions differ, the earliest at token 0"


def test_runs_of_different_requests_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"^2 requests are in one of the runs only$"):
        first_differences({"a": completion(1)}, {"b": completion(1)})
