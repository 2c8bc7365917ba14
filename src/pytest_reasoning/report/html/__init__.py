"""A report as one self-contained HTML page; needs matplotlib, so load it late."""

from pytest_reasoning.report.html.figures import MissingLibraryError, require_matplotlib
from pytest_reasoning.report.html.page import html_report

__all__ = ["MissingLibraryError", "html_report", "require_matplotlib"]
