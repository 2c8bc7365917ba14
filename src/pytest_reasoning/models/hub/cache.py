"""Lists the GGUF files in the hub client's cache, as references."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pytest_reasoning.models.hub.choice import is_model_file


def cached_references() -> tuple[str, ...]:
    """Return `hf:USER/REPO[@REVISION]:FILE` for every model file in the cache, sorted; downloads nothing.

    The result is empty without huggingface_hub or without a cache.
    """
    try:
        from huggingface_hub import constants, scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return ()
    try:
        cache = scan_cache_dir(Path(constants.HF_HUB_CACHE))
    except CacheNotFound:
        return ()
    found = []
    for repo in cache.repos:
        for revision in repo.revisions if repo.repo_type == "model" else ():
            known_as = sorted(revision.refs) or [revision.commit_hash]
            at = "" if "main" in known_as else f"@{known_as[0]}"
            names = [file.file_path.relative_to(revision.snapshot_path).as_posix() for file in revision.files]
            found += [f"hf:{repo.repo_id}{at}:{name}" for name in names if is_model_file(PurePosixPath(name))]
    return tuple(sorted(found))
