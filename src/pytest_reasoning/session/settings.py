"""Reads the options and ini keys of a run into one frozen record; no file is opened or searched for here."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.library import find
from pytest_reasoning.models import MODELS_FILE_NAME
from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.records import Gguf, Model, ModelSettings
from pytest_reasoning.report.files import KINDS
from pytest_reasoning.session.options import setting
from pytest_reasoning.stats.least import LEAST_STIMULI
from pytest_reasoning.suite import Suite
from pytest_reasoning.text.files import is_there
from pytest_reasoning.text.sizes import size_in_bytes
from pytest_reasoning.verdict import ComparisonSettings, GateSettings, SampleSettings, StopSettings
from pytest_reasoning.verdict.quantization import QuantizationSettings
from pytest_reasoning.verdict.sharding import Shard
from pytest_reasoning.verdict.sizes import enough_sizes

PREVIEWS: tuple[Literal["show-prompt", "plan"], ...] = ("show-prompt", "plan")
MADE_FOLDER = "quantized"
"The folder of quantized files, below that of the response store."
MOST_SEED = 1_000_000
"Drawn seeds are below this, so that a user can easily type one again."
MOST_SEED_DIGITS = 12
"Digits allowed in a seed that a user gives; they become part of node ids."
WORKER_SEED = "reasoning_seed"
"The key of `workerinput` under which the controller of pytest-xdist passes the seed to its workers."
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|min)?")
_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsAsked:
    """The models that are named, and how they may be found, downloaded and quantized."""

    names: tuple[str, ...]
    folder: Path
    "Paths among the names, and paths in messages, are relative to this folder."
    models_file: Path
    models_file_given: bool
    "Whether an option named the models file, which must then exist."
    offline: bool
    locked: bool
    "Whether to refuse every model that does not match the lock file."
    write_lock: bool
    quantize: tuple[str, ...]
    "Quantization types that every named model is quantized to, such as `Q4_K_M`."
    recipe_from: Path | None
    "The report that says which blocks lose answers, for recipes."
    imatrix: Path | None
    made_folder: Path
    budget_bytes: int
    "Limit of the disk space that quantized files take."
    makes_files: bool
    "Whether missing quantized files are made; false if nothing runs, as with `--collect-only`."
    downloads: bool
    "False in a worker of pytest-xdist, whose controller has already downloaded, quantized and locked everything."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """The response store, which keeps completions from run to run."""

    folder: Path
    max_bytes: int
    refresh: bool
    "Whether to generate every completion again and replace the stored ones."


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """The rules by which a run leaves out cases: early stopping and the time budget."""

    stop: StopSettings | None = None
    "How gates stop early; with None all cases of a settled gate run, as long as there is time."
    budget_s: float | None = None
    "Seconds after which no case starts; None for no limit."
    budget: str = ""
    "The time budget as the user wrote it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """The settings that the items of a run need."""

    gate: GateSettings
    confidence_given: bool
    "Whether the command line gave a confidence level, which then holds for every suite."
    fresh_seed: int | None
    "Seed of the new instances that are drawn beside those of the suites; None if none are drawn."
    limit: int | None
    "Most cases of a suite that run; None: all."
    shard: Shard | None
    "The part of a run that this one is; None: it is a whole."
    offline: bool
    files_within: Path | None
    "The folder that files included by suites, and their data files, must lie in; None allows any folder."
    scores_targets: bool
    "Whether to measure the log-probability of each case's target too."
    sample: SampleSettings | None
    "How many cases of each suite run; None: all."
    stimuli: int
    "Most stimuli of each suite that are drawn to compare models inside; 0: none."
    measures_evidence: bool
    "Whether it is measured for its drift, though no suite asks for it."
    keeps_logprobs: bool
    "Whether outcomes carry the log-probabilities of their tokens, which only report files show."
    keeps_fingerprints: bool
    "Whether outcomes carry the hashes by which they are paired; only comparisons and report files need them."

    def gate_of(self, suite: Suite) -> GateSettings:
        """Return how a suite's gates are judged: at its own confidence unless the command line gave one."""
        if suite.confidence is None or self.confidence_given:
            return self.gate
        return replace(self.gate, confidence=suite.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """All options of a run."""

    models: ModelsAsked
    engine: EngineSettings
    store: StoreSettings | None
    gate: GateSettings
    confidence_given: bool
    comparison: ComparisonSettings
    "For comparisons with a baseline; a model that must be no worse than another has a margin of its own."
    quantization: QuantizationSettings
    pace: PaceSettings | None
    "Rules that leave out cases; with None every selected case runs."
    baseline: str | None
    "Name of the baseline to compare with, or names and patterns of several, separated by commas."
    save_baseline: str | None
    "Name of the baseline to save."
    certify: bool
    lens: bool
    "Whether to look into the models after the run."
    lens_skips: int
    "For so many cases of each cell every block is left out in turn too."
    distance: int
    "Most stimuli of each suite by which models are compared inside; 0: they are not."
    culprits: bool
    "Whether to find the blocks at which quantized variants lose answers."
    measures_divergence: bool
    "Whether to measure the divergence of quantized variants from their references, token by token."
    sample: SampleSettings | None
    "How many cases of each suite run; None: all."
    history_report: Path | None
    "The JSON report that sharpens what a sample tells."
    measures_evidence: bool
    "Whether the log-probability of every target is measured."
    scaling: Literal["auto", "on", "off"]
    library_suites: tuple[Path, ...]
    "Files of the package's library that run beside what pytest collects."
    suite_globs: tuple[str, ...]
    "Globs of the YAML files that are suites."
    files_within: Path | None
    "See `ItemSettings`."
    fresh_seed: int | None
    limit: int | None
    "As `ItemSettings` has it."
    shard: Shard | None
    preview: Literal["show-prompt", "plan"] | None
    "What to show instead of a run."
    plan_from: Path | None
    "The report of an earlier run that tells lengths and speeds."
    plan_margin: float
    "The drop of the pass rate for which `--reasoning-plan` says whether gates would detect it."
    show: Literal["failures", "all", "none"]
    report_paths: Mapping[str, Path]
    "Paths of the report files to write, by kind."
    sign_key: Path | None
    "SSH key that signs the JSON report."
    history_path: Path | None
    "File to which the results are appended; None: no history is kept."

    def is_suite(self, path: Path) -> bool:
        """Return whether a path matches one of the globs; one without a folder is matched against the file name."""
        return any(
            fnmatch(f"/{path.as_posix()}", f"*/{glob}") if "/" in glob else fnmatch(path.name, glob)
            for glob in self.suite_globs
        )

    def for_items(self, models: Sequence[Model]) -> ItemSettings:
        """Return the settings for items; some depend on the models that were found."""
        files = [model for model in models if isinstance(model, Gguf)]
        held = any(model.no_worse_than for model in models)
        compares = self.baseline is not None or held or any(model.variant_of for model in files)
        return ItemSettings(
            gate=self.gate,
            confidence_given=self.confidence_given,
            fresh_seed=self.fresh_seed,
            limit=self.limit,
            shard=self.shard,
            offline=self.models.offline,
            files_within=self.files_within,
            scores_targets=self.scaling == "on" or (self.scaling == "auto" and enough_sizes(files)),
            sample=self.sample,
            stimuli=self.distance,
            measures_evidence=self.measures_evidence,
            keeps_logprobs=bool(self.report_paths),
            keeps_fingerprints=bool(self.report_paths or self.history_path)
            or compares
            or self.save_baseline is not None,
        )


def run_settings(config: pytest.Config) -> RunSettings:
    """Read all options and ini keys of a run.

    Raises `pytest.UsageError` or `ReasoningError` for values that make no sense, alone or together.
    """
    confidence, margin = setting(config, "confidence"), setting(config, "margin")
    if margin is not None and not 0 < margin < 1:
        raise pytest.UsageError(
            f"--reasoning-margin: {margin:g} is not a drop of a pass rate (use one between 0 and 1, such as 0.05)"
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
        lens=_lens(config),
        lens_skips=_at_least_0(config, "lens-skips"),
        distance=_distance(config),
        culprits=setting(config, "culprits"),
        measures_divergence=setting(config, "kl") == "on",
        sample=_sample(config),
        history_report=setting(config, "history-report"),
        measures_evidence=setting(config, "evidence") == "log-probability",
        scaling=setting(config, "scaling"),
        library_suites=tuple(find(setting(config, "suites"))),
        suite_globs=setting(config, "files"),
        fresh_seed=_fresh_seed(config),
        limit=_limit(config),
        shard=_shard(config),
        files_within=None if setting(config, "allow-outside") else config.rootpath,
        plan_from=setting(config, "plan-from"),
        plan_margin=margin or usual.margin,
        show=setting(config, "show"),
        report_paths={kind: path for kind in KINDS if (path := setting(config, kind)) is not None},
        sign_key=_sign_key(config),
        history_path=setting(config, "history"),
    )


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def shown_path(path: Path, folder: Path) -> str:
    """Return a path relative to `folder` if it lies below it, else unchanged."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _seconds(text: str, option: str) -> float:
    """Return an option's time, written as `90s`, `10m` or `1h`, in seconds; a bare number is seconds."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        raise pytest.UsageError(f"--reasoning-{option}: {text!r} is not a time (write 90s, 10m or 1h)")
    return float(match[1]) * _SECONDS[match[2]]


def _lens(config: pytest.Config) -> bool:
    wanted = bool(setting(config, "lens"))
    if wanted:
        _refuse_workers(config, "lens", "a single process looks into the models")
    return wanted


def _distance(config: pytest.Config) -> int:
    number = _at_least_0(config, "distance")
    if number:
        _refuse_workers(config, "distance", "a single process looks into the models")
    if 0 < number < LEAST_STIMULI:
        raise pytest.UsageError(f"--reasoning-distance: {number} is too few (take at least {LEAST_STIMULI})")
    return number


def _refuse_workers(config: pytest.Config, name: str, why: str) -> None:
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(f"--reasoning-{name}: {why} (leave out -n)")


def _at_least_0(config: pytest.Config, name: str) -> int:
    number: int = setting(config, name)
    if number < 0:
        raise pytest.UsageError(f"--reasoning-{name}: {number} is too few (take at least 0)")
    return number


def _preview(config: pytest.Config) -> Literal["show-prompt", "plan"] | None:
    for name in PREVIEWS:
        if setting(config, name):
            _refuse_workers(config, name, "the preview needs a single process")
            return name
    return None


def _models_asked(config: pytest.Config) -> ModelsAsked:
    given = setting(config, "models-file")
    locked, write_lock = setting(config, "locked"), setting(config, "lock")
    if locked and write_lock:
        raise pytest.UsageError("--reasoning-lock and --reasoning-locked cannot be combined (leave one out)")
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
        recipe_from=setting(config, "recipe-from"),
        imatrix=setting(config, "imatrix"),
        made_folder=_made_folder(config),
        budget_bytes=_size(config, "quantize-budget"),
        makes_files=runs,
        downloads=not is_worker(config),
    )


