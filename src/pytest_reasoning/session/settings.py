"""Options and ini keys of a run → one frozen record of what they ask for; nothing is opened, read or found here."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.models import MODELS_FILE_NAME
from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.records import Gguf, Model, ModelSettings
from pytest_reasoning.session.options import setting
from pytest_reasoning.suite import Suite
from pytest_reasoning.text.files import is_there
from pytest_reasoning.text.sizes import size_in_bytes
from pytest_reasoning.verdict import ComparisonSettings, GateSettings, StopSettings
from pytest_reasoning.verdict.quantization import QuantizationSettings
from pytest_reasoning.verdict.sizes import enough_sizes

REPORT_KINDS = ("json", "html", "markdown", "table")
PREVIEWS: tuple[Literal["show-prompt", "plan"], ...] = ("show-prompt", "plan")
MADE_FOLDER = "quantised"
"Where quantized files are kept, below the folder of the response store."
MOST_SEED = 1_000_000
"Drawn seeds are below this, so that they are short enough to be typed again."
MOST_SEED_DIGITS = 12
"Of a seed that is given; it stands in node ids."
WORKER_SEED = "reasoning_seed"
"The key under which the controller of pytest-xdist tells its workers the seed."
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|min)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsAsked:
    """Which models are named, and how they may be found and made."""

    names: tuple[str, ...]
    folder: Path
    "Paths among the names are relative to it; messages show paths relative to it."
    models_file: Path
    models_file_given: bool
    "Whether it was named by an option: then it must exist."
    offline: bool
    locked: bool
    "Refuse every model that is not as the lock file says."
    write_lock: bool
    quantize: tuple[str, ...]
    "Types that every named model is quantized to."
    imatrix: Path | None
    made_folder: Path
    budget_bytes: int
    "Most disk space for quantized files."
    makes_files: bool
    "Whether missing quantized files are made; not where nothing runs."
    downloads: bool
    "Not in a worker of pytest-xdist: its controller has downloaded, quantized and locked everything before."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where completions are kept from run to run."""

    folder: Path
    max_bytes: int
    refresh: bool
    "Make every completion anew and replace what is stored."


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """What keeps cases from being run."""

    stop: StopSettings | None = None
    "None: the cases of a settled gate run all the same while there is time."
    budget_s: float | None = None
    "Seconds after which no case begins; None: no limit."
    budget: str = ""
    "The same as the user wrote it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """What the items of a run need to know of its settings."""

    gate: GateSettings
    confidence_given: bool
    "Whether the command line gave a confidence, which then holds for every suite."
    fresh_seed: int | None
    "Draws new instances beside those of the suites; None: none were asked for."
    limit: int | None
    "Most cases of a suite that run; None: all."
    offline: bool
    files_within: Path | None
    "The folder that files lie in which suites include or take rows from; None: anywhere."
    scores_targets: bool
    "Whether the log-probability of each case's target is measured too."
    keeps_logprobs: bool
    "Whether outcomes carry the log-probabilities of their tokens, which only report files show."
    keeps_fingerprints: bool
    "Whether outcomes carry the hashes that pair them with others; only comparisons and report files need them."

    def gate_of(self, suite: Suite) -> GateSettings:
        """Return how a suite's gates are judged: at its own confidence unless the command line gave one."""
        if suite.confidence is None or self.confidence_given:
            return self.gate
        return replace(self.gate, confidence=suite.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything the options of a run ask for."""

    models: ModelsAsked
    engine: EngineSettings
    store: StoreSettings | None
    gate: GateSettings
    confidence_given: bool
    comparison: ComparisonSettings
    "For a baseline; a model that is held to another one has a margin of its own."
    quantization: QuantizationSettings
    pace: PaceSettings | None
    "None: every selected case runs."
    baseline: str | None
    "Name of the baseline that the run is compared with."
    save_baseline: str | None
    "Name of the baseline that the run is saved as."
    certify: bool
    measures_divergence: bool
    "Whether variants are compared with their references token by token."
    scaling: Literal["auto", "on", "off"]
    suite_globs: tuple[str, ...]
    "Of the YAML files that are suites."
    files_within: Path | None
    "As `ItemSettings` has it."
    fresh_seed: int | None
    limit: int | None
    "As `ItemSettings` has it."
    preview: Literal["show-prompt", "plan"] | None
    "What is shown instead of running anything."
    plan_from: Path | None
    "The report of an earlier run that tells lengths and speeds."
    plan_margin: float
    "The drop that `--reasoning-plan` says the detectability of."
    show: Literal["failures", "all", "none"]
    report_paths: Mapping[str, Path]
    "By kind, for the reports that were asked for."

    def is_suite(self, path: Path) -> bool:
        """Tell whether a path fits one of the globs; one without a folder is matched against the file's name."""
        return any(
            fnmatch(f"/{path.as_posix()}", f"*/{glob}") if "/" in glob else fnmatch(path.name, glob)
            for glob in self.suite_globs
        )

    def for_items(self, models: Sequence[Model]) -> ItemSettings:
        """Return what the items need to know; some of it depends on the models that were found."""
        files = [model for model in models if isinstance(model, Gguf)]
        held = any(model.no_worse_than for model in models)
        compares = self.baseline is not None or held or any(model.variant_of for model in files)
        return ItemSettings(
            gate=self.gate,
            confidence_given=self.confidence_given,
            fresh_seed=self.fresh_seed,
            limit=self.limit,
            offline=self.models.offline,
            files_within=self.files_within,
            scores_targets=self.scaling == "on" or (self.scaling == "auto" and enough_sizes(files)),
            keeps_logprobs=bool(self.report_paths),
            keeps_fingerprints=bool(self.report_paths) or compares or self.save_baseline is not None,
        )


def run_settings(config: pytest.Config) -> RunSettings:
    """Return what the options and ini keys of a run ask for.

    Raises `pytest.UsageError` or `ReasoningError` for values that make no sense, alone or together.
    """
    confidence, margin = setting(config, "confidence"), setting(config, "margin")
    if margin is not None and not 0 < margin < 1:
        raise pytest.UsageError(
            f"--reasoning-margin: {margin:g} is no drop of a pass rate (take one between 0 and 1, such as 0.05)"
        )
    usual = QuantizationSettings()
    return RunSettings(
        preview=_preview(config),
        models=_models_asked(config),
        engine=_engine_settings(config),
        store=_store_settings(config),
        gate=GateSettings(
            confidence=confidence,
            interval=setting(config, "interval"),
            undecided=setting(config, "undecided"),
        ),
        confidence_given=config.getoption("reasoning_confidence") is not None,
        comparison=ComparisonSettings(
            confidence=confidence or ComparisonSettings().confidence,
            margin=margin,
            across_prompts=setting(config, "across-prompts"),
        ),
        quantization=QuantizationSettings(margin=margin or usual.margin, confidence=confidence or usual.confidence),
        pace=_pace_settings(config),
        baseline=_baseline_name(config, "baseline"),
        save_baseline=_baseline_name(config, "save-baseline"),
        certify=setting(config, "certify"),
        measures_divergence=setting(config, "kl") == "on",
        scaling=setting(config, "scaling"),
        suite_globs=setting(config, "files"),
        fresh_seed=_fresh_seed(config),
        limit=_limit(config),
        files_within=None if setting(config, "allow-outside") else config.rootpath,
        plan_from=setting(config, "plan-from"),
        plan_margin=margin or usual.margin,
        show=setting(config, "show"),
        report_paths={kind: path for kind in REPORT_KINDS if (path := setting(config, kind)) is not None},
    )


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def shown_path(path: Path, folder: Path) -> str:
    """Return a path as a user who stands in `folder` would write it."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _seconds(text: str) -> float:
    """Return a time written as `90s`, `10m` or `1h` in seconds; a bare number is seconds."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        raise pytest.UsageError(f"--reasoning-time-budget: {text!r} is no time (write 90s, 10m or 1h)")
    return float(match[1]) * _SECONDS[match[2]]


def _preview(config: pytest.Config) -> Literal["show-prompt", "plan"] | None:
    for name in PREVIEWS:
        if setting(config, name):
            if getattr(config.option, "numprocesses", None):
                raise pytest.UsageError(f"--reasoning-{name}: it is shown by one process (leave out -n)")
            return name
    return None


def _models_asked(config: pytest.Config) -> ModelsAsked:
    given = setting(config, "models-file")
    locked, write_lock = setting(config, "locked"), setting(config, "lock")
    if locked and write_lock:
        raise pytest.UsageError("--reasoning-lock and --reasoning-locked exclude each other (leave one out)")
    beside = config.inipath.parent if config.inipath is not None else config.rootpath
    runs = not (config.option.collectonly or setting(config, "plan") or setting(config, "show-prompt"))
    return ModelsAsked(
        names=setting(config, "models"),
        folder=config.invocation_params.dir,
        models_file=given or beside / MODELS_FILE_NAME,
        models_file_given=given is not None,
        offline=setting(config, "offline"),
        locked=locked,
        write_lock=write_lock and not is_worker(config),
        quantize=setting(config, "quantize"),
        imatrix=setting(config, "imatrix"),
        made_folder=_made_folder(config),
        budget_bytes=_size(config, "quantize-budget"),
        makes_files=runs,
        downloads=not is_worker(config),
    )


def _engine_settings(config: pytest.Config) -> EngineSettings:
    return EngineSettings(
        model=ModelSettings(
            threads=setting(config, "threads") or None,
            memory_bytes=_size(config, "memory") or None,
            gpu_layers=setting(config, "gpu-layers"),
        ),
        batching=setting(config, "batching"),
        timeout_s=setting(config, "timeout"),
    )


def _size(config: pytest.Config, name: str) -> int:
    try:
        return size_in_bytes(setting(config, name) or "0B")
    except ValueError as error:
        raise pytest.UsageError(f"--reasoning-{name}: {error}") from None


def _store_settings(config: pytest.Config) -> StoreSettings | None:
    folder = setting(config, "store")
    if folder is None:
        folder = _pytest_cache(config)
    size_mb = setting(config, "store-size")
    if size_mb < 1:
        raise pytest.UsageError(
            f"--reasoning-store-size: {size_mb} MB hold nothing (to keep nothing: --reasoning-store=off)"
        )
    if folder is None or folder == "off":
        return None
    return StoreSettings(folder=folder, max_bytes=size_mb * 1_000_000, refresh=setting(config, "refresh"))


def _made_folder(config: pytest.Config) -> Path:
    """Return where quantized files are kept: beside the response store, else in pytest's or our own cache."""
    store = setting(config, "store")
    if isinstance(store, Path):
        return store / MADE_FOLDER
    return (_pytest_cache(config) or cache_folder()) / MADE_FOLDER


def _pytest_cache(config: pytest.Config) -> Path | None:
    """Return the plugin's folder in pytest's cache, whether it could be made or not; None without a cache."""
    if not config.pluginmanager.has_plugin("cacheprovider") or config.cache is None:
        return None
    try:
        return config.cache.mkdir("reasoning")
    except OSError:  # what writes there will say so
        return Path(config.rootpath, config.getini("cache_dir"), "d", "reasoning")


def _pace_settings(config: pytest.Config) -> PaceSettings | None:
    rule, error, budget = setting(config, "stop"), setting(config, "stop-error"), setting(config, "time-budget")
    if not 0.0 < error < 1.0:
        raise pytest.UsageError(f"--reasoning-stop-error: {error:g} is no error level (take one between 0 and 1)")
    if rule == "off" and budget is None:
        return None
    if rule != "off" and setting(config, "baseline") is not None:
        raise pytest.UsageError(
            "--reasoning-stop: a comparison with a baseline needs every case (leave out one of the two options)"
        )
    return PaceSettings(
        stop=None if rule == "off" else StopSettings(rule=rule, error=error, order=_stop_order(config)),
        budget_s=None if budget is None else _seconds(budget),
        budget=budget or "",
    )


def _baseline_name(config: pytest.Config, option: str) -> str | None:
    """Return the name of a baseline, unless it is a path that was meant to be tested."""
    name: str | None = setting(config, option)
    here, words = config.invocation_params.dir, config.invocation_params.args
    for before, word in pairwise(words):
        if before == f"--reasoning-{option}" and word == name and is_there(here / word.partition("::")[0]):
            raise pytest.UsageError(
                f"--reasoning-{option}: took {word!r} as the name of a baseline "
                f"(put the path first, or write --reasoning-{option}=default {word})"
            )
    return name


def _limit(config: pytest.Config) -> int | None:
    limit: int | None = setting(config, "limit")
    if limit is not None and limit < 1:
        raise pytest.UsageError(f"--reasoning-limit: {limit} cases measure nothing (take 1 or more)")
    return limit


def _fresh_seed(config: pytest.Config) -> int | None:
    """Return the seed of fresh instances; `fresh` draws one for this whole run."""
    if is_worker(config):
        # All workers must collect the same instances.
        drawn: int | None = config.workerinput[WORKER_SEED]  # type: ignore[attr-defined]
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


def _stop_order(config: pytest.Config) -> int:
    """Return the seed of the order that `anytime` runs cases in: as given, or else another one in each run."""
    given: int | None = setting(config, "stop-order")
    if given is not None:
        return given
    # The workers of pytest-xdist belong to one run.
    run: str | None = getattr(config, "workerinput", {}).get("testrunuid")
    if run is None:
        return secrets.randbelow(MOST_SEED)
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:8], "big") % MOST_SEED
