"""A run of pytest that a command makes for itself: it says nothing of the tests, and keeps a report to read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_reasoning.models import MODELS_FILE_NAME
from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.text.files import is_file

MEASURED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"How a run ends that has measured something: a wrong answer is a failed test to pytest."


class Quiet:
    """Hides what pytest says of each test: a wrong answer is no failure here."""

    @pytest.hookimpl(tryfirst=True)  # pytest takes the first answer
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Show no sign for any test."""
        return "", "", ""


def quiet_arguments(models: Sequence[str], *, report: Path, limit: int, root: str | Path) -> list[str]:
    """Return the arguments of a run that depends on no settings of the folder and has one store for all folders.

    Args:
        models: whatever `--reasoning-models` can name; the folder's models file is read.
        report: where the JSON report goes.
        limit: most cases of a suite.
        root: pytest's root folder.
    """
    own = Path(MODELS_FILE_NAME)
    return [
        "-qq", "--no-header", "--no-summary", "--tb=no", "-c", os.devnull, f"--rootdir={root}",
        "-p", "no:cacheprovider",
        f"--reasoning-models={','.join(models)}",
        f"--reasoning-limit={limit}",
        f"--reasoning-json={report}",
        f"--reasoning-store={cache_folder() / 'check'}",
        *([f"--reasoning-models-file={own}"] if is_file(own) else []),
    ]  # fmt: skip
