"""Finds and opens what the settings of a run name: the models, the response store and the baseline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.engine import MadeFiles, Making, Responses, Store
from pytest_reasoning.models import LOCK_NAME, Pinning, Quantizing, load_models_file, resolve
from pytest_reasoning.records import Model
from pytest_reasoning.session.recipe_evidence import RecipeEvidence
from pytest_reasoning.session.settings import ModelsAsked, RunSettings, StoreSettings, shown_path
from pytest_reasoning.text.file_hashes import FileHashes
from pytest_reasoning.text.files import is_there
from pytest_reasoning.verdict import EarlierAnswers, baseline_path, case_results, read_baseline, read_baselines
from pytest_reasoning.verdict.docket.references import BaselineReference

HASHES_FILE = "hashes.json"
"Cache of the hashes of large files, kept beside the response store."


def find_models(
    asked: ModelsAsked, made: MadeFiles, evidence: RecipeEvidence, *, progress: bool
) -> tuple[Model, ...]:
    """Return the models that are named and their variants, in the order in which they run.

    Args:
        asked: the models' part of the settings.
        made: quantizes variants that do not exist yet.
        evidence: what recipes are made from.
        progress: whether to show the progress of downloads.

    Raises:
        ReasoningError: a model is not found, cannot be read, or does not match the lock file.
    """
    path = asked.models_file
    file = None
    if asked.models_file_given or is_there(path):
        file = load_models_file(path, display=shown_path(path, asked.folder))
    return resolve(
        asked.names,
        asked.folder,
        models_file=file,
        pinning=Pinning(path=path.parent / LOCK_NAME, locked=asked.locked, write=asked.write_lock),
        offline=asked.offline,
        downloads=asked.downloads,
        progress=progress,
        quantizing=Quantizing(
            types=asked.quantize, lost=evidence.lost, imatrix=asked.imatrix, path_of=made.path_of
        ),
    )


def open_made_files(asked: ModelsAsked, *, threads: int, show: Callable[[str], None]) -> MadeFiles:
    """Return the maker of quantized files; until it is closed, other runs may not delete the files it returned.

    `show` is called with a progress line, and with an empty one when a file is finished.
    """
    return MadeFiles(
        asked.made_folder,
        hash_of=FileHashes(asked.made_folder.parent / HASHES_FILE).sha256,
        budget_bytes=asked.budget_bytes,
        threads=threads,
        makes=asked.makes_files,
        on_progress=lambda making: show(_text(making)),
    )


def open_responses(settings: StoreSettings | None, warn: Callable[[str], None]) -> Responses | None:
    """Return the response store, None if it is off; its files are made when it is first used."""
    if settings is None:
        return None
    return Responses(
        store=Store(settings.folder, warn=warn, max_bytes=settings.max_bytes),
        hash_of=FileHashes(settings.folder / HASHES_FILE).sha256,
        refresh=settings.refresh,
    )


def open_baseline(settings: RunSettings, root: Path) -> BaselineReference | None:
    """Read the baseline to compare with, or several runs pooled as one; None if none was named.

    Raises:
        ReasoningError: the baseline does not exist, or it or the one to be saved over cannot be read.
    """
    saved = None if settings.save_baseline is None else baseline_path(root, settings.save_baseline)
    if saved is not None and is_there(saved):
        read_baseline(saved)  # an unreadable file is never replaced; report it now, not after hours of work
    if settings.baseline is None:
        return None
    baseline = read_baselines(root, settings.baseline)
    return BaselineReference(settings.baseline, baseline, settings.comparison)


def open_history(settings: RunSettings, baseline: BaselineReference | None, folder: Path) -> EarlierAnswers | None:
    """Return what is known of the cases that a sample leaves out: from the report that is named, or the baseline.

    Raises:
        ReasoningError: the report cannot be read.
    """
    path = settings.history_report
    if settings.sample is None or path is None:
        return baseline.history if settings.sample is not None and baseline is not None else None
    from pytest_reasoning.report import read_results  # loads numpy and scipy

    rows = case_results(one for one in read_results(path).outcomes if one.status != "error")
    return EarlierAnswers(shown_path(path, folder), rows)


def _text(making: Making | None) -> str:
    if making is None:
        return ""
    if making.waiting:
        return f"{making.model}: waiting for another run, which is quantizing"
    done = f": {making.done}/{making.total} tensors" if making.total else ""
    return f"quantizing {making.model}{done}"
