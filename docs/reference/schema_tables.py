"""Turns a JSON Schema into tables of a reference page: a section for each kind of object, a row for each key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
    "null": "null",
}
_SUFFIXES = ("Spec", "Params")
"""What class names end in that a reader of the page need not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of object: its heading, what it is, and its keys."""

    heading: str
    about: str
    keys: Mapping[str, Node]
    required: frozenset[str] = frozenset()


class Tables:
    """The sections of one schema and the Markdown of them."""

    def __init__(self, schema: Node, *, common: Mapping[str, str] | None = None) -> None:
        """Take the schema; `common` explains keys whose name is their whole description in the schema."""
        self._definitions: dict[str, Node] = {}
        for name, node in (schema.get("definitions") or schema.get("$defs") or {}).items():
            self._definitions[name] = _hoisted(node, self._definitions)
        self._schema = _hoisted(schema, self._definitions)
        self._common = common or {}
        self._headings = {name: _short(name) for name in self._definitions}

    def root(self, heading: str) -> Section:
        """Return the section of the keys at the top of the document."""
        return _section(heading, self._schema)

    def sections(self) -> Iterator[Section]:
        """Yield a section for each definition, in the order in which the document first uses them.

        A definition of several shapes, such as a scorer, is followed by a section for each shape that has keys.
        """
        for name in self._order():
            node = self._definitions[name]
            if "properties" in node:
                yield _section(self._headings[name], node)
                continue
            yield Section(heading=self._headings[name], about=_names(node), keys={})
            for shape in node.get("anyOf", ()):
                if "properties" in shape:
                    yield _shape(self._headings[name], shape)

    def markdown(self, section: Section, level: int = 2) -> str:
        """Return a section as Markdown."""
        lines = [f"{'#' * level} {section.heading}", ""]
        if section.about:
            lines += [cell(section.about), ""]
        if section.keys:
            lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
            lines += [self._row(name, node, section) for name, node in section.keys.items()]
            lines.append("")
        return "\n".join(lines)

    def _row(self, name: str, node: Node, section: Section) -> str:
        default = "required" if name in section.required else _default(node)
        meaning = node.get("description") or self._common.get(name, "")
        return f"| `{name}` | {self.value(node)} | {default} | {cell(meaning)} |"

    def value(self, node: Node) -> str:
        """Return in words what may stand for a value."""
        if "$ref" in node:
            heading = self._headings[node["$ref"].rpartition("/")[2]]
            return f"[{heading}](#{anchor(heading)})"
        if "allOf" in node:
            return self.value(node["allOf"][0])
        if "anyOf" in node:
            shapes = [self.value(shape) for shape in node["anyOf"] if shape.get("type") != "null"]
            return _either(shapes)
        if "const" in node:
            return _code(node["const"])
        if "enum" in node:
            return ", ".join(_code(value) for value in node["enum"])
        kinds = node.get("type", "")
        if isinstance(kinds, list):
            return _either([_TYPES[kind] for kind in kinds if kind != "null"])
        if kinds == "array":
            return self._list(node)
        if kinds == "object":
            return self._mapping(node)
        return f"{_TYPES[kinds]}{_bounds(node)}" if kinds else "anything"

    def _list(self, node: Node) -> str:
        if node.get("prefixItems"):
            return "list of " + ", ".join(self.value(one) for one in node["prefixItems"])
        items = node.get("items")
        return f"list of {self.value(items)}" if items else "list"

    def _mapping(self, node: Node) -> str:
        if keys := node.get("properties"):
            inner = "; ".join(f"`{name}`: {self.value(one)}{_aside(one)}" for name, one in keys.items())
            return f"mapping ({inner})"
        values = node.get("additionalProperties")
        return f"mapping to {self.value(values)}" if isinstance(values, dict) else "mapping"

    def _order(self) -> list[str]:
        found: list[str] = []
        waiting = list(_references({**self._schema, "definitions": {}, "$defs": {}}))
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found.append(name)
                waiting += _references(self._definitions[name])
        return found


def anchor(heading: str) -> str:
    """Return the anchor that GitHub and the site make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def cell(text: str) -> str:
    """Return a text of the code as text of a Markdown table: only words between backticks are markup."""
    parts = re.split(r"(`[^`\n]+`)", " ".join(text.split()))
    return "".join(part.replace("|", r"\|") if part.startswith("`") else _plain(part) for part in parts)


