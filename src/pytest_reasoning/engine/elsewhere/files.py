"""The files of a model as another machine is told of them: by content, with hints where they may lie there."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Gguf
from pytest_reasoning.text.file_hashes import FileHashes

PIECE_BYTES = 4 << 20
_FIRST_PART = re.compile(r"-00001-of-(\d{5})\.gguf$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """One file."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGroup:
    """Files that have to lie in one folder: a model, all parts of a split model, or an adapter."""

    key: str
    "Names the group's folder among the files that were sent."
    parts: tuple[FilePart, ...]
    "The first is the one to load."
    folder: str
    "Where they lie on the machine that runs the tests."
    below_packages: str = ""
    "The same relative to the folder of installed packages, for models that come in one; else empty."
    below_hub: str = ""
    "The same relative to the hub client's cache; else empty."
    hub_file: tuple[str, str, str] | None = None
    "Repository, revision and path in it, from which the only part may be downloaded."


def hashes() -> FileHashes:
    """Return this machine's memory of content hashes."""
    return FileHashes(user_cache_path("pytest-reasoning", appauthor=False) / "sha256.json")


def groups_of(model: Gguf, settings: EngineSettings) -> list[FileGroup]:
    """Return the files of a model, and then those of its adapters, in their order."""
    first = Path(model.path)
    match = _FIRST_PART.search(first.name)
    if model.n_files > 1 and match is not None:
        stem, count = first.name[: match.start()], int(match[1])
        paths = [first.with_name(f"{stem}-{place:05}-of-{count:05}.gguf") for place in range(1, count + 1)]
        memory = hashes()
        parts = [(path, memory.sha256(path)) for path in paths]
    else:
        parts = [(first, model.sha256)]
    adapters = [[(Path(one.path), one.sha256)] for one in settings.model.lora]
    keys = [model.sha256, *(one.sha256 for one in settings.model.lora)]
    return [
        _group(key, files, offline=settings.offline) for key, files in zip(keys, [parts, *adapters], strict=True)
    ]


def paths_of(groups: Sequence[FileGroup]) -> dict[str, str]:
    """Return the paths on this machine by SHA-256."""
    return {part.sha256: str(Path(group.folder, part.name)) for group in groups for part in group.parts}


def piece(paths: Mapping[str, str], asked: Message) -> bytes:
    """Return the part of a file that a message `need` asks for; empty at its end, or if it cannot be read."""
    try:
        with Path(paths[asked["sha256"]]).open("rb") as file:
            file.seek(asked["offset"])
            return file.read(PIECE_BYTES)
    except (KeyError, OSError):
        return b""


def hub_cache() -> Path | None:
    """Return the folder of the hub client's cache; None without the client."""
    try:
        from huggingface_hub import constants
    except ImportError:
        return None
    return Path(constants.HF_HUB_CACHE).resolve()


def package_folders() -> list[Path]:
    """Return the folders of installed packages."""
    return [Path(one).resolve() for one in sys.path if one]


def _group(key: str, files: Sequence[tuple[Path, str]], *, offline: bool) -> FileGroup:
    folder, cache = files[0][0].parent, hub_cache()
    within = [one for one in package_folders() if folder.is_relative_to(one)]
    deepest = max(within, key=lambda one: len(one.parts), default=None)
    in_hub = cache is not None and folder.is_relative_to(cache)
    return FileGroup(
        key=key,
        parts=tuple(
            FilePart(name=path.name, sha256=sha256, size_bytes=path.stat().st_size) for path, sha256 in files
        ),
        folder=str(folder),
        below_packages=folder.relative_to(deepest).as_posix() if deepest is not None else "",
        below_hub=folder.relative_to(cache).as_posix() if cache is not None and in_hub else "",
        hub_file=_hub_file(files[0][0], cache) if cache and in_hub and len(files) == 1 and not offline else None,
    )


def _hub_file(path: Path, cache: Path) -> tuple[str, str, str] | None:
    """Return the hub's name of a file in the cache, whose snapshots are links to it."""
    repository = cache / path.relative_to(cache).parts[0]
    for snapshot in sorted((repository / "snapshots").glob("*")):
        for file in sorted(snapshot.rglob("*")):
            if file.is_file() and file.resolve() == path.resolve():
                name = repository.name.removeprefix("models--").replace("--", "/")
                return name, snapshot.name, file.relative_to(snapshot).as_posix()
    return None