def _engine_settings(config: pytest.Config) -> EngineSettings:
    warm = setting(config, "keep-warm")
    return EngineSettings(
        model=ModelSettings(
            threads=setting(config, "threads") or None,
            replicas=setting(config, "replicas") or None,
            mixed_machines=setting(config, "mixed-machines") or None,
            memory_bytes=_size(config, "memory") or None,
            gpu_layers=setting(config, "gpu-layers"),
        ),
        batching=setting(config, "batching"),
        timeout_s=setting(config, "timeout"),
        executor=_executor(config),
        keep_warm_s=_seconds(warm, "keep-warm") if warm else None,
        offline=setting(config, "offline"),
    )


def _executor(config: pytest.Config) -> str | None:
    address: str | None = setting(config, "executor")
    if address is None:
        return None
    if find_spec("ray") is None:
        raise pytest.UsageError("--reasoning-executor: Ray is not installed (pip install 'pytest-reasoning[ray]')")
    _refuse_workers(config, "executor", "requests are divided, not tests")
    return address


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
            f"--reasoning-store-size: {size_mb} MB is too small (use 1 or more, or --reasoning-store=off)"
        )
    if folder is None or folder == "off":
        return None
    return StoreSettings(folder=folder, max_bytes=size_mb * 1_000_000, refresh=setting(config, "refresh"))


