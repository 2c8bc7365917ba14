"""Writes the report files that options ask for, and GitHub's job summary and annotations."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_reasoning.report import ReportError, Results, append_job_summary, sign, write_report_files

_GITHUB = ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS")
"Environment variables whose presence asks for a report."


def write_reports(
    results: Results,
    paths: Mapping[str, Path],
    warn: Callable[[str], None],
    history: Path | None = None,
    key: Path | None = None,
) -> tuple[list[str], list[str]]:
    """Write every report; return error lines for those that failed, and workflow commands for GitHub Actions.

    Args:
        results: results of the run, complete or not.
        paths: paths of the report files, by kind.
        warn: called with each warning.
        history: the file of earlier runs, this one included, if there is one.
        key: the SSH key that signs the JSON report, if it is to be signed.
    """
    if not paths and not any(name in os.environ for name in _GITHUB):
        return [], []
    trouble = write_report_files(results, paths, history=history)
    if key is not None and not any(line.startswith("--reasoning-json") for line in trouble):
        try:
            sign(paths["json"], key)
        except (ReportError, OSError) as error:
            trouble.append(f"--reasoning-sign: {error}")
    return trouble, append_job_summary(results, os.environ, warn)
