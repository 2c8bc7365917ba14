"""Writes the reference pages from the code: the table of options, the parser of the command, and the JSON Schemas.

python docs/reference/make.py           # writes the pages
python docs/reference/make.py --check   # writes nothing; status 1 if a page is not what the code says
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from schema_tables import Tables, cell

from pytest_reasoning.cli import parser
from pytest_reasoning.models.models_file.schema import models_schema_text
from pytest_reasoning.report import report_schema
from pytest_reasoning.session.options import GROUPS, PREFIX, Option
from pytest_reasoning.suite import schema_text

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/reference/make.py from the code: change the code, then run it again. -->\n"
KINDS = {
    "text": "text",
    "list": "list",
    "int": "whole number",
    "float": "number",
    "path": "path",
    "choice": "one of",
    "flag": "true or false",
}
NAMES = {
    "suite": "Name of the suite.",
    "case": "Id of the case.",
    "strategy": "Name of the strategy.",
    "model": "Name of the model, as in node ids.",
    "nodeid": "pytest's node id.",
    "elapsed_s": "Seconds.",
    "version": "Version of the format.",
    "models": "The models of the run.",
    "gates": "One for each suite, strategy and model.",
    "environment": "Versions, machine and settings of the run.",
    "comparisons": "Comparisons with a baseline or another model.",
    "correct": "Number of correct outcomes.",
    "total": "Number of outcomes without errors.",
    "rate": "Pass rate, from 0 to 1.",
    "verdict": "The verdict.",
    "target": "The right answers.",
    "answer": "The extracted answer; null if there was none.",
    "completion": "What the model wrote.",
    "explanation": "Why the outcome is what it is, in words.",
    "sample": "Which sample of the case, from 0.",
    "status": "How the case ended.",
    "prompt_tokens": "Tokens of the prompts.",
    "completion_tokens": "Tokens of the completions.",
    "cached": "Whether the completion came from the response store.",
    "n_layers": "Number of layers.",
    "n_embd": "Width of the residual stream.",
    "size_bytes": "Size of the file.",
    "sha256": "SHA-256 of the file.",
}
"""Meaning of fields of the report that have the same meaning in every record and no description in the code."""


def options_page() -> str:
    """Return the page of the options and ini keys, group by group as in `--help`."""
    text = f"""# Options

{MADE}
Every option that the plugin adds to pytest. An ini key of the same name sets it for all runs, in `pytest.ini`,
`pyproject.toml` or `tox.ini`; the command line goes before it. A list is separated by commas, in the ini file
also by spaces or lines. A flag has no value on the command line, and is `true` in the ini file.
"""
    for group in GROUPS:
        text += f"\n## {group.name.capitalize()}\n\n{_sentence(group.about)}\n\n"
        text += "| option | ini key | value | meaning |\n|---|---|---|---|\n"
        text += "".join(_option_row(option) for option in group.options)
    return text


def command_page() -> str:
    """Return the page of the command `pytest-reasoning`, from its own parsers."""
    (subparsers,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    about = {one.dest: one.help or "" for one in subparsers._choices_actions}
    text = f"# The command pytest-reasoning\n\n{MADE}\n"
    text += "| command | does |\n|---|---|\n"
    text += "".join(f"| [`{name}`](#{name}) | {cell(about[name])} |\n" for name in subparsers.choices)
    text += "\nThe exit status is 0, 1 if a report did not pass, or 2 after an error.\n"
    for name, command in subparsers.choices.items():
        text += f"\n## {name}\n\n{_sentence(about[name])}\n\n"
        text += "| argument | default | meaning |\n|---|---|---|\n"
        text += "".join(_argument_row(one) for one in command._actions if one.dest != "help")
    return text


def suite_page() -> str:
    """Return the page of every key of a suite file."""
    intro = """Every key of a suite file, from the JSON Schema that `pytest --reasoning-schema` prints.
[The suite file](../suites.md) explains them with examples."""
    return _schema_page("Keys of a suite file", intro, Tables(json.loads(schema_text())), "The file")


def models_page() -> str:
    """Return the page of every key of the models file."""
    tables = Tables(json.loads(models_schema_text()))
    intro = """Every key of `reasoning-models.yaml`, from the JSON Schema that `pytest-reasoning schema models`
prints. [Models](../models.md#the-models-file) explains them with examples. The file maps names to models: a
name stands for a reference as on the command line, for a list of names (a group), or for these keys."""
    return _schema_page("Keys of the models file", intro, tables, None)


def report_page() -> str:
    """Return the page of every field of the JSON report."""
    intro = """Every field of the JSON report, from the JSON Schema that `pytest-reasoning schema report` prints.
[Reports](../reports.md#the-json-report) explains it. Version 1 may get new fields, but existing ones keep their
meaning. A field that is required is in every report."""
    tables = Tables(json.loads(report_schema()), common=NAMES)
    return _schema_page("Fields of the JSON report", intro, tables, "The document")


PAGES = {
    "options.md": options_page,
    "command.md": command_page,
    "suite-keys.md": suite_page,
    "models-keys.md": models_page,
    "report-fields.md": report_page,
}


def main() -> int:
    """Write the pages, or name those that are not current."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(
            f"docs/reference/{name}: {'not current (run: python docs/reference/make.py)' if check else 'written'}"
        )
    return 1 if check and stale else 0


def _schema_page(title: str, intro: str, tables: Tables, root: str | None) -> str:
    sections = [tables.root(root)] if root else []
    sections += tables.sections()
    return "\n".join([f"# {title}\n", MADE, f"{intro}\n", *(tables.markdown(one) for one in sections)])


def _option_row(option: Option) -> str:
    name = f"--{PREFIX}-{option.name}"
    if option.metavar and option.bare:
        name += f"[={option.metavar}]"
    elif option.kind == "choice":
        name += f"={'|'.join(option.choices)}"
    elif option.kind != "flag":
        name += f"={option.metavar}"
    value = ", ".join(_values(option))
    shown = name.replace("|", r"\|")
    return f"| `{shown}` | `{option.dest}` | {value} | {cell(option.help)} |\n"


def _values(option: Option) -> Iterator[str]:
    yield KINDS[option.kind] + (
        " " + ", ".join(f"`{one}`" for one in option.choices) if option.kind == "choice" else ""
    )
    default = option.default
    if default not in (None, False, ()):
        shown = " ".join(default) if isinstance(default, tuple) else default
        yield f"default `{shown}`"


def _argument_row(action: argparse.Action) -> str:
    named = action.option_strings[-1] if action.option_strings else ""
    value = str(action.metavar or "\\|".join(map(str, action.choices or ())) or action.dest)
    takes = action.nargs != 0
    shown = f"{named} {value}" if named and takes else named or value
    default = "" if action.default in (None, False, "", argparse.SUPPRESS) else f"`{action.default}`"
    help_text = (action.help or "").replace("%(default)s", str(action.default))
    return f"| `{shown}` | {default} | {cell(help_text)} |\n"


def _sentence(text: str) -> str:
    return f"{cell(text[0].upper() + text[1:])}."


if __name__ == "__main__":
    sys.exit(main())
