"""The report as one self-contained HTML page; import it only when needed, because it loads matplotlib."""

from pytest_reasoning.report.html.figures import MissingLibraryError, require_matplotlib
from pytest_reasoning.report.html.page import html_report

__all__ = ["MissingLibraryError", "html_report", "require_matplotlib"]
