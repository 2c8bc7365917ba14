"""`docs/ci.md`: its YAML parses, its models file is one, its options exist, and its make target runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.session.options import OPTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MODELS, WORKFLOW, HOOK = (text for language, text in BLOCKS if language == "yaml")
(MAKE,) = (text for language, text in BLOCKS if language == "make")


def named(text: str) -> set[str]:
    return set(re.findall(r"--reasoning-([a-z-]+)", text))


def test_every_option_exists() -> None:
    options = {option.name for option in OPTIONS}
    assert named(PAGE) <= options
    assert {"models", "locked", "store", "quantize-budget", "json", "html"} <= named(WORKFLOW)
    for option in OPTIONS:
        for given in re.findall(rf"--reasoning-{option.name}=(\w+)", PAGE):
            assert not option.choices or option.kind == "path" or given in option.choices


def test_the_models_file_is_one(tmp_path: Path) -> None:
    entry = models_file_from_text(MODELS, folder=tmp_path, display="reasoning-models.yaml").entries["mine"]
    assert entry.spec.quantizations == ("Q8_0", "Q5_K_M", "Q4_K_M")
    assert entry.spec.no_worse_than is not None


def test_the_workflow_quantizes_caches_and_uploads() -> None:
    # YAML 1.1 reads the key `on` as true.
    workflow: dict[Any, Any] = yaml.safe_load(WORKFLOW)
    assert set(workflow) == {"name", True, "permissions", "concurrency", "jobs"}
    assert set(workflow[True]) == {"pull_request", "schedule"}
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w/-]+@v\d+", use) for use in used)
    by_use = {
        use.partition("@")[0]: step for use, step in zip(used, (s for s in steps if "uses" in s), strict=True)
    }
    assert by_use["actions/cache"]["with"]["path"] == ".models"
    restored, kept = by_use["actions/cache/restore"], by_use["actions/cache/save"]
    assert restored["with"]["path"] == kept["with"]["path"] == ".reasoning-store"
    assert restored["with"]["key"].startswith(restored["with"]["restore-keys"])
    assert restored["with"]["key"] == kept["with"]["key"]
    # Also when a gate has failed.
    assert kept["if"] == by_use["actions/upload-artifact"]["if"] == "always()"
    (run,) = (step["run"] for step in steps if step.get("name") == "Quantize and check")
    assert "\n" not in run
    assert "--reasoning-store=.reasoning-store " in run
    assert job["env"]["HF_HOME"].endswith("/.models")


def test_the_hook_is_one() -> None:
    (repository,) = yaml.safe_load(HOOK)["repos"]
    (hook,) = repository["hooks"]
    assert repository["repo"] == "local"
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert re.search(hook["files"], "cases/sums.yaml")
    assert re.search(hook["files"], "reasoning-models.lock")
    assert not re.search(hook["files"], "src/cases.py")


def test_the_command_of_the_workflow_runs(pytester: pytest.Pytester, suite: Any) -> None:
    suite(extra="threshold: 0\n")
    text = MODELS.replace("hf:USER/REPO-GGUF:F16", "zoo:nano").replace("[Q8_0, Q5_K_M, Q4_K_M]", "[Q8_0]")
    text = text.replace("  no_worse_than: {margin: 0.05}\n", "")
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")
    (job,) = yaml.safe_load(WORKFLOW)["jobs"].values()
    (run,) = (step["run"] for step in job["steps"] if step.get("name") == "Quantize and check")
    words = run.split()
    assert words[0] == "pytest"
    assert pytester.runpytest("--reasoning-models=mine", "--reasoning-lock", "--collect-only").ret == 0
    result = pytester.runpytest(*words[1:])
    assert result.ret == 0
    assert sorted(path.name for path in pytester.path.glob("reasoning.*")) == [
        "reasoning.html", "reasoning.json", "reasoning.xml",
    ]  # fmt: skip
    assert list((pytester.path / ".reasoning-store/quantized").glob("Q8_0-*.gguf"))
    again = pytester.runpytest(*words[1:])
    again.stdout.fnmatch_lines(["mine@Q8_0: 3 completions, all from the store*"])


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_make_target_runs(pytester: pytest.Pytester, suite: Any) -> None:
    suite(extra="threshold: 0\n")
    text = MAKE.replace("\tpytest ", f"\t{sys.executable} -m pytest ")
    (pytester.path / "Makefile").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["make", "reasoning", "MODELS=nano@Q8_0"], cwd=pytester.path, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stdout.decode()
    assert (pytester.path / "reasoning.json").is_file()
