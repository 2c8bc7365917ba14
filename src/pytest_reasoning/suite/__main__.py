"""`python -m pytest_reasoning.suite FILE…` writes the JSON Schema of suite files to each file."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_reasoning.suite.json_schema import schema_text

for target in sys.argv[1:]:
    Path(target).write_text(schema_text(), encoding="utf-8")