def _plain(text: str) -> str:
    escaped = re.sub(r"([\\*_<\[\]|{}#])", r"\\\1", text)
    return re.sub(r"(--[a-z][a-z-]*[a-z](?:=[a-z]+)?)", r"`\1`", escaped)


def _section(heading: str, node: Node) -> Section:
    return Section(
        heading=heading,
        about=node.get("description", ""),
        keys=node["properties"],
        required=frozenset(node.get("required", ())),
    )


def _shape(heading: str, shape: Node) -> Section:
    """Return the section of one shape of a definition: a scorer by its `type`, a generator by its name."""
    keys, required = dict(shape["properties"]), frozenset(shape.get("required", ()))
    if "const" in keys.get("type", {}):
        name = keys.pop("type")["const"]
        return Section(
            heading=f"{heading} {name}", about=shape.get("description", ""), keys=keys, required=required
        )
    if len(keys) == 1:
        ((name, inner),) = keys.items()
        (full, *_) = [one for one in inner.get("anyOf", [inner]) if "properties" in one] or [{"properties": {}}]
        about = inner.get("description", "")
        return Section(
            heading=f"{heading} {name}",
            about=about,
            keys=full["properties"],
            required=frozenset(full.get("required", ())),
        )
    return Section(
        heading=f"{heading} of your own", about=shape.get("description", ""), keys=keys, required=required
    )


def _names(node: Node) -> str:
    """Return what stands for a definition of several shapes: its description, and the names that are enough."""
    names = [value for shape in node.get("anyOf", ()) for value in shape.get("enum", ())]
    said = node.get("description", "")
    named = f"A name alone: {', '.join(f'`{name}`' for name in names)}; or a mapping." if names else ""
    return " ".join(part for part in (said, named) if part)


def _hoisted(node: Any, found: dict[str, Node], *, inside: bool = False) -> Any:
    """Return a schema in which each named object of a key is a reference, and note the object in `found`."""
    if isinstance(node, list):
        return [_hoisted(one, found, inside=inside) for one in node]
    if not isinstance(node, dict):
        return node
    title = str(node.get("title", ""))
    if inside and "properties" in node and title.endswith(_SUFFIXES[0]):
        found.setdefault(title, {key: _hoisted(value, found) for key, value in node.items()})
        return {"$ref": f"#/definitions/{title}"}
    below = {key: inside or key == "properties" for key in node}
    return {key: _hoisted(value, found, inside=below[key]) for key, value in node.items()}


def _either(shapes: list[str]) -> str:
    *rest, last = dict.fromkeys(shapes)
    return f"{', '.join(rest)} or {last}" if rest else last


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _default(node: Node) -> str:
    default = node.get("default")
    if default is None or default in ([], {}, "") or isinstance(default, (list, dict)):
        return ""
    return _code(default)


def _aside(node: Node) -> str:
    return f", {cell(node['description'])}" if "description" in node else ""


def _bounds(node: Node) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    above = "above " if "exclusiveMinimum" in node else ""
    below = "below " if "exclusiveMaximum" in node else ""
    if low is not None and high is not None:
        return f", {above}{low} to {below}{high}" if above or below else f" from {low} to {high}"
    if low is not None:
        return f", {above or 'at least '}{low}"
    return f", {below or 'at most '}{high}" if high is not None else ""


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    escaped = text.replace("|", r"\|")
    return f"`{escaped}`" if escaped else "empty"
