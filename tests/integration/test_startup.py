"""An installed but unused plugin costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_unrelated_runs_import_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_plain="""
        import sys
        HEAVY = {"llama_cpp", "numpy", "rich", "pydantic", "jinja2", "yaml", "gguf", "scipy"}
        def test_nothing_heavy():
            assert not HEAVY & {name.partition(".")[0] for name in sys.modules}
        """
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_reports_and_items_load_no_numerics_before_they_need_them(tmp_path: Path) -> None:
    code = (
        "import sys, pytest_reasoning.report, pytest_reasoning.session.run; "
        "print({'scipy', 'matplotlib', 'llama_cpp', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_plugin_is_inert_without_models(tmp_path: Path) -> None:
    code = (
        "import sys, pytest_reasoning.plugin; "
        "print(sorted(m for m in sys.modules if m.startswith('pytest_reasoning')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        [f"pytest_reasoning{name}" for name in ("", ".plugin", ".session", ".session.options")]
    )
