"""Saves what a run measured as a baseline for later runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pytest_reasoning.records import Cell, cell_of
from pytest_reasoning.report import Measured
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.session.settings import shown_path
from pytest_reasoning.verdict import NoiseFloor, baseline_of, baseline_path, save_baseline, short_cell


def saved_baseline(
    name: str,
    measured: Measured,
    *,
    complete: Collection[Cell],
    noise: Mapping[str, NoiseFloor],
    root: Path,
    folder: Path,
) -> str:
    """Save what a run has measured as a baseline; return one line for the summary.

    Args:
        name: name of the baseline.
        measured: all that the run measured.
        complete: cells of which every case ran; only in these, cases of an existing baseline that no longer exist
            are dropped.
        noise: noise floors of the certified models, by name.
        root: the project's root folder, below which baselines lie.
        folder: the user's working folder; the line shows paths relative to it.

    Raises:
        ReasoningError: the name cannot be used or the file cannot be written.
    """
    path = baseline_path(root, name)
    engines = {model: usage.engine for model, usage in measured.usage.items()}
    ran = {outcome.model for outcome in measured.outcomes}
    baseline = baseline_of(
        measured.outcomes,
        facts={
            model.name: provenance(model, engines.get(model.name)) for model in measured.models if model.name in ran
        },
        noise=noise,
    )
    in_error = {(cell_of(outcome), outcome.case) for outcome in measured.outcomes if outcome.status == "error"}
    line = save_baseline(path, baseline, complete={short_cell(cell) for cell in complete}, left_out=len(in_error))
    return line.replace(str(path), shown_path(path, folder))
