"""Every option of the plugin, declared once: `--reasoning-NAME` has the ini key `reasoning_name`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pytest

PREFIX = "reasoning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: an option on the command line and a key in the ini file."""

    name: str
    "With dashes, as on the command line."
    help: str
    kind: Literal["text", "list", "int", "float", "path", "choice", "flag"] = "text"
    "A `list` is separated by commas on the command line, and by commas or white space in the ini file."
    default: Any = None
    choices: tuple[str, ...] = ()
    "The values that a `choice` accepts; for a `path`, the words that are not taken as a path, such as `off`."
    metavar: str | None = None
    bare: str | None = None
    "For a `text`: the value of the option when it is given without one; None if a value is required."

    @property
    def dest(self) -> str:
        """The ini key, and the attribute of `config.option`."""
        return f"{PREFIX}_{self.name.replace('-', '_')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """Options that `--help` shows together."""

    name: str
    about: str
    options: tuple[Option, ...]


_MODELS = (
    Option(
        name="models",
        kind="list",
        default=(),
        metavar="NAMES",
        help="models to run the reasoning suites against, separated by commas: names of the models file, "
        "embedded models (nano, small, …), paths or globs of GGUF files, package:NAME, hf:USER/REPO:QUANT, "
        "endpoint:URL, completions:PATH; nothing is loaded or downloaded unless named here",
    ),
    Option(
        name="models-file",
        kind="path",
        metavar="PATH",
        help="YAML file that names this project's models (default: reasoning-models.yaml beside the ini file)",
    ),
    Option(
        name="offline",
        kind="flag",
        default=False,
        help="use no network: models and data sets of the hub must be in the cache, and endpoints on this machine",
    ),
    Option(
        name="lock",
        kind="flag",
        default=False,
        help="write the revision, files, sizes and hashes of each named model to reasoning-models.lock",
    ),
    Option(
        name="locked",
        kind="flag",
        default=False,
        help="refuse every model that does not match its entry in reasoning-models.lock exactly",
    ),
)
_QUANTIZING = (
    Option(
        name="quantize",
        kind="list",
        default=(),
        metavar="TYPES",
        help="quantize each named GGUF file of F16, BF16 or F32 with llama.cpp and run the variants beside it, as "
        "small@Q4_K_M: types separated by commas, such as Q8_0,Q4_K_M; recipe:4.5bpw is a mix of types that keeps "
        "the blocks higher which lose answers (--reasoning-recipe-from)",
    ),
    Option(
        name="imatrix",
        kind="path",
        metavar="PATH",
        help="importance matrix to quantize with, as llama-imatrix writes it; one that the models file names "
        "for a model is used instead",
    ),
    Option(
        name="quantize-budget",
        default="50GB",
        metavar="SIZE",
        help="disk space for quantized files, such as 20GB; when it is full, the least recently used are deleted "
        "(default 50GB)",
    ),
    Option(
        name="culprits",
        kind="flag",
        default=False,
        help="for every case that a quantized variant loses, find the block that loses it: the first after which "
        "the reference's residual stream, written into the variant, brings the reference's token back",
    ),
    Option(
        name="recipe-from",
        kind="path",
        metavar="PATH",
        help="for --reasoning-quantize=recipe:4.5bpw: the JSON report of a run with --reasoning-culprits; the "
        "blocks that lost answers there get a higher type, and cases asked there are left out of this run",
    ),
    Option(
        name="kl",
        kind="choice",
        default="on",
        choices=("on", "off"),
        help="measure the divergence of quantized variants from their reference: re-evaluates the reference's "
        "completions with both models and compares the next-token probabilities (default on)",
    ),
)
_SUITES = (
    Option(
        name="suites",
        kind="list",
        default=(),
        metavar="NAMES",
        help="suites of the library that comes with the package to run, separated by commas: core, all, a suite's "
        "name or a tag, in Portuguese core/pt; on the command line and without a path nothing else is collected",
    ),
    Option(
        name="files",
        kind="list",
        default=("cases/*.yaml", "cases/*.yml", "reasoning_*.yaml", "reasoning_*.yml"),
        metavar="GLOBS",
        help="globs of the YAML files that are suites, relative to any folder below the root",
    ),
    Option(
        name="allow-outside",
        kind="flag",
        help="let suites include files and take rows from files outside pytest's root folder",
    ),
    Option(
        name="limit",
        kind="int",
        metavar="N",
        help="run at most N cases of each suite, spread over it, for a quick look: what ran is a part then, which "
        "no gate judges; -k chooses first, and fresh instances are counted apart",
    ),
    Option(
        name="seed",
        metavar="fresh|N",
        help="draw new instances for suites that generate theirs, and report the contamination gap: the pass rate "
        "on the suite's own instances minus that on the new ones. fresh: take a new seed in each run, which the "
        "header shows; N: take seed N. Gates judge the suite's own instances alone",
    ),
    Option(
        name="sample",
        kind="int",
        metavar="N",
        help="run N random cases of each suite; gates then judge the interval of the pass rate over all its cases, "
        "sharpened by what an earlier run answered (--reasoning-history-report, or the baseline in use)",
    ),
    Option(
        name="sample-seed",
        kind="int",
        default=0,
        metavar="SEED",
        help="draw the cases of --reasoning-sample from this seed (default 0: the same ones in each run)",
    ),
    Option(
        name="shard",
        metavar="I/N",
        help="run part I of N (2/4): each case, with all its models and strategies, belongs to one part by a hash "
        "of its suite and id; gates, comparisons and expectations are judged by `pytest-reasoning report` when the "
        "JSON reports of all parts are merged",
    ),
    Option(
        name="history-report",
        kind="path",
        metavar="PATH",
        help="JSON report of an earlier run, of the same or a related model over whole suites, that sharpens what "
        "--reasoning-sample tells of the cases that are not run",
    ),
    Option(
        name="show-prompt",
        kind="flag",
        default=False,
        help="show the prompts of the selected cases exactly as the models would read them, and run nothing",
    ),
    Option(
        name="plan",
        kind="flag",
        default=False,
        help="run nothing: show for each selected gate what it would ask, in all stages, expected tokens and time, "
        "and what it can detect; a model whose speed nothing tells yet is probed for ten seconds",
    ),
    Option(
        name="plan-from",
        kind="path",
        metavar="REPORT",
        help="for --reasoning-plan: take lengths of answers and speeds from this JSON report of an earlier run",
    ),
    Option(
        name="schema",
        kind="flag",
        default=False,
        help="print the JSON Schema of suite files, with what conftest.py and plugins add to them, and run nothing",
    ),
)
_RUNNING = (
    Option(
        name="batching",
        kind="choice",
        default="reproducible",
        choices=("reproducible", "fast", "pinned"),
        help="reproducible (default): a case's answer does not depend on what else runs; fast: batches are mixed, "
        "so greedy answers may change with the selection, but a GPU is many times faster; pinned: gives each case "
        "a slot of its own, to keep the bits on a GPU with many cases at a time (not yet measured on a GPU)",
    ),
    Option(
        name="timeout",
        kind="float",
        metavar="SECONDS",
        help="time limit of one completion in seconds; beyond it the case is an error (default: no limit, but a "
        "model that produces nothing for 10 minutes counts as hung, and so does a server far slower than before)",
    ),
    Option(
        name="threads",
        kind="int",
        default=0,
        metavar="N",
        help="CPU threads of llama.cpp (default 0: the physical cores this process may use)",
    ),
    Option(
        name="replicas",
        kind="int",
        default=0,
        metavar="N",
        help="processes that answer for each model, each with a part of its requests; they divide cores and memory "
        "among them, and with several GPUs each has one (default 0: as the models file says, else 1)",
    ),
    Option(
        name="mixed-machines",
        kind="flag",
        default=False,
        help="let the processes of a model run on different classes of machine, between which the last bits of "
        "answers may differ; reports say so (default: an error)",
    ),
    Option(
        name="executor",
        metavar="ray|auto|ADDRESS",
        help="run the models on the nodes of a Ray cluster, each replica as an actor: ray starts a cluster on this "
        "machine, auto takes the one that this machine belongs to, ray://HOST:PORT or HOST:PORT is another "
        "(default: processes of this machine; pip install 'pytest-reasoning[ray]')",
    ),
    Option(
        name="keep-warm",
        metavar="TIME",
        help="keep each model loaded for so long after its last run, such as 5m, so that the next run with the "
        "same settings need not load it; pytest-reasoning warm lists and stops them (default: not beyond the run)",
    ),
    Option(
        name="memory",
        metavar="SIZE",
        help="memory limit of a model's KV cache, such as 8GB (default: a quarter of what is free at loading)",
    ),
    Option(
        name="gpu-layers",
        kind="int",
        metavar="N",
        help="layers to put on the GPU (default: all of them where llama.cpp has a GPU; 0: none)",
    ),
    Option(
        name="store",
        kind="path",
        choices=("off",),
        metavar="DIR|off",
        help="folder of the response store, which answers unchanged requests without running a model "
        "(default: in pytest's cache folder); off: generate every completion",
    ),
    Option(
        name="store-size",
        kind="int",
        default=512,
        metavar="MB",
        help="size limit of the response store in MB; when it is full, the least recently used completions are "
        "deleted (default 512)",
    ),
    Option(
        name="refresh",
        kind="flag",
        default=False,
        help="generate every completion again and replace those in the response store",
    ),
)
_JUDGING = (
    Option(
        name="confidence",
        kind="float",
        metavar="LEVEL",
        help="judge gates by the confidence interval of the pass rate at this level, such as 0.95: passed, failed "
        "or undecided (default: by the pass rate itself, or as the suite says)",
    ),
    Option(
        name="interval",
        kind="choice",
        default="wilson",
        choices=("wilson", "clopper-pearson", "jeffreys"),
        help="kind of confidence interval that gates are judged by and reports show (default wilson)",
    ),
    Option(
        name="undecided",
        kind="choice",
        default="fail",
        choices=("fail", "pass"),
        help="what an undecided gate counts as (default fail)",
    ),
    Option(
        name="stop",
        kind="choice",
        default="off",
        choices=("off", "certain", "anytime", "auto"),
        help="leave out cases that a gate no longer needs. certain: whatever their outcomes, the verdict stays; "
        "anytime: a sequential test decides, which is wrong at most as often as the error level says; "
        "auto: the same error level with sharper tests, and few requests at a time where the model is slow "
        "(default off)",
    ),
    Option(
        name="stop-error",
        kind="float",
        default=0.05,
        metavar="LEVEL",
        help="for --reasoning-stop=anytime and auto: the error level, the greatest chance per gate of a verdict "
        "that differs from the whole suite's (default 0.05)",
    ),
    Option(
        name="stop-order",
        kind="int",
        metavar="N",
        help="for --reasoning-stop=anytime and auto: run the cases in random order number N (default: a new order "
        "in each run; the reason of a gate that stopped early names its number)",
    ),
    Option(
        name="time-budget",
        metavar="TIME",
        help="start no case after TIME (90s, 10m, 1h); the most informative gates run first, and the summary says "
        "what was left out",
    ),
)
_COMPARING = (
    Option(
        name="baseline",
        default=None,
        bare="default",
        metavar="NAME",
        help="compare with baseline NAME (default: default), or with several earlier runs pooled as one "
        "(NAME,NAME or 'nightly-*'): adds one test per suite, strategy and model, which fails if the answers got "
        "worse by more than chance",
    ),
    Option(
        name="save-baseline",
        default=None,
        bare="default",
        metavar="NAME",
        help="save every case's answer as baseline NAME (default: default), a text file to commit, below "
        ".reasoning/baselines/",
    ),
    Option(
        name="margin",
        kind="float",
        metavar="DROP",
        help="largest drop of the pass rate below the baseline that you accept, such as 0.05: a comparison passes "
        "only if a larger drop is ruled out; it holds for quantized variants too (0.05 for them if not given)",
    ),
    Option(
        name="across-prompts",
        kind="flag",
        default=False,
        help="judge comparisons with a baseline even where the prompt, scorer or sampling has changed since "
        "(default: show both pass rates and the test, but judge nothing)",
    ),
    Option(
        name="evidence",
        kind="choice",
        default="off",
        choices=("off", "log-probability"),
        help="log-probability: measure how likely each target is right after its prompt too, keep it in reports "
        "and baselines, and test against a baseline whether it drifted; a drift fails nothing unless a suite says "
        "`evidence: {drift: fail}` (default off, but suites may ask for it)",
    ),
    Option(
        name="lens",
        kind="flag",
        default=False,
        help="look into each GGUF model after the run: how likely the target of a case is after each block (logit "
        "lens), in right and wrong answers apart; only cases that are asked directly",
    ),
    Option(
        name="lens-skips",
        kind="int",
        default=0,
        metavar="N",
        help="with --reasoning-lens: for N cases of each suite, measure too how much less likely the target is "
        "if one block is left out; this takes as many evaluations of a prompt as there are blocks (default 0)",
    ),
    Option(
        name="distance",
        kind="int",
        default=0,
        metavar="N",
        help="measure after the run how far apart the GGUF models lay out what each suite is about, by up to N "
        "stimuli drawn from what the suite generates; each is four questions, in both languages for suites of the "
        "library (default 0)",
    ),
    Option(
        name="certify",
        kind="flag",
        default=False,
        help="run every request again in reverse order, with another batch width and another number of threads, "
        "and where a model has replicas by another of them, and report whether the completions are identical",
    ),
)
_REPORTS = (
    Option(
        name="show",
        kind="choice",
        default="failures",
        choices=("failures", "all", "none"),
        help="which cases the summary names: some of each failed gate (the default), all that were not "
        "correct, or none",
    ),
    Option(
        name="scaling",
        kind="choice",
        default="auto",
        choices=("auto", "on", "off"),
        help="analyze pass rates against model size; auto (default): only with four or more sizes",
    ),
    Option(
        name="json",
        kind="path",
        metavar="PATH",
        help="write every outcome and gate to PATH as JSON",
    ),
    Option(
        name="sign",
        kind="path",
        metavar="KEY",
        help="sign the JSON report with this SSH key, by ssh-keygen; the signature is written beside it, and "
        "pytest-reasoning audit checks it",
    ),
    Option(
        name="html",
        kind="path",
        metavar="PATH",
        help="write one self-contained page to PATH: pass rates, curves against size, and every case with its "
        "prompt and completions, rewritten while the run goes on (needs matplotlib: pip install "
        "'pytest-reasoning[html]'; its charts are interactive with 'pytest-reasoning[charts]')",
    ),
    Option(
        name="markdown",
        kind="path",
        metavar="PATH",
        help="write a summary to PATH as Markdown; in GitHub Actions the job summary gets it without this option",
    ),
    Option(
        name="gitlab",
        kind="path",
        metavar="PATH",
        help="write what failed to PATH as a code-quality report of GitLab (JSON)",
    ),
    Option(
        name="history",
        kind="path",
        metavar="PATH",
        help="append the results of this run to PATH, an SQLite file that `pytest-reasoning history` shows",
    ),
    Option(
        name="table",
        kind="path",
        metavar="PATH",
        help="write a table with one row per outcome to PATH, which ends in .csv or .parquet",
    ),
)
GROUPS = (
    OptionGroup(name="models", about="which models run", options=_MODELS),
    OptionGroup(name="quantizing", about="quantized variants of the models", options=_QUANTIZING),
    OptionGroup(name="suites", about="which suites run, and what is asked", options=_SUITES),
    OptionGroup(name="running", about="how models are run, and which answers are kept", options=_RUNNING),
    OptionGroup(name="judging", about="how gates are judged, and which cases they may leave out", options=_JUDGING),
    OptionGroup(name="comparing", about="comparisons with earlier runs and with other models", options=_COMPARING),
    OptionGroup(name="reports", about="what a run shows and writes", options=_REPORTS),
)
OPTIONS = tuple(option for group in GROUPS for option in group.options)
_BY_NAME = {option.name: option for option in OPTIONS}


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and its ini key."""
    for group in GROUPS:
        shown = parser.getgroup(f"{PREFIX}-{group.name}", f"{PREFIX}, {group.name}: {group.about}")
        for option in group.options:
            how: dict[str, Any] = {"metavar": option.metavar}
            if option.kind == "choice":
                how["choices"] = option.choices
            elif option.kind == "flag":
                how = {"action": "store_const", "const": "true"}
            elif option.bare is not None:
                how |= {"nargs": "?", "const": option.bare}
            shown.addoption(
                f"--{PREFIX}-{option.name}",
                dest=option.dest,
                default=None,
                help=f"{option.help} (ini: {option.dest})",
                **how,
            )
            parser.addini(option.dest, help=option.help, default=None)


