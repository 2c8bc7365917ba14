"""The picture of the house in docs/how-it-works.md shows the imports that the code has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_picture_of_the_house_is_current() -> None:
    code = "import house; page = house.PAGE.read_text(encoding='utf-8'); assert house.with_picture(page) == page"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "docs" / "images", capture_output=True, text=True
    )
    assert done.returncode == 0, f"run: python docs/images/house.py\n{done.stderr}"
