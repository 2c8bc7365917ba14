"""The documentation site builds without a warning, has a place for each page, and its search finds the options."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def hook(text: str) -> str:
    spec = importlib.util.spec_from_file_location("site_hooks", DOCS / "site" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shown: str = module.on_page_markdown(text)
    return shown


def test_a_list_may_follow_a_paragraph() -> None:
    assert hook("One:\n- a\n- b\n  c\n- d") == "One:\n\n- a\n- b\n  c\n- d"
    assert hook("One:\n\n1. a\n2. b") == "One:\n\n1. a\n2. b"
    assert hook("```\nx\n- a\n```\ny\n- b") == "```\nx\n- a\n```\ny\n\n- b"


@pytest.mark.slow
def test_the_site_builds_strictly(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs pip install 'pytest-reasoning[docs]'")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")}
    for page in pages:
        place = page.parent if page.name == "index" else page
        assert (tmp_path / "site" / place / "index.html").is_file()
    index = json.loads((tmp_path / "site" / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = " ".join(one["text"] for one in index["docs"])
    assert "--reasoning-quantize-budget" in found
    assert "stop_at_next_question" in found
    assert not list((tmp_path / "site").rglob("*.py"))
