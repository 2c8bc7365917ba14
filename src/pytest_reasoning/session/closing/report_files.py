"""The results of a run → the report files that were asked for, and what GitHub Actions shows of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_reasoning.report import Results, append_job_summary, write_report_files

_GITHUB = ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS")
"Environment variables that ask for a report by being there."


def write_reports(
    results: Results, paths: Mapping[str, Path], warn: Callable[[str], None]
) -> tuple[list[str], list[str]]:
    """Write every report; return what could not be written, and the commands that GitHub Actions reads.

    Args:
        results: of the run, complete or not.
        paths: by kind, for the reports that options ask for; GitHub's are asked for by the environment.
        warn: told what the user should know.
    """
    if not paths and not any(name in os.environ for name in _GITHUB):
        return [], []
    return write_report_files(results, paths), append_job_summary(results, os.environ, warn)
