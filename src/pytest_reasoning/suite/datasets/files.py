"""Finds the local path of a data set's file; `hf:` files are downloaded from the hub."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.suite.reach import why_out_of_reach
from pytest_reasoning.text.files import is_file

MAX_BYTES = 512 * 2**20


class DatasetFault(Exception):
    """A data set cannot be read; each argument is a message that says where, why and what to do."""


def located(file: str, folder: Path, *, offline: bool = False, within: Path | None = None) -> Path:
    """Return the local path of a file named in a suite.

    Args:
        file: a path, or hf:USER/REPO[@REVISION]/PATH.
        folder: the folder to which relative paths refer.
        offline: use only files of the hub that are already in the client's cache.
        within: the folder that must contain local files; None allows any folder.

    Raises:
        DatasetFault: the file does not exist, is too large, or cannot be downloaded.
    """
    path = _fetched(file, offline=offline) if file.startswith("hf:") else folder / file
    if not file.startswith("hf:") and (why_not := why_out_of_reach(path, file, within)) is not None:
        raise DatasetFault(why_not)
    if not is_file(path):
        raise DatasetFault(f"{file}: there is no such file (paths are relative to the suite)")
    if path.stat().st_size > MAX_BYTES:
        raise DatasetFault(f"{file}: larger than {MAX_BYTES // 2**20} MiB (split it, or keep the rows you need)")
    return path


def _fetched(file: str, *, offline: bool) -> Path:
    parts = file[3:].split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise DatasetFault(f"{file}: not a data set file (write hf:USER/REPO/PATH or hf:USER/REPO@REVISION/PATH)")
    name, _, revision = parts[1].partition("@")
    repository = f"{parts[0]}/{name}"
    try:
        from huggingface_hub import constants, hf_hub_download  # optional, and slow to import
    except ImportError:
        raise DatasetFault(f"{file}: needs huggingface_hub (pip install 'pytest-reasoning[hub]')") from None
    offline = offline or bool(constants.HF_HUB_OFFLINE)
    try:
        found = hf_hub_download(
            repository, parts[2], repo_type="dataset", revision=revision or None, local_files_only=offline
        )
    except Exception as error:  # the client raises its own exceptions, those of httpx and OSError
        why = _why(error, repository, parts[2], revision, offline=offline)
        raise DatasetFault(f"{file}: {why}") from None
    return Path(found)


def _why(error: Exception, repository: str, path: str, revision: str, *, offline: bool) -> str:
    from huggingface_hub import errors

    if offline:
        return "is not in the cache, and the network is off (run once with the network to download it)"
    if isinstance(error, errors.GatedRepoError):
        return f"{repository} is gated (accept its terms on the hub and set HF_TOKEN)"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"there is no data set {repository}, or it is private (check the name; private ones need HF_TOKEN)"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repository} has no revision '{revision}' (name a branch, a tag or a commit of it)"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "is not in the cache, and the hub cannot be reached (check the network)"
    if isinstance(error, errors.EntryNotFoundError):
        return f"there is no file '{path}' in {repository} (check the path)"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"cannot be fetched: {lines[0]} (check the network and your token)"
