"""The benchmark of engines is fair: prompts of exactly the asked tokens, and ratios within a round."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import pytest_reasoning
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.records import ModelSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from medians import load_line, table
from prompts import Writer
from settings_cost import Run, differing, settings
from timing import Size, Timing
from ways import answers

ZOO = Path(pytest_reasoning.__file__).parent / "models" / "zoo"


@pytest.mark.parametrize("model", ["nano", "small"])
def test_prompts_have_exactly_the_asked_tokens_for_the_engine_too(model: str) -> None:
    size, path = Size(cases=5, prefix=40, own=9, new=2), ZOO / f"{model}.gguf"
    writer = Writer(path, seed=3)
    prefix = writer.prefix(size)
    prompts = writer.prompts(prefix, size, size.cases)
    shared = tuple(writer.tokens(prefix))
    assert len(shared) == 40
    assert len({prompt.tokens for prompt in prompts}) == 5
    assert {len(prompt.tokens) for prompt in prompts} == {49}
    assert {prompt.tokens[:40] for prompt in prompts} == {shared}
    settings = EngineSettings(model=ModelSettings(threads=1, gpu_layers=0))
    with ProcessEngine(path, settings) as engine:
        assert {one.prefix_tokens for one in answers(engine, prefix, prompts, size.new)} == {40}
        assert engine.totals.prompt_tokens == 40 + 5 * 9


def timing(way: str, wall_s: float, cpu_s: float, others: float = 0.0) -> Timing:
    return Timing(way=way, wall_s=wall_s, cpu_s=cpu_s, others=others, prompt_tokens=10, completion_tokens=20)


def test_ratios_are_of_the_same_round() -> None:
    # The machine was twice as slow in the second round: both ways took twice the time.
    rounds = [[timing("one", 1, 2), timing("two", 3, 3)], [timing("one", 2, 4), timing("two", 6, 6, others=0.5)]]
    *_, one, two = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table(rounds).splitlines())
    same = "1.00 (1.00 to 1.00)"
    assert one == ["one", "1.50 (1.00 to 2.00)", "3.00 (2.00 to 4.00)", same, same, "10", "20", ""]
    ratios = ["3.00 (3.00 to 3.00)", "1.50 (1.50 to 1.50)"]
    assert two == ["two", "4.50 (3.00 to 6.00)", "4.50 (3.00 to 6.00)", *ratios, "10", "20", ""]
    assert load_line(rounds) == (
        "Medians (least to most) of 2 rounds, the ways one after the other in each round. Other programs used "
        "0.00 processors meanwhile, 0.50 at most."
    )


def ran(tokens: tuple[int, ...], rows: str) -> Run:
    return Run(wall_s=1.0, cpu_s=1.0, rows={7: [row.encode() for row in rows]}, answers={7: tokens})


def test_logits_rows_are_compared_while_both_have_decoded_the_same() -> None:
    assert differing(ran((1, 2, 3), "abc"), ran((1, 2, 3), "abc")) == (0, 3)
    # The second row chose another token, so the third one follows another text.
    assert differing(ran((1, 2, 3), "abc"), ran((1, 5, 3), "axy")) == (1, 2)
    assert differing(ran((1,), "a"), ran((1, 2), "ab")) == (0, 1)


def test_the_default_comes_first_and_every_setting_has_a_name_of_its_own() -> None:
    first, *others = settings(2)
    assert (first.batching, first.model) == ("reproducible", {})
    assert len({setting.name for setting in (first, *others)}) == 1 + len(others)
