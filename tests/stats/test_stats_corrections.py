from __future__ import annotations

import pytest
from statsmodels.stats.multitest import multipletests

from pytest_reasoning.stats import gatekept, holm


@pytest.mark.parametrize("p_values", [[], [0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.02, 0.02, 0.02]])
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = list(multipletests(p_values, method="holm")[1]) if p_values else []
    assert list(holm(p_values)) == pytest.approx(expected)


def test_holm_takes_p_values_it_does_not_know_for_the_least_telling() -> None:
    known = [0.01, 0.002]
    assert holm(known, family=5) == holm([*known, 1.0, 1.0, 1.0])[:2]
    assert holm(known, family=1) == holm(known)


def rejected_by_the_graph(whole: float, parts: list[float], alpha: float) -> tuple[bool, list[bool]]:
    """The procedure of Bretz et al. (2009) as it is defined: reject, pass the level on, look again."""
    hypotheses: list[object] = ["whole", *range(len(parts))]
    p_values: dict[object, float] = {"whole": whole, **dict(enumerate(parts))}
    count = len(parts)
    level: dict[object, float] = {"whole": alpha / 2, **dict.fromkeys(range(count), alpha / 2 / count)}
    # the whole gives to the parts; a part to the other parts, and the last of them to the whole
    gives: dict[tuple[object, object], float] = {("whole", part): 1 / count for part in range(count)}
    for part in range(count):
        for beside in range(count):
            if beside != part:
                gives[part, beside] = (1 - 1e-9) / (count - 1)
        gives[part, "whole"] = 1e-9 if count > 1 else 1.0
    done: set[object] = set()
    while True:
        found = next(
            (one for one in hypotheses if one not in done and p_values[one] <= level[one] * (1 + 1e-6)), None
        )
        if found is None:
            return "whole" in done, [part in done for part in range(count)]
        done.add(found)
        left = [one for one in hypotheses if one not in done]
        old = dict(gives)
        for one in left:
            level[one] += level[found] * old.get((found, one), 0.0)
        for one in left:
            for other in left:
                if one == other:
                    continue
                loop = old.get((one, found), 0.0) * old.get((found, one), 0.0)
                through = old.get((one, other), 0.0) + old.get((one, found), 0.0) * old.get((found, other), 0.0)
                gives[one, other] = through / (1 - loop) if loop < 1 else 0.0


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (1e-9, [0.04, 0.3, 0.02]),
        (0.2, [0.007, 0.3, 0.02]),
        (0.04, [0.001, 0.002, 0.003]),
        (0.04, [0.001, 0.012, 0.03]),
        (0.02, [0.017, 0.024, 0.05]),
        (0.024, [0.9, 0.8]),
        (0.6, [0.6, 0.7]),
    ],
)
def test_the_adjusted_p_values_are_those_of_the_graph(whole: float, parts: list[float]) -> None:
    adjusted, each = gatekept(whole, parts)
    by_graph = rejected_by_the_graph(whole, parts, 0.05)
    assert (adjusted <= 0.05, [one <= 0.05 for one in each]) == by_graph


def test_a_single_part_is_the_whole() -> None:
    assert gatekept(0.03, [0.03]) == (0.03, (0.03,))


def test_other_models_keep_their_share_of_the_error_level() -> None:
    whole, parts = gatekept(0.001, [0.004, 0.5], share=0.25)
    assert whole == 0.008
    assert parts == pytest.approx((0.032, 1.0))