def _made_folder(config: pytest.Config) -> Path:
    """Return the folder of quantized files: beside the response store, else in pytest's cache or our own."""
    store = setting(config, "store")
    if isinstance(store, Path):
        return store / MADE_FOLDER
    return (_pytest_cache(config) or cache_folder()) / MADE_FOLDER


def _pytest_cache(config: pytest.Config) -> Path | None:
    """Return the plugin's folder in pytest's cache, even if it cannot be made; None if the cache is disabled."""
    if not config.pluginmanager.has_plugin("cacheprovider") or config.cache is None:
        return None
    try:
        return config.cache.mkdir("reasoning")
    except OSError:  # whoever writes into it reports the error
        return Path(config.rootpath, config.getini("cache_dir"), "d", "reasoning")


def _pace_settings(config: pytest.Config) -> PaceSettings | None:
    rule, error, budget = setting(config, "stop"), setting(config, "stop-error"), setting(config, "time-budget")
    if not 0.0 < error < 1.0:
        raise pytest.UsageError(
            f"--reasoning-stop-error: {error:g} is not an error level (use one between 0 and 1)"
        )
    if rule == "off" and budget is None:
        return None
    if rule != "off" and setting(config, "baseline") is not None:
        raise pytest.UsageError(
            "--reasoning-stop: a comparison with a baseline needs every case (leave out one of the two options)"
        )
    return PaceSettings(
        stop=None if rule == "off" else StopSettings(rule=rule, error=error, order=_stop_order(config)),
        budget_s=None if budget is None else _seconds(budget, "time-budget"),
        budget=budget or "",
    )


