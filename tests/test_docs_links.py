"""Every relative link of the pages leads to a file that exists and, with an anchor, to a heading that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "training" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^()\s]+)\)")
PATH = re.compile(r"(?<![\w./-])(docs/[\w/-]+\.md)(?:#([\w-]+))?")
"A page that a text names by its path from the root."


def prose(page: Path) -> str:
    """Return a page's text without code blocks and inline code, in which brackets are not links."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, int] = {}
    names = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        count = found[name] = found.get(name, -1) + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def problems(page: Path, text: str) -> Iterator[str]:
    """Yield what is wrong with the relative links of a page."""
    targets = [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]
    links = [(page.parent, *target.partition("#")[::2]) for target in targets]
    links += [(ROOT, path, anchor) for path, anchor in PATH.findall(text)]
    for folder, path, anchor in links:
        file = (folder / path).resolve() if path else page
        if not file.exists():
            yield f"{path} does not exist"
        elif anchor and anchor not in anchors(file):
            yield f"{path}#{anchor}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    assert list(problems(page, prose(page))) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One: two\n\n```\n# three\n```\n\n## One: two\n", encoding="utf-8")
    assert anchors(page) == {"one-two", "one-two-1"}
    text = "[a](gone.md) [b](page.md#three) [c](#one-two-1) [d](page.md#one-two) [e](https://x.y/z.md) docs/gone.md"
    assert list(problems(page, text)) == [
        "gone.md does not exist",
        "page.md#three: no such heading",
        "docs/gone.md does not exist",
    ]
