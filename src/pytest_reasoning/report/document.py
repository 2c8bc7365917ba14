"""The JSON form of the report document: writing, reading and schema, all derived from the record `Results`."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pytest_reasoning.report.results import Results
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.unicode import json_of


class ReportError(ReasoningError):
    """A file that is not a report, or reports that do not fit together."""


def results_text(results: Results) -> str:
    """Return the document as JSON text with each row of a list on its own line, for diff and grep."""
    parts = []
    for one in fields(results):
        value = getattr(results, one.name)
        if isinstance(value, tuple):
            rows = ",\n  ".join(_json(asdict(row)) for row in value)
            text = f"[\n  {rows}\n ]" if rows else "[]"
        else:
            text = _json(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value)
        parts.append(f" {json.dumps(one.name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def parse_results(text: str, name: str) -> Results:
    """Read the document from JSON text; `name` is the file name for messages.

    Raises:
        ReportError: the text is not JSON, not a report, or one of another version.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        place = f"{name}: {where}" if where else name
        raise ReportError(f"{place}: {first['msg']} (give a file written by --reasoning-json)") from None


def read_results(path: Path) -> Results:
    """Read the document from a file.

    Raises:
        ReportError: the file cannot be read, or holds no report.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot read it: {getattr(error, 'strerror', None) or error}") from None
    return parse_results(text, path.name)


def report_schema() -> str:
    """Return the JSON Schema of the document, as shipped in `report.schema.json`."""
    definitions = _described().model_json_schema()["$defs"]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {name: one for name, one in definitions.items() if name != Results.__name__},
        **definitions[Results.__name__],
        "title": "pytest-reasoning report, version 1",
    }
    return json.dumps(schema, indent=1) + "\n"


@cache
def _adapter() -> TypeAdapter[Results]:
    # Imported here because it loads numpy and scipy; pydantic looks the name `Scaling` up in this function.
    from pytest_reasoning.verdict.scaling import Scaling  # noqa: F401

    return TypeAdapter(Results)


def _described() -> type[BaseModel]:
    """Return a model around `Results` whose schema holds the strings that stand under the fields of all records.

    Reading a report does without them: looking them up in the source takes four times as long as the rest.
    """
    from pytest_reasoning.verdict.scaling import Scaling  # noqa: F401

    class Described(BaseModel):
        model_config = ConfigDict(use_attribute_docstrings=True)
        results: Results

    return Described


def _json(value: Any) -> str:
    text = json.dumps(value)
    # JSON can express an unpaired surrogate, but most readers refuse it.
    return json.dumps(json_of(text)) if "\\ud" in text else text
