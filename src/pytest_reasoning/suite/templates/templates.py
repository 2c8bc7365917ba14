"""Renders prompts, targets and expressions; every failure is raised as a `TemplateFault`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, meta

from pytest_reasoning.suite.templates.filters import REASONING_FILTERS
from pytest_reasoning.suite.templates.sandbox import LIMITS, SuiteEnvironment
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.text.wording import nearest

MAX_SOURCE = 20_000
"Longest template, in characters."
_MARKUP = re.compile(r"\{[{%#]")
_UNDEFINED = re.compile(r"'([^']+)' is undefined")


class TemplateFault(Exception):
    """A template cannot be compiled or rendered; the message says why and what to do."""


def _zip(*lists: list[Any]) -> list[list[Any]]:
    return [list(entries) for entries in zip(*lists, strict=False)]


ENVIRONMENT = SuiteEnvironment(filters=REASONING_FILTERS, global_names={"zip": _zip})


def render(source: str, variables: Mapping[str, Any]) -> str:
    """Return the template filled in; raise `TemplateFault`."""
    if not _MARKUP.search(source):
        return source
    template = _compiled(source)
    ENVIRONMENT.renew()
    parts, size = [], 0
    try:
        for part in template.generate(**variables):
            size += len(part)
            if size > LIMITS.value:
                raise TemplateFault(f"renders more than {LIMITS.value:,} characters (make it smaller)")
            parts.append(part)
    except TemplateFault:
        raise
    except Exception as error:  # a template can meet any exception of the values it touches
        raise TemplateFault(_described(error, variables)) from None
    return valid_text("".join(parts))


def evaluate(source: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of a bare Jinja2 expression; raise `TemplateFault`."""
    template = _compiled_expression(source)
    ENVIRONMENT.renew()
    try:
        context = template.new_context(dict(variables))
        for _ in template.root_render_func(context):
            pass
        value = context.vars["result"]
        ENVIRONMENT.meter.size(value)
        if isinstance(value, Undefined):
            str(value)  # a strict undefined raises its own message here
    except Exception as error:
        raise TemplateFault(_described(error, variables)) from None
    return value


def check_expression(source: str) -> frozenset[str]:
    """Return the variables an expression reads; raise `TemplateFault` if it does not compile."""
    _compiled_expression(source)
    return names_in(source, expression=True)


def check_template(source: str) -> None:
    """Raise `TemplateFault` if the template does not compile."""
    if _MARKUP.search(source):
        _compiled(source)


@lru_cache(maxsize=4096)
def names_in(source: str, *, expression: bool = False) -> frozenset[str]:
    """Return the variables that a template or expression reads; empty if it does not compile."""
    if not expression and not _MARKUP.search(source):
        return frozenset()
    try:
        return frozenset(
            meta.find_undeclared_variables(ENVIRONMENT.parse(f"{{{{ {source} }}}}" if expression else source))
        )
    except (TemplateError, RecursionError):
        return frozenset()


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Template:
    return _compile(source, ENVIRONMENT.from_string)


@lru_cache(maxsize=4096)
def _compiled_expression(source: str) -> Template:
    return _compile(source, ENVIRONMENT.compile_metered)


def _compile(source: str, compiler: Any) -> Template:
    if len(source) > MAX_SOURCE:
        raise TemplateFault(
            f"a template of {len(source):,} characters, the limit is {MAX_SOURCE:,} (put data in variables)"
        )
    try:
        return compiler(source)  # type: ignore[no-any-return]
    except TemplateSyntaxError as error:
        where = f" on its line {error.lineno}" if source.count("\n") else ""
        raise TemplateFault(f"not a valid template{where}: {error.message} (see the Jinja2 syntax)") from None
    except TemplateError as error:
        raise TemplateFault(f"not a valid template: {error.message}") from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError):
        raise TemplateFault("nested too deeply to compile (make it simpler)") from None


def _described(error: Exception, variables: Mapping[str, Any]) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UndefinedError) and (match := _UNDEFINED.search(text)):
        name = match[1]
        near = nearest(name, variables)
        known = ", ".join(sorted(variables)) or "none"
        return f"'{name}' is undefined ({f'did you mean {near!r}?' if near else f'known here: {known}'})"
    if isinstance(error, TemplateError):
        return text if text.endswith(")") else f"{text.rstrip('.')} (see the list of what templates may use)"
    return f"{type(error).__name__}: {text} (check the values it is given)"
