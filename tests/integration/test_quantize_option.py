"""--reasoning-quantize and the key `quantizations`: variants are made once, named after their model, and run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]
STORE = "--reasoning-store=kept"


def models_of(result: pytest.RunResult) -> list[str]:
    return list(dict.fromkeys(line.rpartition("[")[2].rstrip("]") for line in result.outlines if "::" in line))


def made(pytester: pytest.Pytester) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (pytester.path / "kept/quantised").glob("*.gguf"))


def write_models(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")


def test_the_option_adds_variants_to_a_named_model(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 0\n")
    result = pytester.runpytest(
        "--reasoning-models=nano", "--reasoning-quantize=Q8_0,q4_k_m", STORE, "--reasoning-json=out.json"
    )
    assert result.ret == 0
    models = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))["models"]
    assert [(model["name"], model["quantization"], model["variant_of"]) for model in models] == [
        ("nano", "F16", None),
        ("nano@Q8_0", "Q8_0", "nano"),
        ("nano@Q4_K_M", "Q4_K_M", "nano"),
    ]
    assert models[0]["size_bytes"] > models[1]["size_bytes"] > models[2]["size_bytes"] > 0
    assert made(pytester) == ["Q4_K_M", "Q8_0"]
    result.stdout.no_fnmatch_line("*quantising*")
