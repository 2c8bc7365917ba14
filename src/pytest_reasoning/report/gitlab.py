"""The findings of a run as a code-quality report of GitLab, which a merge request shows beside its changes.

The form is that of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json

from pytest_reasoning.report.findings import Finding, findings
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import visible

_SEVERITY = {"regression": "critical", "gate": "major", "case": "minor"}


def gitlab_report(results: Results) -> str:
    """Return the findings as JSON; an empty list if nothing failed."""
    rows = [_row(one) for one in findings(results)]
    return json.dumps(rows, indent=1) + "\n"


def _row(one: Finding) -> dict[str, object]:
    return {
        "description": visible(f"{one.name}: {one.message}"),
        "check_name": f"reasoning-{one.kind}",
        # The message holds figures of this run, so only the name tells whether a finding is an old one.
        "fingerprint": hashlib.sha256(f"{one.kind}\0{one.name}".encode(errors="replace")).hexdigest(),
        "severity": _SEVERITY[one.kind],
        "location": {"path": visible(one.path), "lines": {"begin": max(1, one.line)}},
    }
