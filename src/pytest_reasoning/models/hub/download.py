"""Downloads the files of `hf:USER/REPO[@REVISION][:QUANT or file]` with huggingface_hub into its cache.

Cache folder, token, endpoint and offline mode are set as for any use of huggingface_hub (HF_HOME, HF_TOKEN,
HF_ENDPOINT, HF_HUB_OFFLINE). It is imported only when a hub model is named.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.models.hub.choice import choose
from pytest_reasoning.models.reference import Hub
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.redaction import HTTP_LOGGERS, Redaction, keep_out_of_logs

_NETWORK_ERRORS = ("ConnectError", "ConnectTimeout", "ReadTimeout", "ReadError", "RemoteProtocolError")
"Names of httpx's network errors; compared by name, since older versions of the client use requests instead."
TRIES = 3
"Tries to download a file before a broken connection is an error."
SPARE_BYTES = 64 << 20
"Disk space to leave free in the cache."


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file, as described by the hub."""

    name: str
    "The file's path in the repository."
    size_bytes: int | None = None
    sha256: str | None = None
    "None for a file outside of large-file storage."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model's downloaded files."""

    revision: str
    "The commit that they are from."
    paths: tuple[Path, ...]
    "The parts in order."


def fetch(reference: str, hub: Hub, *, offline: bool, progress: bool) -> Fetched:
    """Return the files that a hub reference names, downloading those that the cache lacks.

    Args:
        reference: the reference as the user wrote it, for messages.
        hub: the parsed reference; its revision may be a pinned commit.
        offline: use the cache only.
        progress: show the client's progress bar.

    Raises:
        ModelError: the repository, revision or file does not exist or is gated, the network or the disk fails,
            or the content has a wrong hash.
    """
    try:
        from huggingface_hub import constants
    except ImportError:
        raise ModelError(
            f"model {reference!r}: huggingface_hub is not installed (pip install 'pytest-reasoning[hub]')"
        ) from None
    client = _Client(reference, hub, offline=offline or bool(constants.HF_HUB_OFFLINE))
    cached = client.cached()
    if cached is not None and (client.offline or _is_commit(hub.revision)):
        return cached
    if client.offline:
        raise ModelError(f"model {reference!r}: is not in the cache, and the network is off ({_remedy(offline)})")
    return client.download(cached, progress)


def _is_commit(revision: str | None) -> bool:
    return revision is not None and re.fullmatch(r"[0-9a-f]{40}", revision) is not None


def _remedy(by_option: bool) -> str:
    return f"run once without {'--reasoning-offline' if by_option else 'HF_HUB_OFFLINE'} to download it"


