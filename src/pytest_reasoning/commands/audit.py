"""`pytest-reasoning audit`: runs a random part of a report again, and compares the answers bit by bit."""

from __future__ import annotations

import argparse
import io
import math
import os
import random
import secrets
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from pytest_reasoning.commands.of_run import add_root, suite_path
from pytest_reasoning.commands.quiet_run import MEASURED, Quiet
from pytest_reasoning.library import file_of
from pytest_reasoning.models import MODELS_FILE_NAME, load_models_file, resolve
from pytest_reasoning.records import Endpoint, Model
from pytest_reasoning.report import Results, read_results
from pytest_reasoning.report.audit import AskedCase, Audit, audit_of, auditable, case_of, gate_differences
from pytest_reasoning.report.results import ReportedModel
from pytest_reasoning.report.signatures import signature_path, signer_of
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import is_there
from pytest_reasoning.text.wording import counted, printable

SAME, DIFFERENT, CANNOT = 0, 1, 2
_MOST_NAMED = 5
_MOST_SEED = 1_000_000
_UNSET = (
    "baseline", "save_baseline", "limit", "sample", "sample_seed", "history_report", "history", "html", "markdown",
    "gitlab", "table", "shard", "seed", "stop", "time_budget", "certify", "lens", "plan", "show_prompt", "suites",
    "distance", "refresh", "quantize", "evidence", "lock", "locked", "sign",
)  # fmt: skip
"Ini keys of the project that must not decide what is run again."


class OnlyChosen:
    """Keeps the chosen cases: no gate judges a part."""

    def __init__(self, chosen: Collection[AskedCase], reported: Mapping[str, str]) -> None:
        """Take the cases, and the name in the report of each model of this run."""
        self._chosen = chosen
        self._reported = reported

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out everything else."""
        items[:] = [item for item in items if isinstance(item, CaseItem) and self._asked(item) in self._chosen]

    def _asked(self, item: CaseItem) -> AskedCase:
        model = self._reported.get(item.model.name, "")
        return AskedCase(model, item.case.suite, item.strategy, item.case.id)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="written by --reasoning-json")
    parser.add_argument(
        "--fraction", type=_fraction, default=0.01, metavar="SHARE",
        help="share of the cases to run again, above 0 up to 1 (default 0.01)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, metavar="N", help="choose the cases by this number (default: a new one, which is shown)"
    )
    parser.add_argument(
        "--models", default="", metavar="NAMES",
        help="the report's models on this machine, separated by commas (default: as the report names them)",
    )  # fmt: skip
    parser.add_argument(
        "--signers", type=Path, metavar="FILE",
        help="trusted keys (ssh-keygen's ALLOWED SIGNERS): the report must be signed with one of them",
    )  # fmt: skip
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Run the cases and say what was found: 0 if all is the same, 1 if not, 2 if something could not be compared.

    Raises:
        ReasoningError: the report cannot be read or its signature not be trusted, or none of its models is at hand.
    """
    if options.signers is not None or signature_path(options.report).is_file():
        print(signer_of(options.report, options.signers))
    before = read_results(options.report)
    root = options.root.resolve()
    given = [str(Path(name).absolute()) if Path(name).is_file() else name for name in _listed(options.models)]
    found, missing = _at_hand(before.models, given, root)
    for line in missing:
        print(printable(line))
    cases = auditable(before, found)
    if not cases:
        raise ReasoningError(f"{options.report}: no answer of it can be checked here (give its models by --models)")
    seed = secrets.randbelow(_MOST_SEED) if options.seed is None else options.seed
    count = math.ceil(options.fraction * len(cases))
    chosen = frozenset(random.Random(seed).sample(cases, count))
    with tempfile.TemporaryDirectory() as folder, _inside(root):
        report = Path(folder, "again.json")
        reported = {model.name: name for name, (_, model) in found.items()}
        references = [reference for reference, _ in found.values()]
        said = io.StringIO()
        with redirect_stdout(said):  # of a part, pass rates would mislead
            status = _run_again(before, chosen, references, reported, root, report)
        if status not in MEASURED:
            print(said.getvalue(), file=sys.stderr)
            raise ReasoningError("the cases could not be run again (see above)")
        now = read_results(report)
    audit = audit_of(before, now, chosen, {name: model.name for name, (_, model) in found.items()})
    return _told(audit, before, seed)


