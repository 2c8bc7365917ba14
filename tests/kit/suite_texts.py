"""What the suite tests share: a suite from text, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_reasoning.suite import Suite, suite_from_text
from pytest_reasoning.text.errors import SuiteError

HEAD = "prompt: 'Q: {{ a }}'\ntarget: '{{ a }}'\n"


def load(text: str, folder: Path = Path(), **options: Any) -> Suite:
    return suite_from_text(text, path=folder / "t.yaml", display="t.yaml", **options)


def problems(text: str, folder: Path = Path(), **options: Any) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load(text, folder, **options)
    return str(caught.value).splitlines()
