"""The house: its picture shows the imports that the code has, and a class is known by its name alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_picture_of_the_house_is_current() -> None:
    code = "import house; page = house.PAGE.read_text(encoding='utf-8'); assert house.with_picture(page) == page"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "docs" / "images", capture_output=True, text=True
    )
    assert done.returncode == 0, f"run: python docs/images/house.py\n{done.stderr}"


def test_no_class_name_occurs_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "src").rglob("*.py")):
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ClassDef):
                places[statement.name].append(str(path.relative_to(ROOT)))
    assert len(places) > 100
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
