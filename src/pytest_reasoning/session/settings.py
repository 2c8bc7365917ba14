"""The options of a run → what its rooms are opened with: models, engine, store, gates."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_reasoning.session.options import setting
from pytest_reasoning.session.quantize_settings import pytest_cache, quantising

if TYPE_CHECKING:
    from pytest_reasoning.engine import EngineSettings, Responses
    from pytest_reasoning.records import ModelFacts
    from pytest_reasoning.verdict import GateSettings

MOST_SEED = 1_000_000
"Of those that are drawn: short enough to be typed again."
WORKER_SEED = "reasoning_seed"
"What the controller of xdist calls it for its workers."
MOST_SEED_DIGITS = 12
"It stands in node ids."


def engine_settings(config: pytest.Config) -> EngineSettings:
    """Return how models are run; raises ReasoningError for a value that cannot be used."""
    from pytest_reasoning.engine import EngineSettings
    from pytest_reasoning.text.sizes import size_in_bytes

    try:
        memory_bytes = size_in_bytes(setting(config, "memory") or "0B")
    except ValueError as error:
        raise pytest.UsageError(f"--reasoning-memory: {error}") from None
    return EngineSettings(
        batching=setting(config, "batching"),
        timeout_s=setting(config, "timeout"),
        threads=setting(config, "threads"),
        memory_bytes=memory_bytes,
        gpu_layers=setting(config, "gpu-layers"),
    )


def gate_settings(config: pytest.Config) -> GateSettings:
    """Return how gates are judged."""
    from pytest_reasoning.verdict import GateSettings

    return GateSettings(
        confidence=setting(config, "confidence"),
        interval=setting(config, "interval"),
        undecided=setting(config, "undecided"),
    )


def fresh_seed(config: pytest.Config) -> int | None:
    """Return the seed of fresh instances, None if none were asked for; `fresh` draws one for this whole run."""
    if hasattr(config, "workerinput"):
        # All workers of xdist must collect the same instances.
        drawn: int | None = config.workerinput[WORKER_SEED]
        return drawn
    given = setting(config, "seed")
    if given is None:
        return None
    if given == "fresh":
        return secrets.randbelow(MOST_SEED)
    if not given.isdecimal() or len(given) > MOST_SEED_DIGITS:
        raise pytest.UsageError(
            f"--reasoning-seed: {given!r} is neither 'fresh' nor a number of at most {MOST_SEED_DIGITS} digits"
        )
    return int(given)


def scaling_wanted(config: pytest.Config, models: Sequence[ModelFacts]) -> bool:
    """Tell whether pass rates are to be analysed against size."""
    from pytest_reasoning.verdict.sizes import enough_sizes

    wanted = setting(config, "scaling")
    return wanted == "on" or (wanted == "auto" and enough_sizes(models))


def models_named(config: pytest.Config, *, progress: bool) -> tuple[ModelFacts, ...]:
    """Find the models that were named; raises ReasoningError."""
    from pytest_reasoning.models import LOCK_NAME, MODELS_FILE_NAME, Pinning, load_models_file, resolve
    from pytest_reasoning.report import ProgressLine

    folder = config.inipath.parent if config.inipath is not None else config.rootpath
    path = setting(config, "models-file") or folder / MODELS_FILE_NAME
    given = setting(config, "models-file") is not None
    file = load_models_file(path, display=_shown(path, config)) if given or path.exists() else None
    lock, locked, write = path.parent / LOCK_NAME, setting(config, "locked"), setting(config, "lock")
    for name in ("show-prompt", "plan"):
        if setting(config, name) and getattr(config.option, "numprocesses", None):
            raise pytest.UsageError(f"--reasoning-{name}: it is shown by one process (leave out -n)")
    if locked and write:
        raise pytest.UsageError("--reasoning-lock and --reasoning-locked exclude each other (leave one out)")
    writer = config.get_terminal_writer()
    line = ProgressLine(writer._file, writer.fullwidth, enabled=progress)
    # The controller has downloaded, quantised and written before any worker starts.
    on_worker = hasattr(config, "workerinput")
    return resolve(
        setting(config, "models"),
        config.invocation_params.dir,
        models_file=file,
        pinning=Pinning(path=lock, locked=locked, write=write and not on_worker),
        offline=setting(config, "offline"),
        downloads=not on_worker,
        progress=progress,
        quantising=quantising(config, line.set),
    )


def _shown(path: Path, config: pytest.Config) -> str:
    """Return a path as the user would write it."""
    folder = config.invocation_params.dir
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def responses(config: pytest.Config, warn: Callable[[str], None]) -> Responses | None:
    """Open the response store where it shall be; it makes no file before it is asked for something."""
    from pytest_reasoning.engine import Responses, Store
    from pytest_reasoning.text.file_hashes import FileHashes

    folder = setting(config, "store")
    if folder is None:
        folder = pytest_cache(config)
    size_mb = setting(config, "store-size")
    if size_mb < 1:
        raise pytest.UsageError(
            f"--reasoning-store-size: {size_mb} MB hold nothing (to keep nothing: --reasoning-store=off)"
        )
    if folder is None or folder == "off":
        return None
    store = Store(folder, warn=warn, max_bytes=size_mb * 1_000_000)
    hash_of = FileHashes(folder / "hashes.json").sha256
    return Responses(store=store, hash_of=hash_of, refresh=setting(config, "refresh"))


def is_suite(path: Path, config: pytest.Config) -> bool:
    """Tell whether a path fits one of the globs; one without a folder is matched against the file's name."""
    return any(
        fnmatch(f"/{path.as_posix()}", f"*/{glob}") if "/" in glob else fnmatch(path.name, glob)
        for glob in setting(config, "files")
    )