def setting(config: pytest.Config, name: str) -> Any:
    """Return the value of option `name` from the command line, else from the ini file, else its default.

    Raises `pytest.UsageError` for a value of the wrong kind; the message names where it was given.
    """
    option = _BY_NAME[name]
    given, source = config.getoption(option.dest), f"--{PREFIX}-{option.name}"
    if given is None:
        given, source = config.getini(option.dest), f"ini {option.dest}"
    if given is None or given == "":
        return option.default
    return _parsed(option, given, source, config)


def _parsed(option: Option, given: str | list[str], source: str, config: pytest.Config) -> Any:
    import pytest

    if option.kind == "list":
        text = given if isinstance(given, str) else ",".join(given)
        separated = text if source.startswith("--") else ",".join(text.split())
        return tuple(part.strip() for part in separated.split(",") if part.strip())
    text = str(given)
    if option.kind == "path":
        if text in option.choices:
            return text
        from pytest_reasoning.text.errors import ReasoningError
        from pytest_reasoning.text.files import home_expanded

        base = config.invocation_params.dir if source.startswith("--") else config.rootpath
        try:
            return base / home_expanded(text)
        except ReasoningError as error:
            raise pytest.UsageError(f"{source}: {error}") from None
    if option.kind == "choice" and text not in option.choices:
        raise pytest.UsageError(f"{source}: {text!r} is not one of {', '.join(option.choices)}")
    if option.kind == "flag":
        return _flag(text, source)
    if option.kind in ("int", "float"):
        try:
            return int(text) if option.kind == "int" else float(text)
        except ValueError:
            raise pytest.UsageError(f"{source}: {text!r} is not a number") from None
    return text


def _flag(text: str, source: str) -> bool:
    import pytest

    value = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in value:
        raise pytest.UsageError(f"{source}: {text!r} is not true or false")
    return value[text.lower()]