def _told(audit: Audit, before: Results, seed: int) -> int:
    """Print what was found, and return the exit status."""
    total = len(before.outcomes) + len(before.fresh)
    again = f"{audit.compared:,} of {counted(total, 'outcome')} re-run"
    for line in audit.unchecked[:_MOST_NAMED]:
        print(f"Not compared: {line}")
    if len(audit.unchecked) > _MOST_NAMED:
        print(f"Not compared: {counted(len(audit.unchecked) - _MOST_NAMED, 'more case')}")
    if not audit.differences:
        print(f"{again}, all the same bits." if audit.compared else f"{again}: nothing could be compared.")
        return CANNOT if audit.unchecked else SAME
    print(f"{again}, {counted(len(audit.differences), 'difference')} (again with --seed={seed}); the first:")
    print(audit.differences[0])
    if audit.environment:
        for line in audit.environment:
            print(f"Differs between the machines: {line}")
    elif len(audit.differences) > len(gate_differences(before)):
        print("Nothing that is known to change answers differs between the machines.")
    return DIFFERENT


def _at_hand(
    reported: Sequence[ReportedModel], given: Sequence[str], root: Path
) -> tuple[dict[str, tuple[str, Model]], list[str]]:
    """Return the models of a report that are on this machine, and a line for each other one.

    Each is looked for by the names that the user gives, its name and its reference; the file's hash decides.

    Returns:
        By name in the report: what `--reasoning-models` takes, and the model here.
    """
    path = root / MODELS_FILE_NAME
    file = load_models_file(path) if is_there(path) else None
    found: dict[str, tuple[str, Model]] = {}
    missing = []
    for model in reported:
        others = 0
        for reference in (*given, model.name, model.reference):
            try:
                here = resolve((reference,), root, models_file=file, offline=True, downloads=False)
            except ReasoningError:
                continue
            same = [one for one in here if not isinstance(one, Endpoint) and one.sha256 == model.sha256]
            if same:
                found[model.name] = reference, same[0]
                break
            others += len(here)
        if model.name not in found:
            why = "another file of that name is here" if others else "it is not on this machine"
            if not model.sha256:
                why = "what a server answers has no hash"
            missing.append(f"model '{model.name}' is not audited: {why}")
    return found, missing


def _run_again(
    before: Results,
    chosen: Collection[AskedCase],
    references: Sequence[str],
    reported: Mapping[str, str],
    root: Path,
    report: Path,
) -> int:
    """Ask the cases again, as a run of the project would, but never the store; return pytest's exit status."""
    own = [one for one in (*before.outcomes, *before.fresh) if case_of(one) in chosen]
    files = sorted({one.nodeid.partition("::")[0] for one in own})
    library = [Path(file).stem for file in files if file_of(file) is not None]
    paths = []
    for file in files:
        if file_of(file) is None:
            try:
                paths.append(suite_path(root, file))
            except ReasoningError as error:
                print(printable(str(error)), file=sys.stderr)
    environment = before.environment
    arguments = [
        *map(str, paths), "-qq", "--no-header", "--no-summary", "--tb=no", f"--rootdir={root}",
        "-p", "no:cacheprovider", "-o", "addopts=",
        *(part for key in _UNSET for part in ("-o", f"reasoning_{key}=")),
        f"--reasoning-models={','.join(dict.fromkeys(references))}", f"--reasoning-json={report}",
        "--reasoning-store=off", "--reasoning-show=none", "--reasoning-scaling=off", "--reasoning-kl=off",
        "--reasoning-offline", f"--reasoning-batching={environment.get('batching') or 'reproducible'}",
        *([f"--reasoning-suites={','.join(library)}"] if library else []),
        *([f"--reasoning-seed={before.seed}"] if before.fresh else []),
        *(["--reasoning-evidence=log-probability"] if any(one.target_logprob is not None for one in own) else []),
    ]  # fmt: skip
    if not paths and not library:
        raise ReasoningError("none of the suites is here (name the run's root folder by --root)")
    return int(pytest.main(arguments, plugins=[Quiet(), OnlyChosen(chosen, reported)]))


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Stand in a folder: names of models and node ids are relative to it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share (take one above 0 up to 1, such as 0.01)")
    return value
