"""The environment of suite templates: strict, deterministic and metered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.parser import Parser

from pytest_reasoning.text.metered import Limits, MeteredEnvironment

LIMITS = Limits(value=100_000, work=1_000_000, remedy="make it simpler, or use `generate`")


class SuiteEnvironment(MeteredEnvironment):
    """Compiles suite templates and bare expressions; an undefined variable is an error."""

    def __init__(
        self, filters: Mapping[str, Callable[..., Any]], global_names: Mapping[str, Callable[..., Any]]
    ) -> None:
        """Take filters and functions beside the standard ones."""
        super().__init__(LIMITS, filters, global_names, undefined=StrictUndefined, keep_trailing_newline=False)

    def compile_metered(self, expression: str) -> Template:
        """Compile a bare expression into a template whose module holds it as `result`."""
        parser = Parser(self, expression, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            parser.fail("more than one expression")
        body = nodes.Template([nodes.Assign(nodes.Name("result", "store"), tree, lineno=1)], lineno=1)
        body.set_environment(self)
        return self.from_string(self.metered(body))
