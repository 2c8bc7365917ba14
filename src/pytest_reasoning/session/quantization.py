"""Quantised variants from option to report: what references write is noted, and variants are led along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reasoning.report import comparison_summary, quantization_summary
from pytest_reasoning.session.certify import Witness
from pytest_reasoning.session.fidelity import measure, written_rows
from pytest_reasoning.session.options import setting
from pytest_reasoning.session.run import Run
from pytest_reasoning.verdict.quantization import QuantizationSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_reasoning.records import ModelFacts
    from pytest_reasoning.report import Recorder

_WORKER = "reasoning_written"


def reference_witness(config: pytest.Config, models: Sequence[ModelFacts]) -> Witness | None:
    """Return what listens to the references of the variants among the models; None if none shall be measured."""
    names = {model.name for model in models}
    references = {model.variant_of for model in models if model.variant_of in names}
    if not references or setting(config, "kl") == "off":
        return None
    return Witness({name for name in references if name is not None})


class QuantizationHooks:
    """Measures and shows what a run with variants has to say of them."""

    def __init__(self, config: pytest.Config, run: Run, recorder: Recorder, warn: Callable[[str], None]) -> None:
        """Take the run, what gathers its results, and who is told what could not be measured."""
        self._config = config
        self._run = run
        self._recorder = recorder
        self._warn = warn
        self._written: dict[str, list[Mapping[str, Any]]] = {}
        recorder.quantization_settings = QuantizationSettings(
            margin=setting(config, "margin") or QuantizationSettings().margin,
            confidence=setting(config, "confidence") or QuantizationSettings().confidence,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Tell the comparisons between models which of them were selected."""
        if self._run.model_comparisons is not None:
            self._run.model_comparisons.take(session.items)

    @pytest.hookimpl(tryfirst=True)  # before the reports are written
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Lead the variants along what their references wrote; a worker hands that on to its controller."""
        witness = self._run.reference_witness
        if witness is None:
            return
        for model, seen in witness.seen.items():
            self._written.setdefault(model, []).extend(written_rows(seen))
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_WORKER] = self._written
        elif exitstatus != pytest.ExitCode.INTERRUPTED and self._written:
            results = self._recorder.measured(self._run.models)
            found, trouble = measure(self._run, results.models, self._written, results.outcomes)
            self._recorder.add_divergences(found)
            for line in trouble:
                self._warn(line)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what references wrote in an xdist worker."""
        for model, rows in getattr(node, "workeroutput", {}).get(_WORKER, {}).items():
            self._written.setdefault(model, []).extend(rows)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the quantisation report."""
        results = self._recorder.measured(self._run.models)
        compared = {nodeid: one for nodeid, one in results.comparisons.items() if one.against}
        for line in comparison_summary(compared):
            terminalreporter.write_line(line)
        document = getattr(self._config.pluginmanager.get_plugin("reasoning-run"), "results", None)
        found = document.quantization if document is not None else ()
        if not found:
            return
        writer = self._config.get_terminal_writer()
        text = quantization_summary(
            found,
            width=writer.fullwidth,
            color=writer.hasmarkup,
            plain=not writer.hasmarkup,
            quiet=terminalreporter.verbosity < 0,
        )
        terminalreporter.write_line(text)
