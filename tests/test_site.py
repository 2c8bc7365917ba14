"""The documentation site builds without a warning, has a place for each page, and its search finds the options."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def program(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"site_{name}", DOCS / "site" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hook(text: str) -> str:
    shown: str = program("hooks").on_page_markdown(text)
    return shown


def test_a_list_may_follow_a_paragraph() -> None:
    assert hook("One:\n- a\n- b\n  c\n- d") == "One:\n\n- a\n- b\n  c\n- d"
    assert hook("One:\n\n1. a\n2. b") == "One:\n\n1. a\n2. b"
    assert hook("```\nx\n- a\n```\ny\n- b") == "```\nx\n- a\n```\ny\n\n- b"


def test_every_page_has_one_place() -> None:
    named = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_links_of_a_built_site_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "index.html").write_text('<h2 id="a%20b">x</h2><img src="../gone.png">', encoding="utf-8")
    (tmp_path / "index.html").write_text(
        '<a href="deep/#gone">1</a> <a href="deep/">2</a> <a href="https://x.y/#z">3</a> <a href="#">4</a>'
        '<a href="nowhere/">5</a> <a href="../..">6</a> <a name="old"></a> <a href="#old">7</a>',
        encoding="utf-8",
    )
    assert list(program("check_links").problems(tmp_path)) == [
        "deep/index.html: ../gone.png: no such page",
        "index.html: ../..: no such page",
        "index.html: deep/#gone: no such anchor",
        "index.html: nowhere/: no such page",
    ]


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
    assert list(program("check_links").problems(tmp_path / "site")) == []
    index = json.loads((tmp_path / "site" / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = " ".join(one["text"] for one in index["docs"])
    assert "--reasoning-quantize-budget" in found
    assert "stop_at_next_question" in found
    assert not list((tmp_path / "site").rglob("*.py"))
