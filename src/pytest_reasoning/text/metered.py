"""A Jinja2 environment in which every operation is charged to a budget before it runs.

Jinja2's own sandbox prevents escapes to Python, but not `{{ 'a' * 10**10 }}`. Here an expensive template ends with
an error, at the same point on every machine, since steps are counted and not time. Only the attributes, filters,
tests and statements listed here are available. Suite files and the chat templates of GGUF files use variants of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

MAX_DIGITS = 300
MAX_NESTED = 200
"Levels of a template's tree: the compiler's work grows with their third power, where Python lets it go so deep."

_TOO_MANY_DIGITS = 10**MAX_DIGITS

STRING_METHODS = frozenset(
    "capitalize casefold center count endswith find index isalnum isalpha isascii isdigit islower isnumeric "
    "isspace istitle isupper join ljust lower lstrip partition replace rfind rindex rjust rpartition rsplit "
    "rstrip split splitlines startswith strip swapcase title upper zfill".split()
)
SEQUENCE_METHODS = frozenset({"count", "index"})
MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})
LOOP_ATTRIBUTES = frozenset(
    "index index0 revindex revindex0 first last length previtem nextitem depth cycle changed".split()
)
STANDARD_FILTERS = frozenset(
    "abs batch capitalize count default d dictsort first float groupby int items join last length list "
    "lower map max min reject rejectattr replace reverse round select selectattr slice sort string sum "
    "title tojson trim unique upper wordcount".split()
)
STANDARD_TESTS = frozenset(
    "boolean defined divisibleby eq equalto even false float ge gt greaterthan in integer iterable le lessthan "
    "lower lt mapping ne none number odd sequence string true undefined upper".split()
) | {"==", "!=", "<", "<=", ">", ">="}
BOUNDED_FILTERS = {"batch": 10_000, "slice": 10_000, "round": 100, "tojson": 16, "indent": 1_000}
"Filters whose results may be larger than their input, with the largest number each accepts as an argument."
STATEMENTS: tuple[type[nodes.Node], ...] = (
    nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign, nodes.With, nodes.Template,
)  # fmt: skip
_PLAIN = (str, int, float, list, tuple, dict, type(None), Undefined)
_PERCENT = re.compile(r"%(?:%|[-+ #0]{0,5}[0-9]{0,3}(?:\.[0-9]{1,2})?[sdifgeExX])")


class LimitError(SecurityError):
    """A template exceeds a limit on size or work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits on one rendering."""

    value: int
    "Largest size of any value: characters of a text, or entries including nested ones."
    work: int
    "Most steps: one for each list entry touched and for every 16 characters, four for each round of a loop."
    remedy: str = "make it simpler"
    "What to do about a template that exceeds the limit, for the message."


class Meter:
    """The work one rendering has left."""

    def __init__(self, limits: Limits) -> None:
        """Take the limits of one rendering."""
        self.limits = limits
        self.left = limits.work

    def charge(self, work: int) -> None:
        """Take `work` from the budget; raise `LimitError` when it is spent."""
        self.left -= work
        if self.left < 0:
            raise LimitError(f"costs more than {self.limits.work:,} steps ({self.limits.remedy})")

    def size(self, value: Any) -> int:
        """Return the full size of `value` (characters, entries), charging for the walk."""
        if type(value) is str:  # nearly every value is one
            self.left -= 1 + len(value) // 16
            if self.left < 0 or len(value) > self.limits.value:
                self.charge(0)
                self.check(len(value))
            return len(value)
        total, todo = 0, [value]
        while todo:
            item = todo.pop()
            if isinstance(item, str):
                total += len(item)
                self.charge(1 + len(item) // 16)
            elif isinstance(item, dict):
                total += len(item)
                todo += [*item.keys(), *item.values()]
                self.charge(1 + 2 * len(item))
            elif isinstance(item, list | tuple | set | frozenset | range):
                total += len(item)
                self.charge(1 + len(item))
                if not isinstance(item, range):
                    todo += item
            else:
                if isinstance(item, Undefined) and item is not value:
                    str(item)  # raises; inside a list it would otherwise be printed as "Undefined"
                total += 1
                self.charge(1)
            self.check(total)
        return total

    def check(self, size: int) -> None:
        """Raise `LimitError` if a value of this size may not exist."""
        if size > self.limits.value:
            raise LimitError(
                f"makes a value larger than {self.limits.value:,} characters or entries (make it smaller)"
            )

    def steps(self, values: Iterable[Any]) -> Iterator[Any]:
        """Yield `values`, charging for each."""
        for value in values:
            self.charge(4)
            yield value


class _Metered(NodeTransformer):
    """Rewrites a template so that loops, lists and `~` are metered; refuses statements that are not listed."""

    def __init__(self, statements: tuple[type[nodes.Node], ...]) -> None:
        """Take the statements that a template may use."""
        self._statements = statements

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        """Visit a node's children after checking that the node is allowed."""
        if isinstance(node, nodes.Stmt | nodes.Template) and not isinstance(node, self._statements):
            name = type(node).__name__.lower()
            raise SecurityError(f"the statement '{name}' is not available (use expressions, for, if, set and with)")
        return super().generic_visit(node, *args, **kwargs)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - jinja2's visitor protocol
        self.generic_visit(node)
        if node.recursive:
            raise SecurityError("recursive loops are not available (use a plain loop)")
        node.iter = self._filtered(node.iter, "metered steps")
        return node

    def visit_List(self, node: nodes.Node) -> nodes.Node:  # noqa: N802
        return self._filtered(self.generic_visit(node), "metered value")

    visit_Dict = visit_List  # noqa: N815

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = self._filtered(node.expr, "metered value")
        for operand in node.ops:
            operand.expr = self._filtered(operand.expr, "metered value")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return self._filtered(node, "metered value") if isinstance(node.arg, nodes.Slice) else node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return node if node.ctx != "load" else self._filtered(node, "metered value")

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return self._filtered(nodes.List(node.nodes, lineno=node.lineno), "metered concat")

    @staticmethod
    def _filtered(node: nodes.Node, name: str) -> nodes.Expr:
        return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class MeteredEnvironment(ImmutableSandboxedEnvironment):
    """Compiles templates whose every operation is charged; `renew` it before each rendering."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/", "-"})

    statements = STATEMENTS

    def __init__(
        self,
        limits: Limits,
        filters: Mapping[str, Callable[..., Any]],
        global_names: Mapping[str, Callable[..., Any]],
        **options: Any,
    ) -> None:
        """Take the limits, filters and functions in addition to the standard ones, and Jinja2's options."""
        super().__init__(autoescape=False, cache_size=0, **options)
        self.optimized = False  # constant folding would run operations outside the meter, at compile time
        self.limits = limits
        self.renew()
        self.finalize = self._text
        tests: dict[str, Any] = TESTS
        self.tests = {name: self._metered(name, tests[name]) for name in STANDARD_TESTS if name in TESTS}
        standard = {name: FILTERS[name] for name in STANDARD_FILTERS}
        self.filters = {name: self._metered(name, f) for name, f in {**standard, **filters}.items()}
        self.filters["metered steps"] = lambda values: self.meter.steps(values)
        self.filters["metered value"] = self._value
        self.filters["metered concat"] = lambda parts: "".join(self._text(part) for part in self._value(parts))
        self.globals = {"range": self._range, **global_names}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the names that a template knows, as a dict: every rendering copies them."""
        return {**self.globals, **(d or {})}

    def renew(self) -> None:
        """Give the next rendering its whole budget."""
        self.meter = Meter(self.limits)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        level: list[nodes.Node] = [tree]
        for _ in range(MAX_NESTED):
            level = [child for node in level for child in node.iter_child_nodes()]
            if not level:
                return self.metered(tree)
        raise SecurityError(f"it is nested deeper than {MAX_NESTED} levels (make it simpler)")

    def metered(self, tree: nodes.Template) -> nodes.Template:
        """Return a parsed template with the meter in it; raise `SecurityError` for a statement not listed."""
        return _Metered(self.statements).visit(tree)  # type: ignore[no-any-return]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002
        """Return whether a template may read `obj.attr`, which must be listed above."""
        if isinstance(obj, str):
            return attr in STRING_METHODS
        if isinstance(obj, dict):
            return attr in MAPPING_METHODS
        if isinstance(obj, list | tuple):
            return attr in SEQUENCE_METHODS
        return isinstance(obj, LoopContext) and attr in LOOP_ATTRIBUTES

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether a template may call `obj`: one of its functions or of the listed methods."""
        owner = getattr(obj, "__self__", None)
        return obj in self.globals.values() or isinstance(owner, str | dict | list | tuple | LoopContext)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a method or function after charging for it."""
        self.meter.charge(20)  # a call takes about as long as this many steps
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            self._charge_string_method(owner, getattr(obj, "__name__", ""), args)
        self.meter.size(
            [owner, *args, *kwargs.values()] if isinstance(owner, str | dict | list | tuple) else [*args]
        )
        return self._value(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply `left operator right` if the result stays within the limits."""
        if operator == "%" and isinstance(left, str):
            if _PERCENT.sub("", left).count("%"):
                raise SecurityError(f"the format {left!r} is not available (use forms like %02d, %.2f and %s)")
            self.meter.check(len(left) * 1000)
        elif operator == "*":
            sizes = [self.meter.size(v) if isinstance(v, str | list | tuple) else None for v in (left, right)]
            for size, factor in ((sizes[0], right), (sizes[1], left)):
                if size is not None and isinstance(factor, int):
                    self.meter.check(size * max(factor, 0))
        elif operator == "**":
            digits = len(str(abs(left))) * abs(right) if isinstance(left, int) and isinstance(right, int) else 0
            if digits > MAX_DIGITS:
                raise LimitError(f"makes a number of more than {MAX_DIGITS} digits (make it smaller)")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and abs(result) >= _TOO_MANY_DIGITS:
            raise LimitError(f"makes a number of more than {MAX_DIGITS} digits (make it smaller)")
        return self._value(result)

    def _charge_string_method(self, text: str, method: str, args: tuple[Any, ...]) -> None:
        if method in {"center", "ljust", "rjust", "zfill"} and args and isinstance(args[0], int):
            self.meter.check(args[0])
        elif method == "replace" and len(args) >= 2 and all(isinstance(a, str) for a in args[:2]):
            self.meter.check(len(text) + text.count(args[0]) * len(args[1]))
        elif method == "join" and args:
            parts = self._value(args[0])
            self.meter.check(self.meter.size(parts) + len(text) * (len(parts) if hasattr(parts, "__len__") else 0))

    def _metered(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        extra = 1 if getattr(function, "jinja_pass_arg", None) is not None else 0

        def metered(*args: Any, **kwargs: Any) -> Any:
            own = [self._value(arg) for arg in args[extra:]]
            if name == "join" and hasattr(own[0], "__len__"):
                self.meter.check(len(own[0]) * len(str(kwargs.get("d", own[1] if len(own) > 1 else ""))))
            elif name == "replace" and len(own) >= 3:
                text, old, new = (str(part) for part in own[:3])
                self.meter.check(len(text) + text.count(old) * len(new))
            elif name in BOUNDED_FILTERS:
                self._check_bound(name, (*own[1:], *kwargs.values()))
            return self._value(function(*args[:extra], *own, **kwargs))

        for flag in ("jinja_pass_arg", "jinja_async_variant"):
            if hasattr(function, flag):
                setattr(metered, flag, getattr(function, flag))
        return metered

    def _check_bound(self, name: str, told: Iterable[Any]) -> None:
        bound = BOUNDED_FILTERS[name]
        for value in told:
            if isinstance(value, int | float) and not -bound <= value <= bound:
                raise LimitError(f"gives the filter '{name}' a number above {bound} (make it smaller)")
            # an indent may be a text, which is repeated on each line and level
            if isinstance(value, str) and name in ("tojson", "indent") and len(value) > bound:
                raise LimitError(f"gives the filter '{name}' a text of {len(value)} characters (make it shorter)")

    def wrap_str_format(self, value: Any) -> None:  # noqa: ARG002
        """Disable `str.format`, which can read attributes and pad without limit."""
        return

    def _value(self, value: Any) -> Any:
        if isinstance(value, Iterator):
            value = [item for item, _ in zip(self.meter.steps(value), range(self.limits.value + 1), strict=False)]
        self.meter.size(value)
        return value

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            self.meter.charge(1 + len(value) // 16)
            return value
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, _PLAIN):
            raise SecurityError(f"a {type(value).__name__} is not text (use its attributes)")
        self.meter.size(value)
        return str(value)

    def _range(self, *bounds: Any) -> list[int]:
        if not all(isinstance(bound, int) for bound in bounds) or not 1 <= len(bounds) <= 3:
            raise SecurityError("range takes one to three whole numbers")
        values = range(*bounds)
        self.meter.check(len(values) if abs(values.stop - values.start) < 10**12 else self.limits.value + 1)
        return list(values)
