"""The results of a run → the report files that were asked for, and what GitHub Actions shows of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reasoning.report import Results, append_job_summary, json_report, parse_report, write_report_files

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling

_GITHUB = ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS")
"Environment variables that ask for a report by being there."


def write_reports(
    results: Results,
    paths: Mapping[str, Path],
    *,
    started_s: float,
    batching: str,
    scaling: Sequence[Scaling] | None,
    seed: int | None,
    warn: Callable[[str], None],
) -> tuple[list[str], list[str]]:
    """Write every report; return what could not be written, and the commands that GitHub Actions reads.

    Args:
        results: of the run, complete or not.
        paths: by kind, for the reports that options ask for; GitHub's are asked for by the environment.
        started_s: when the run began, in seconds since the epoch.
        batching: as `--reasoning-batching` says.
        scaling: the analysis against size; None if it was not asked for.
        seed: of fresh instances; None if there are none.
        warn: told what the user should know.
    """
    if not paths and not any(name in os.environ for name in _GITHUB):
        return [], []
    text = json_report(
        results,
        started_s=started_s,
        elapsed_s=time.time() - started_s,
        batching=batching,
        scaling=scaling,
        seed=seed,
    )
    report = parse_report(text, "--reasoning-json")
    return write_report_files(report, text, paths), append_job_summary(report, os.environ, warn)
