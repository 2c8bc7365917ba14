"""The results in GitHub Actions: the job summary, and an annotation for each gate or comparison that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_reasoning.report.results import Results
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.text.wording import printable

_MOST = 10
"GitHub shows at most this many error annotations per step."


def append_job_summary(results: Results, environment: Mapping[str, str], warn: Callable[[str], None]) -> list[str]:
    """Append the summary to the file that GitHub's environment names; return the annotations to print.

    Args:
        results: the report document.
        environment: the process's environment variables.
        warn: called with each warning.
    """
    target = environment.get("GITHUB_STEP_SUMMARY")
    if target and results.outcomes:
        from pytest_reasoning.report.markdown import markdown_report

        try:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(valid_text(markdown_report(results)))
        except OSError as error:
            warn(f"GITHUB_STEP_SUMMARY: cannot write {target}: {error.strerror}")
        except Exception as error:  # A fault in the summary must not stop the end of the run.
            warn(f"GITHUB_STEP_SUMMARY: cannot make it: {printable(f'{type(error).__name__}: {error}')}")
    return github_annotations(results) if environment.get("GITHUB_ACTIONS") == "true" else []


def github_annotations(results: Results) -> list[str]:
    """Return one workflow command per gate or comparison that did not pass."""
    found = [
        _command("error", gate.nodeid.split("::")[0], f"reasoning: {gate.nodeid}", gate.reason)
        for gate in results.gates
        if gate.verdict in ("failed", "error", "undecided")
    ]
    found += [
        _command("error", "", f"reasoning: regression of {one.name} [{one.model}]", one.reason)
        for one in results.comparisons
        if one.verdict == "failed"
    ]
    return found[:_MOST]


def _command(level: str, file: str, title: str, message: str) -> str:
    place = f"file={_property(file)}," if file else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