def _sample(config: pytest.Config) -> SampleSettings | None:
    size = setting(config, "sample")
    if size is None:
        if setting(config, "history-report") is not None:
            raise pytest.UsageError("--reasoning-history-report: it sharpens a sample (add --reasoning-sample=N)")
        return None
    if size < 1:
        raise pytest.UsageError(f"--reasoning-sample: {size} cases tell nothing (take at least 1)")
    if setting(config, "stop") != "off":
        raise pytest.UsageError("--reasoning-sample: a sample is not stopped early (leave out --reasoning-stop)")
    if setting(config, "save-baseline") is not None:
        raise pytest.UsageError(
            "--reasoning-sample: a baseline is saved of whole suites (leave out one of the two options)"
        )
    return SampleSettings(size=size, seed=setting(config, "sample-seed"))


def _baseline_name(config: pytest.Config, option: str) -> str | None:
    """Return the name of a baseline; raises `UsageError` if it is an existing path that was meant to be tested."""
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


def _sign_key(config: pytest.Config) -> Path | None:
    key: Path | None = setting(config, "sign")
    if key is not None and setting(config, "json") is None and not config.option.collectonly:
        raise pytest.UsageError("--reasoning-sign: the JSON report is what is signed (add --reasoning-json=PATH)")
    return key


def _shard(config: pytest.Config) -> Shard | None:
    text: str | None = setting(config, "shard")
    if text is None:
        return None
    match = _SHARD.fullmatch(text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise pytest.UsageError(f"--reasoning-shard: {text!r} is not a part (write 1/4 to 4/4 for four parts)")
    refused = {
        "stop": (setting(config, "stop") != "off", "a shard does not know when a gate is settled (leave it out)"),
        "time-budget": (setting(config, "time-budget") is not None, "shards are judged as whole (leave it out)"),
        "save-baseline": (setting(config, "save-baseline") is not None, "a baseline is saved of whole suites"),
        "seed": (setting(config, "seed") == "fresh", "all shards must draw the same instances (give a number)"),
    }
    for name, (given, why) in refused.items():
        if given:
            raise pytest.UsageError(f"--reasoning-shard with --reasoning-{name}: {why}")
    runs = not (config.option.collectonly or any(setting(config, name) for name in PREVIEWS))
    if runs and setting(config, "json") is None:
        raise pytest.UsageError(
            f"--reasoning-shard: reports are what is merged (add --reasoning-json=shard-{index}.json)"
        )
    return Shard(index=index, count=count)


def _fresh_seed(config: pytest.Config) -> int | None:
    """Return the seed of fresh instances; for `fresh`, one is drawn once per run."""
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
    """Return the seed of the random order that `anytime` runs cases in: the given one, else a new one per run."""
    given: int | None = setting(config, "stop-order")
    if given is not None:
        return given
    # All workers of one pytest-xdist run must use the same order.
    run: str | None = getattr(config, "workerinput", {}).get("testrunuid")
    if run is None:
        return secrets.randbelow(MOST_SEED)
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:8], "big") % MOST_SEED
