from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from pytest_reasoning.records import ThresholdRule
from pytest_reasoning.suite.format.thresholds import ThresholdField
from pytest_reasoning.verdict import threshold_for


def rules(by_pattern: dict[str, float]) -> tuple[ThresholdRule, ...]:
    """Return rules as a suite's `threshold` key gives them."""
    return TypeAdapter(ThresholdField).validate_python(by_pattern)


@pytest.mark.parametrize(
    ("patterns", "model", "n_params", "expected"),
    [
        ({"*": 0.1, "s*": 0.2, "<1B": 0.3, "small": 0.4}, "small", 125_000, 0.4),
        ({"small": 0.4, "<1B": 0.3, "s*": 0.2, "*": 0.1}, "small", 125_000, 0.4),
        ({"*": 0.1, "s*": 0.2, "<1B": 0.3}, "small", 125_000, 0.3),
        ({"*": 0.1, "s*": 0.2, "<1B": 0.3}, "small", 8_000_000_000, 0.2),
        ({"*": 0.1, "s*": 0.2}, "large", 1, 0.1),
        ({"<1B": 0.1, "<100M": 0.2}, "m", 60_000_000, 0.2),
        ({">=100M": 0.1, ">=500M": 0.2, ">7B": 0.3}, "m", 600_000_000, 0.2),
        ({"<1B": 0.1, ">=500M": 0.2}, "m", 550_000_000, 0.2),
        ({">=500M": 0.2}, "m", 500_000_000, 0.2),
        ({">500M": 0.2}, "m", 500_000_000, None),
        ({"<= 0.5b": 0.2}, "m", 500_000_000, 0.2),
        ({"<60k": 0.2}, "m", 60_000, None),
        ({"<1B": 0.2}, "an-endpoint-of-unknown-size", 0, None),
        ({"q*": 0.1, "qwen*": 0.2, "*": 0.3}, "qwen3", 1, 0.2),
        ({"?*": 0.1, "[a-z]*": 0.2}, "qwen3", 1, 0.1),
        ({"Small": 0.1}, "small", 1, None),
        ({"./a[1].gguf": 0.5}, "./a[1].gguf", 1, 0.5),
        ({"nano": 0.1}, "small", 1, None),
    ],
)
def test_the_nearest_rule_wins(
    patterns: dict[str, float], model: str, n_params: int, expected: float | None
) -> None:
    found = threshold_for(rules(patterns), model, n_params)
    assert found == (None if expected is None else {"min": expected})


@pytest.mark.parametrize(
    ("patterns", "strategy", "expected"),
    [
        ({"small-cot": 0.9, "small": 0.2}, "cot", 0.9),
        ({"small": 0.2, "small-cot": 0.9}, "direct", 0.2),
        ({"*-cot": 0.9, "*": 0.2}, "cot", 0.9),
        ({"*-cot": 0.9, "*": 0.2}, "direct", 0.2),
        ({"*-cot": 0.9, "<1B": 0.5}, "cot", 0.5),
        ({"*-cot": 0.9}, "direct", None),
    ],
)
def test_a_strategy_can_be_asked_for_by_the_label_of_the_node_id(
    patterns: dict[str, float], strategy: str, expected: float | None
) -> None:
    found = threshold_for(rules(patterns), "small", 200_000, strategy)
    assert found == (None if expected is None else {"min": expected})


def test_min_and_max_come_together() -> None:
    rule = ThresholdRule(pattern="*", min=0.2, max=0.9)
    assert threshold_for([rule], "nano", 1) == {"min": 0.2, "max": 0.9}


def test_a_winning_rule_that_asks_nothing_exempts_its_model() -> None:
    asked = [ThresholdRule(pattern="*", min=0.5), ThresholdRule(pattern="nano")]
    assert threshold_for(asked, "nano", 1) is None
    assert threshold_for(asked, "small", 1) == {"min": 0.5}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ({"small": 0.4}, 0.4),
        ({"small": 0.4, "*": 0.1}, 0.4),
        ({"small-cot": 0.4, "*": 0.1}, 0.4),
        ({"<1B": 0.3, "small": 0.4}, 0.4),
        ({"small": 0.4, "small@Q4_0": 0.2}, 0.2),
        ({"small-cot": 0.4, "small@Q4_0": 0.2}, 0.2),
        ({"small": 0.4, "*@Q4_0": 0.2}, 0.2),
        ({"small": 0.4, "small*": 0.2}, 0.4),
        ({"large": 0.4}, None),
    ],
)
def test_a_variant_is_asked_what_its_reference_is_asked(patterns: dict[str, float], expected: float | None) -> None:
    asked = threshold_for(rules(patterns), "small@Q4_0", 125_000, "cot", "small")
    assert asked == (None if expected is None else {"min": expected})
