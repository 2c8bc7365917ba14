"""Results → terminal summary, progress line and JSON: text is returned, never printed."""

from pytest_reasoning.report.json_report import json_report
from pytest_reasoning.report.progress import ProgressLine
from pytest_reasoning.report.results import Recorder, Results
from pytest_reasoning.report.summary import header, quiet_summary, summary

__all__ = ["ProgressLine", "Recorder", "Results", "header", "json_report", "quiet_summary", "summary"]
