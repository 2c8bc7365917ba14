"""Baselines from option to file: `--reasoning-save-baseline`, `-baseline`, `-margin` and `-certify`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.records import Cell, cell_of
from pytest_reasoning.report import comparison_summary
from pytest_reasoning.session.certify import Certificate, Witness
from pytest_reasoning.session.items.comparison import Comparisons
from pytest_reasoning.session.options import setting
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.session.run import Run
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import (
    ComparisonSettings,
    NoiseFloor,
    baseline_of,
    baseline_path,
    read_baseline,
    save_baseline,
    short_cell,
)

if TYPE_CHECKING:
    from pytest_reasoning.report import Recorder

_WORKER = "reasoning_baselines"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselinesAsked:
    """What the options of a run ask for."""

    comparisons: Comparisons | None
    witness: Witness | None
    "There if every answer is to be certified."
    save_to: Path | None


def baselines_asked(config: pytest.Config) -> BaselinesAsked:
    """Read the options, and the baseline to compare with.

    Raises:
        ReasoningError: a name or the margin makes no sense, or the baseline cannot be read.
    """
    margin = setting(config, "margin")
    if margin is not None and not 0 < margin < 1:
        raise ReasoningError(
            f"--reasoning-margin: {margin:g} is no drop of a pass rate (take one between 0 and 1, such as 0.05)"
        )
    name, save_as = _name(config, "baseline"), _name(config, "save-baseline")
    comparisons = None
    if name is not None:
        settings = ComparisonSettings(confidence=setting(config, "confidence") or 0.95, margin=margin)
        comparisons = Comparisons(name, read_baseline(baseline_path(config.rootpath, name)), settings)
    return BaselinesAsked(
        comparisons=comparisons,
        witness=Witness() if setting(config, "certify") else None,
        save_to=None if save_as is None else baseline_path(config.rootpath, save_as),
    )


class BaselineHooks:
    """What a run has to say and to keep for later runs."""

    def __init__(self, config: pytest.Config, run: Run, recorder: Recorder, save_to: Path | None) -> None:
        """Take the run, what gathers its results, and the file to save it in."""
        self._config = config
        self._run = run
        self._recorder = recorder
        self._save_to = save_to
        self._complete: set[Cell] = set()
        self._noise: dict[str, NoiseFloor] = {}
        self._lines: list[str] = []
        self._trouble: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what cannot be compared because the baseline does not know it."""
        comparisons = self._run.comparisons
        if comparisons is None or not comparisons.missing:
            return []
        missing = [str(cell) for cell in comparisons.missing]
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return [
            f"reasoning: baseline {comparisons.name} (of {printable(', '.join(comparisons.models) or 'no model')}) "
            f"does not hold {printable(', '.join(missing[:3]))}{more}: not compared"
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Tell the comparisons which of them were selected."""
        if self._run.comparisons is not None:
            self._run.comparisons.take(session.items)

    @pytest.hookimpl(wrapper=True, trylast=True)  # before the summary is written
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Generator[None, object, object]:
        """Certify while the run can still start engines; save when all its costs and facts are known."""
        if exitstatus != pytest.ExitCode.INTERRUPTED:
            self._certify()
        self._complete.update(Cell(*names) for names in self._run.complete_groups())
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_WORKER] = {
                "complete": sorted(self._complete),
                "noise": {model: asdict(floor) for model, floor in self._noise.items()},
                "lines": self._lines,
                "trouble": self._trouble,
            }
        result = yield
        if output is None:
            self._save()
            if self._trouble:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        return result

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what an xdist worker has found."""
        output = getattr(node, "workeroutput", {}).get(_WORKER, {})
        self._complete.update(Cell(*names) for names in output.get("complete", ()))
        self._noise.update({model: NoiseFloor(**floor) for model, floor in output.get("noise", {}).items()})
        self._lines += output.get("lines", [])
        self._trouble += output.get("trouble", [])

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write how the comparisons ended, what was certified and what was saved."""
        comparisons = self._run.comparisons
        lines = list(self._lines)
        if comparisons is not None:
            results = self._recorder.results(self._run.models)
            own = {nodeid: one for nodeid, one in results.comparisons.items() if not one.against}
            lines = [*comparison_summary(own, comparisons.name), *lines]
        for line in lines:
            terminalreporter.write_line(line)
        for line in self._trouble:
            terminalreporter.write_line(f"ERROR: {line}", red=True)

    def _certify(self) -> None:
        for model, found in self._run.certificates():
            if isinstance(found, Certificate):
                self._noise[model] = found.floor
                self._lines.append(f"certified {printable(model)}: {found}")
            else:
                self._trouble.append(f"{printable(model)} cannot be certified: {printable(str(found))}")

    def _save(self) -> None:
        if self._save_to is None:
            return
        results = self._recorder.results(self._run.models)
        if not results.outcomes:
            return
        measured = {outcome.model for outcome in results.outcomes}
        run = baseline_of(
            results.outcomes,
            facts={
                model.name: provenance(
                    model, results.usage[model.name].engine if model.name in results.usage else {}
                )
                for model in results.models
                if model.name in measured
            },
            noise=self._noise,
        )
        errors = {(cell_of(one), one.case) for one in results.outcomes if one.status == "error"}
        try:
            line = save_baseline(
                self._save_to, run, complete={short_cell(cell) for cell in self._complete}, left_out=len(errors)
            )
        except ReasoningError as error:
            self._trouble.append(str(error))
            return
        self._lines.append(line.replace(str(self._save_to), _shown(self._save_to, self._config)))


def _name(config: pytest.Config, option: str) -> str | None:
    """Return the name of a baseline, if it cannot be a path that was meant to be tested."""
    name: str | None = setting(config, option)
    here, words = config.invocation_params.dir, config.invocation_params.args
    for before, word in pairwise(words):
        if before == f"--reasoning-{option}" and word == name and (here / word.partition("::")[0]).exists():
            raise ReasoningError(
                f"--reasoning-{option}: took {word!r} as the name of a baseline "
                f"(put the path first, or write --reasoning-{option}=default {word})"
            )
    return name


def _shown(path: Path, config: pytest.Config) -> str:
    folder = config.invocation_params.dir
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
