"""Generates the JSON Schema that editors use to check and complete suite files."""

from __future__ import annotations

import json
from typing import Any

from pytest_reasoning.suite.format.extensions import Extensions
from pytest_reasoning.suite.format.fields import strategy_json_schema
from pytest_reasoning.suite.format.schema import SuiteSpec
from pytest_reasoning.suite.format.scorers import scorer_json_schema
from pytest_reasoning.suite.generate.generators import GENERATORS, Params

DIALECT = "http://json-schema.org/draft-07/schema#"
"The dialect that yaml-language-server supports best."


def suite_schema(extensions: Extensions | None = None) -> dict[str, Any]:
    """Return the JSON Schema of suite files, including the names that `extensions` register."""
    names = extensions or Extensions()
    schema = SuiteSpec.model_json_schema(mode="validation", ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs", {})
    definitions["Scorer"] = scorer_json_schema(names.scorers)
    definitions["Strategy"] = strategy_json_schema(names.strategies)
    definitions["Variable"] = _variable(names)
    for key in ("generate", "dataset"):
        block = schema["properties"][key]
        block["anyOf"] = [block.pop("items"), {"type": "array", "items": {"$ref": f"#/definitions/{_MODEL[key]}"}}]
        block.pop("type")
    schema["properties"]["include"] = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": schema["properties"]["include"]["description"],
    }
    return {"$schema": DIALECT, **_tidied(schema), "definitions": _tidied(definitions)}


_MODEL = {"generate": "GenerateSpec", "dataset": "DatasetSpec"}


def _variable(names: Extensions) -> dict[str, Any]:
    shapes: list[dict[str, Any]] = [{"type": ["string", "number", "boolean", "array", "null"]}]
    for name, params in GENERATORS.items():
        shapes.append(_named(name, {"anyOf": [_inlined(params), *_short_forms(params)]}, params.__doc__ or ""))
    shapes += [_named(name, {}, "") for name in names.generators]
    return {"anyOf": shapes, "description": "A generator with its parameters, or a constant."}


def _named(name: str, value: dict[str, Any], description: str) -> dict[str, Any]:
    properties = {name: {**value, "description": description} if description else value}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


def _inlined(params: type[Params]) -> dict[str, Any]:
    schema = params.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    schema.pop("$defs", None)
    return schema


def _short_forms(params: type[Params]) -> list[dict[str, Any]]:
    fields = params.model_fields
    forms: list[dict[str, Any]] = []
    if params.positional:
        count = len(params.positional)
        forms.append({"type": "array", "minItems": count, "maxItems": count})
    if params.single:
        forms.append({"type": ["string", "number", "array"]})
    if not any(field.is_required() for field in fields.values()):
        forms.append({"type": "null"})
    return forms


def _tidied(node: Any) -> Any:
    # Leave defaults out: editors would insert them, and `"default": null` only means that a key is optional.
    if isinstance(node, dict):
        if "x-ref" in node:
            # Pydantic would search for the definition among its own models.
            rest = {key: value for key, value in node.items() if key not in ("x-ref", "default")}
            reference = {"$ref": f"#/definitions/{node['x-ref']}"}
            return {"allOf": [reference], **rest} if rest else reference
        kept = {
            key: _tidied(value) for key, value in node.items() if not (key == "default" and value in (None, []))
        }
        shapes = kept.get("anyOf")
        if isinstance(shapes, list) and {"type": "null"} in shapes and len(shapes) == 2 and "default" not in kept:
            (shape,) = [shape for shape in shapes if shape != {"type": "null"}]
            return {**{key: value for key, value in kept.items() if key != "anyOf"}, **shape, **_described(kept)}
        return kept
    return [_tidied(entry) for entry in node] if isinstance(node, list) else node


def _described(node: dict[str, Any]) -> dict[str, Any]:
    return {key: node[key] for key in ("description",) if key in node}


def schema_text(extensions: Extensions | None = None) -> str:
    """Return the JSON Schema as text, exactly as in the committed file."""
    return json.dumps(suite_schema(extensions), indent=2, ensure_ascii=False) + "\n"
