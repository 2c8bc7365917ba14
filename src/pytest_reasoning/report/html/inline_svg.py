"""Converts a matplotlib figure to SVG for a page whose content security policy forbids inline styles.

Colors become classes, so that the page's dark mode applies; styles become attributes; ids are made unique.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT = "#010101", "#020202"
SERIES = tuple(f"#0303{place:02x}" for place in range(1, 11))
"Placeholder colors that are replaced by classes: text and axes, grid, and one per series."
_CLASSES = {INK: "ink", FAINT: "faint"} | {color: f"series{place}" for place, color in enumerate(SERIES)}

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_DROPPED = ("font-family", "font")
_LONG_NUMBER = re.compile(r"(\d\.\d)\d+")


def inline_svg(figure: Figure, *, name: str, title: str) -> str:
    """Return the figure as an `<svg>` element; `name` makes its ids unique, `title` is for screen readers."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # matplotlib warns of a glyph that no installed font has; the browser's fonts will have it
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    ET.register_namespace("", _SVG)
    root = ET.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _make_inline(element, name)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("stroke-linejoin", "round")
    label = ET.Element(f"{{{_SVG}}}title")
    label.text = title
    root.insert(0, label)
    return ET.tostring(root, encoding="unicode")


def _make_inline(element: ET.Element, name: str) -> None:
    classes = []
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if value in _CLASSES and key in ("fill", "stroke"):
            classes.append(f"{key}-{_CLASSES[value]}")
        elif value and key not in _DROPPED:
            element.set(key, value)
    if classes:
        element.set("class", " ".join(classes))
    reference = element.attrib.pop(_XLINK, None)
    if reference is not None:
        element.set("href", f"#{name}-{reference[1:]}")
    if "clip-path" in element.attrib:
        element.set("clip-path", element.attrib["clip-path"].replace("url(#", f"url(#{name}-"))
    if "id" in element.attrib:
        if element.tag == f"{{{_SVG}}}g":
            del element.attrib["id"]
        else:
            element.set("id", f"{name}-{element.attrib['id']}")
    for key in ("d", "x", "y", "transform"):
        if key in element.attrib:
            element.set(key, _LONG_NUMBER.sub(r"\1", element.attrib[key].replace("\n", " ")))