class _Client:
    """huggingface_hub for one reference; turns its exceptions into messages of one line."""

    def __init__(self, reference: str, hub: Hub, *, offline: bool) -> None:
        from huggingface_hub import constants, get_token

        keep_out_of_logs(Redaction(keys=[get_token() or ""]), HTTP_LOGGERS)
        self.cache = Path(constants.HF_HUB_CACHE)
        self.reference = reference
        self.hub = hub
        self.offline = offline

    def cached(self) -> Fetched | None:
        """Return the cached files of this reference, or None if any is missing.

        This reads the documented layout of the cache, because the client's own look-up needs the files' names,
        which are not known yet.
        """
        folder = self.cache / f"models--{self.hub.repo.replace('/', '--')}"
        commit = self.hub.revision or "main"
        if not _is_commit(commit):
            try:
                commit = (folder / "refs" / commit).read_text(encoding="ascii").strip()
            except (OSError, ValueError):
                return None
        snapshot = folder / "snapshots" / commit
        names = [path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*.gguf") if path.is_file()]
        try:
            chosen = choose(names, self.hub, self.reference)
        except ModelError:
            return None
        return Fetched(revision=commit, paths=tuple(snapshot / name for name in chosen))

    def download(self, cached: Fetched | None, progress: bool) -> Fetched:
        """List the repository's files on the hub and download those that are missing."""
        listed = self._listing(cached)
        if isinstance(listed, Fetched):
            return listed
        revision, files = listed
        chosen = [files[name] for name in choose(list(files), self.hub, self.reference)]
        missing = [file for file in chosen if not self._in_cache(file, revision)]
        self._check_disk(sum(file.size_bytes or 0 for file in missing))
        return Fetched(
            revision=revision, paths=tuple(self._get(file, file in missing, progress) for file in chosen)
        )

    def _listing(self, cached: Fetched | None) -> tuple[str, dict[str, HubFile]] | Fetched:
        from huggingface_hub import HfApi

        try:
            info = HfApi().model_info(self.hub.repo, revision=self.hub.revision, files_metadata=True)
        except Exception as error:  # the client raises its own, httpx's and the system's
            if cached is not None and _is_connection(error):
                return cached
            raise self._explained(error) from None
        files = {
            sibling.rfilename: HubFile(
                name=sibling.rfilename,
                size_bytes=sibling.size,
                sha256=sibling.lfs.sha256 if sibling.lfs is not None else None,
            )
            for sibling in info.siblings or ()
        }
        return str(info.sha), files

    def _in_cache(self, file: HubFile, revision: str) -> bool:
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(self.hub.repo, file.name, revision=revision), str)

    def _get(self, file: HubFile, is_new: bool, progress: bool) -> Path:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

        if not progress:
            disable_progress_bars()
        try:
            # Ask by the user's revision, not by commit, so that the cache remembers what that revision means.
            path = Path(_patiently(lambda: hf_hub_download(self.hub.repo, file.name, revision=self.hub.revision)))
        except Exception as error:  # as above
            raise self._explained(error) from None
        finally:
            if not progress:
                enable_progress_bars()
        if is_new:
            self._verify(path, file)
        return path

    def _verify(self, path: Path, file: HubFile) -> None:
        size, digest = path.stat().st_size, sha256_of(path)
        wrong = None
        if file.size_bytes is not None and size != file.size_bytes:
            wrong = f"{size:,} bytes where the hub lists {file.size_bytes:,}"
        elif file.sha256 is not None and digest != file.sha256:
            wrong = f"SHA-256 {digest[:12]}… where the hub lists {file.sha256[:12]}…"
        if wrong is not None:
            # The file in the snapshot is a link; delete link and target, or the next run would use the bad content.
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise ModelError(
                f"model {self.reference!r}: {file.name} arrived with {wrong}; removed (run again to download it)"
            )

    def _check_disk(self, needed_bytes: int) -> None:
        folder = self.cache
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if needed_bytes + SPARE_BYTES > free:
            raise ModelError(
                f"model {self.reference!r}: its download has {needed_bytes / 1e9:.1f} GB, and {folder} has "
                f"{free / 1e9:.1f} GB free (make room, or set HF_HOME to another disk)"
            )

    def _explained(self, error: Exception) -> ModelError:
        from huggingface_hub import errors

        repo, revision = self.hub.repo, self.hub.revision
        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(error, errors.GatedRepoError):
            what = f"{repo} is gated (accept its terms on the hub and set HF_TOKEN)"
        elif isinstance(error, errors.RepositoryNotFoundError):
            what = f"there is no repository {repo}, or it is private (check the name; private ones need HF_TOKEN)"
        elif isinstance(error, errors.RevisionNotFoundError):
            what = f"{repo} has no revision {revision!r} (name a branch, a tag or a commit of it)"
        elif isinstance(error, errors.EntryNotFoundError) and not _is_connection(error):
            what = f"a file of {repo} is listed and missing (name another, or tell its owner)"
        elif status is not None:
            what = f"the hub answered with status {status} (try again later)"
        elif _is_connection(error):
            what = "the hub cannot be reached (check the network; --reasoning-offline uses what is in the cache)"
        elif isinstance(error, OSError) and error.strerror:
            what = f"the download failed: {error.strerror} (check disk and network, and run again)"
        else:
            what = f"the download failed: {type(error).__name__} (run again)"
        return ModelError(f"model {self.reference!r}: {what}")


def _patiently(download: Callable[[], str]) -> str:
    """Try again after a reset connection, which the client does only for closed ones."""
    for _ in range(TRIES - 1):
        try:
            return download()
        except Exception as error:
            if not _is_connection(error):
                raise
    return download()


def _is_connection(error: BaseException | None) -> bool:
    """Return whether any exception in the chain is a network error."""
    while error is not None:
        if isinstance(error, (ConnectionError, TimeoutError)) or type(error).__name__ in _NETWORK_ERRORS:
            return True
        error = error.__cause__ or error.__context__
    return False
