"""The options about quantising → what finds and makes quantised files in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_reasoning.session.options import setting

if TYPE_CHECKING:
    from pytest_reasoning.engine import Making
    from pytest_reasoning.models import Quantising

FOLDER = "quantised"
"Below the folder of the response store."


def quantising(config: pytest.Config, show: Callable[[str], None]) -> Quantising:
    """Return how quantised files are made in this run; they are in use until pytest ends.

    `show` is given a line about how far that is, empty when it is over.

    Where nothing is run nothing is made either: `--collect-only`, `--reasoning-plan`, `--reasoning-show-prompt`.
    """
    from pytest_reasoning.engine import MadeFiles
    from pytest_reasoning.models import Quantising
    from pytest_reasoning.text.file_hashes import FileHashes
    from pytest_reasoning.text.sizes import size_in_bytes

    runs = not (config.option.collectonly or setting(config, "plan") or setting(config, "show-prompt"))
    try:
        budget = size_in_bytes(setting(config, "quantize-budget"))
    except ValueError as error:
        raise pytest.UsageError(f"--reasoning-quantize-budget: {error}") from None
    folder = made_folder(config)
    files = MadeFiles(
        folder,
        hash_of=FileHashes(folder.parent / "hashes.json").sha256,
        budget_bytes=budget,
        threads=setting(config, "threads"),
        makes=runs,
        on_progress=lambda making: show(_text(making)),
    )
    config.add_cleanup(files.close)
    return Quantising(types=setting(config, "quantize"), imatrix=setting(config, "imatrix"), path_of=files.path_of)


def made_folder(config: pytest.Config) -> Path:
    """Return where made files are kept: where the response store lies, else in pytest's or this plugin's cache."""
    from pytest_reasoning.models.hashes import cache_folder

    store = setting(config, "store")
    if isinstance(store, Path):
        return store / FOLDER
    return (pytest_cache(config) or cache_folder()) / FOLDER


def pytest_cache(config: pytest.Config) -> Path | None:
    """Return the plugin's folder in pytest's cache, made or not, or None without a cache."""
    if not config.pluginmanager.has_plugin("cacheprovider") or config.cache is None:
        return None
    try:
        return config.cache.mkdir("reasoning")
    except OSError:  # whoever writes there will say so
        return Path(config.rootpath, config.getini("cache_dir"), "d", "reasoning")


def _text(making: Making | None) -> str:
    if making is None:
        return ""
    if making.waiting:
        return f"{making.model}: waiting for another run, which is quantising"
    done = f": {making.done}/{making.total} tensors" if making.total else ""
    return f"quantising {making.model}{done}"
