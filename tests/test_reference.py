"""The reference pages are what the code says: made by `docs/reference/make.py`, current, and complete."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.cli import parser
from pytest_reasoning.models.models_file.schema import models_schema_text
from pytest_reasoning.report import report_schema
from pytest_reasoning.session.options import OPTIONS
from pytest_reasoning.suite import schema_text
from pytest_reasoning.suite.format.keys import KNOWN_KEYS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def rows(name: str) -> set[str]:
    """Return the first cells of all rows of a page's tables, without what an option takes."""
    return {cell.partition("=")[0].partition("[")[0] for cell in re.findall(r"^\| `([^`]+)` \|", page(name), re.M)}


def keys_of(node: Any) -> Iterator[str]:
    """Yield every key that a JSON Schema knows, however deep."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for value in node.values():
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


def test_the_pages_are_current() -> None:
    done = subprocess.run([sys.executable, FOLDER / "make.py", "--check"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_row_that_is_lost_is_noticed(tmp_path: Path) -> None:
    copied = shutil.copytree(FOLDER, tmp_path / "reference", ignore=shutil.ignore_patterns("__pycache__"))
    whole = page("report-fields.md")
    (row,) = re.findall(r"^\| `explanation` \|.*\n", whole, re.MULTILINE)
    lost = whole.replace(row, "")
    (copied / "report-fields.md").write_text(lost, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, copied / "make.py", "--check"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert "report-fields.md" in done.stdout + done.stderr


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_and_ini_key_has_a_row(option: Any) -> None:
    assert f"--reasoning-{option.name}" in rows("options.md")
    assert f"| `{option.dest}` |" in page("options.md")


@pytest.mark.parametrize(
    ("name", "schema"),
    [("suite-keys.md", schema_text), ("models-keys.md", models_schema_text), ("report-fields.md", report_schema)],
)
def test_every_key_of_the_schemas_has_a_row(name: str, schema: Any) -> None:
    text = page(name)
    missing = {key for key in keys_of(json.loads(schema())) if f"| `{key}` |" not in text}
    # Generators and types of scorers are headings, and the keys of small mappings stand in the row of their owner.
    assert not {key for key in missing if f"`{key}`:" not in text and f" {key}\n" not in text} - {"type"}


def test_every_key_that_the_loader_knows_is_there() -> None:
    text = page("suite-keys.md")
    known = {key for keys in KNOWN_KEYS.values() for key in keys} - {"type"}
    assert not {key for key in known if f"`{key}`" not in text}


def test_every_command_has_a_section_and_every_argument_a_row() -> None:
    text = page("command.md")
    subparsers: Any = next(one for one in parser()._actions if one.dest == "==SUPPRESS==")
    for name, command in subparsers.choices.items():
        assert f"\n## {name}\n" in text
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for action in command._actions:
            if action.dest != "help":
                assert any(option in section for option in action.option_strings or (action.metavar or "", "suite"))
                assert action.help, f"{name}: {action.dest} has no help"


def test_texts_of_the_code_cannot_break_a_table() -> None:
    code = "from schema_tables import cell; print(cell('a|b <i> `x|y` --reasoning-json=on *'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=FOLDER, check=True)
    assert done.stdout.strip() == r"a\|b \<i> `x\|y` `--reasoning-json=on` \*"
