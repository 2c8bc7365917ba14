"""Every suite of the library: its cases, its worked examples, and that both languages ask the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_reasoning.library import FAMILIES, LANGUAGES, Family, find
from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite import Suite, load_suite
from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.text.errors import ReasoningError

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
"Of each suite, a hash of its cases: a suite whose cases change measures something else from then on."
by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def suite_of(family: Family, language: str, seed: int | None = None) -> Suite:
    return load_suite(family.path(language), check=target_problem, fresh_seed=seed)


def digest(suite: Suite) -> str:
    content = [[case.id, case.prompt, *case.target] for case in suite.cases]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@by_family
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_suite_has_60_different_cases_a_level_and_shows_none_of_them(family: Family, language: str) -> None:
    suite = suite_of(family, language, seed=5)
    assert suite.name == family.suite(language)
    assert {*family.tags, language, "library"} == {*suite.tags}
    assert suite.strategies == ("direct", "cot", "zero-shot-cot")
    groups = [case.group for case in suite.cases]
    assert {group: groups.count(group) for group in groups} == {f"level={level}": 60 for level in (1, 2, 3)}
    assert len({case.prompt for case in suite.cases}) == 180
    assert len(suite.fresh) == 180
    shown = {example.prompt for example in suite.cases[0].fewshot}
    assert len(shown) == 4
    assert not shown & {case.prompt for case in suite.cases}
    assert digest(suite) == GOLDEN.get(suite.name), f"the cases of {suite.name} are others now"


@by_family
def test_both_languages_ask_the_same(family: Family) -> None:
    english, portuguese = (suite_of(family, language).cases for language in ("en", "pt"))
    for one, other in zip(english, portuguese, strict=True):
        assert (one.id, one.variables["case"]["facts"]) == (other.id, other.variables["case"]["facts"])
        assert one.prompt != other.prompt


def test_the_files_are_as_they_are_written() -> None:
    program = Path(__file__).parents[2] / "benchmarks" / "write_library.py"
    done = subprocess.run([sys.executable, program, "--check"], check=False, capture_output=True, text=True)
    assert done.stdout == "0 files changed\n", f"run: python benchmarks/write_library.py\n{done.stderr}"


def test_the_catalog_names_every_family_and_every_file() -> None:
    assert [family.name for family in FAMILIES] == list(DRAWS)
    folder = FAMILIES[0].path("en").parents[1]
    assert sorted(find(["all", "pt"])) == sorted(folder.glob("*/*.yaml"))


def test_names_and_tags_are_found() -> None:
    assert find(["last-letters-pt", "last-letters"]) == [FAMILIES[0].path("en"), FAMILIES[0].path("pt")]
    assert find(["letters/pt"]) == [one.path("pt") for one in FAMILIES if one.topic == "letters"]
    assert find(["core"]) == [one.path("en") for one in FAMILIES if one.core]
    assert find([]) == []


@pytest.mark.parametrize(
    ("name", "near"), [("last-leters", "did you mean 'last-letters'?"), ("cor/pt", "did you mean 'core'?")]
)
def test_an_unknown_name_is_an_error(name: str, near: str) -> None:
    with pytest.raises(ReasoningError) as error:
        find([name])
    assert str(error.value) == f"no suite or tag of the library is named '{name}' ({near})"
