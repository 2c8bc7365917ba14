"""What docs/quantization.md shows: models files that are read, options that exist, a large enough benchmark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.session.options import OPTIONS
from pytest_reasoning.suite import load_suite

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "quantization.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SUITES = sorted((ROOT / "benchmarks" / "quantization" / "cases").glob("*.yaml"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2
    assert len(SUITES) == 3


@pytest.mark.parametrize("text", EXAMPLES, ids=["variants", "held to another"])
def test_models_files_are_read(text: str) -> None:
    assert models_file_from_text(text, folder=ROOT, display="docs/quantization.md").entries


def test_options_exist() -> None:
    known = {f"--reasoning-{option.name}" for option in OPTIONS} | {option.dest for option in OPTIONS}
    named = set(re.findall(r"--reasoning-[a-z-]+[a-z]", PAGE)) | set(re.findall(r"`(reasoning_[a-z_]+)`", PAGE))
    assert named <= known


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_the_benchmark_asks_at_least_a_hundred_cases_a_suite(path: Path) -> None:
    assert len(load_suite(path).cases) >= 100
