"""What happens on another machine before its engine starts: it says what it is, and finds or asks for the files."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from pytest_reasoning.engine.elsewhere.files import FileGroup, FilePart, hashes, hub_cache, package_folders
from pytest_reasoning.engine.machine.fit import too_large
from pytest_reasoning.engine.machine.shares import shares
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.store.keys import place_key
from pytest_reasoning.records import ModelMemory
from pytest_reasoning.text.errors import EngineError
from pytest_reasoning.text.file_hashes import FileHashes
from pytest_reasoning.text.versions import installed_version

WAIT_S = 1.0
"How long another process of this machine, which fetches the same files, is waited for before a sign of life."

Say = Callable[[Message], None]
Hear = Callable[[], Message]


def sent_folder() -> Path:
    """Return the folder of files that were sent to this machine; each may be deleted when nothing runs."""
    return user_cache_path("pytest-reasoning", appauthor=False) / "sent"


def arrived(
    task: Message, say: Say, hear: Hear, variables: Mapping[str, str] | None = None
) -> tuple[Message, list[Message]]:
    """Make a task ready to be done on this machine; return it, and the messages that came meanwhile.

    Nothing is looked for, fetched or loaded before the first request comes.

    Args:
        task: the task, with `files`, `version` and `replicas_here`.
        say: sends a message to the machine that runs the tests.
        hear: waits for the next message from it.
        variables: environment variables of the engine; None: those of this process.

    Raises:
        EngineError: the package is of another version here, or a file is not what was announced.
    """
    here = installed_version("pytest-reasoning")
    if here != task["version"]:
        raise EngineError(
            f"pytest-reasoning is {here or 'not installed'} there and {task['version']} here "
            "(install the same version on both)"
        )
    memory = hashes()
    identity = place_key(memory.sha256, variables)
    say({"op": "place", "identity": identity, "pid": os.getpid(), "host": platform.node()})
    held = [hear()]
    groups = [from_wire(FileGroup, one) for one in task["files"]]
    paths = [str(_Fetcher(group, memory, say, hear, held).path()) for group in groups]
    settings = from_wire(EngineSettings, task["settings"])
    lora = tuple(replace(one, path=path) for one, path in zip(settings.model.lora, paths[1:], strict=True))
    model = replace(settings.model, lora=lora, replicas=task["replicas_here"])
    (own, *_) = shares(replace(settings, model=model, log_path=None))
    if task["memory"] is not None:
        refusal = too_large(from_wire(ModelMemory, task["memory"]), own.settings, f"{paths[0]} there")
        if refusal is not None:
            raise EngineError(refusal)
    return {"op": task["op"], "model": paths[0], "settings": asdict(own.settings), "memory": task["memory"]}, held


class _Fetcher:
    """Finds the files of one group on this machine, or asks for them."""

    def __init__(self, group: FileGroup, memory: FileHashes, say: Say, hear: Hear, held: list[Message]) -> None:
        self._group = group
        self._memory = memory
        self._say = say
        self._hear = hear
        self._held = held
        "Messages that are not for us."

    def path(self) -> Path:
        """Return the path of the first file."""
        folder = sent_folder() / self._group.key
        found = self._found(folder)
        if found is not None:
            return found
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        # One process of a machine fetches; the others find what it has fetched.
        while True:
            try:
                with lock.acquire(timeout=WAIT_S):
                    return self._found(folder) or self._downloaded() or self._fetched(folder)
            except Timeout:
                self._say({"op": "alive"})

    def _found(self, sent: Path) -> Path | None:
        group, cache = self._group, hub_cache()
        folders = [sent, Path(group.folder)]
        if group.below_packages:
            folders += [one / group.below_packages for one in package_folders()]
        if group.below_hub and cache is not None:
            folders.append(cache / group.below_hub)
        for folder in dict.fromkeys(folders):
            if all(self._is(folder / part.name, part) for part in group.parts):
                return folder / group.parts[0].name
        return None

    def _is(self, path: Path, part: FilePart) -> bool:
        try:
            return path.stat().st_size == part.size_bytes and self._memory.sha256(path) == part.sha256
        except OSError:
            return False

    def _downloaded(self) -> Path | None:
        """Return the file from the hub, or None if it is not from there or cannot be had."""
        if self._group.hub_file is None:
            return None
        try:
            from huggingface_hub import hf_hub_download
        except ImportError:
            return None
        repository, revision, name = self._group.hub_file
        self._say({"op": "alive"})
        try:
            path = Path(hf_hub_download(repository, name, revision=revision))
        except Exception:  # whatever the network does; the file is sent instead
            return None
        return path if self._is(path, self._group.parts[0]) else None

    def _fetched(self, folder: Path) -> Path:
        for part in self._group.parts:
            beside = folder / f"{part.name}.{os.getpid()}.part"
            try:
                self._fetch(part, beside)
                beside.replace(folder / part.name)
            finally:
                beside.unlink(missing_ok=True)
        return folder / self._group.parts[0].name

    def _fetch(self, part: FilePart, path: Path) -> None:
        digest, offset = hashlib.sha256(), 0
        with path.open("wb") as file:
            while offset < part.size_bytes:
                self._say({"op": "need", "sha256": part.sha256, "offset": offset})
                data = self._piece()
                if not data:
                    break
                file.write(data)
                digest.update(data)
                offset += len(data)
        if digest.hexdigest() != part.sha256:
            raise EngineError(f"{part.name} changed while it was sent, or cannot be read (run again)")

    def _piece(self) -> bytes:
        while (message := self._hear())["op"] != "piece":
            self._held.append(message)
        data = message["data"]
        return base64.b64decode(data) if isinstance(data, str) else bytes(data)
