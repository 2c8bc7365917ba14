"""The generators that draw the variables of `generate`; each class is one key in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.suite.generate.families.drawn import Language
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.generate.word_lists import CONSONANTS, FIRST_NAMES, LAST_NAMES, SYMBOLS, VOWELS
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate, render
from pytest_reasoning.text.wording import suggestion

MAX_COUNT = 10_000


@runtime_checkable
class Generator(Protocol):
    """An object that draws the value of a variable."""

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> Any:
        """Draw one value; `known` holds the variables that were drawn before it."""


class Constant:
    """The value as written in the file."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return the value."""
        return self.value


def _under(name: str, error: ValidationError) -> ValidationError:
    # In the file, the parameters are nested one key below the variable for which they are validated.
    details = error.errors(include_url=False)
    lines: Any = [{**_kept(detail), "loc": (name, *detail["loc"])} for detail in details]
    return ValidationError.from_exception_data(error.title, lines)


def _kept(detail: Any) -> Any:
    return {key: detail[key] for key in ("type", "input", "ctx") if key in detail}


def _source(value: Any, info: ValidationInfo) -> Generator:
    if not isinstance(value, dict):
        return Constant(value)
    registered = (info.context or {}).get("generators", {})
    if len(value) != 1:
        keys = ", ".join(f"'{key}'" for key in value) or "nothing"
        raise ValueError(f"a variable names exactly one generator, not {keys} (for example {{integer: [1, 9]}})")
    (name,) = value
    if name in GENERATORS:
        try:
            generator: Generator = GENERATORS[name].model_validate(value[name], context=info.context)
        except ValidationError as error:
            raise _under(name, error) from None
        return generator
    if name in registered:
        params = value[name]
        return registered[name](**params) if isinstance(params, dict) else registered[name](params)  # type: ignore[no-any-return]
    raise ValueError(f"unknown generator '{name}' ({suggestion(name, [*GENERATORS, *registered])})")


Source = Annotated[Any, BeforeValidator(_source), WithJsonSchema({"x-ref": "Variable"})]


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a whole number or an expression in quotes is needed (for example 3 or 'words + 1')")
    return value


WholeNumber = Annotated[Any, BeforeValidator(_whole), WithJsonSchema({"type": ["integer", "string"]})]
"A whole number, or an expression over the variables before it."


def whole(value: Any, known: Mapping[str, Any], low: int = 0, high: int = MAX_COUNT) -> int:
    """Resolve a `WholeNumber`; raise `TemplateFault` if it is not whole or is outside [low, high]."""
    number = evaluate(value, known) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int):
        raise TemplateFault(f"'{value}' is {number!r}, not a whole number (change the expression)")
    if not low <= number <= high:
        raise TemplateFault(f"'{value}' is {number}, outside {low} to {high} (change it)")
    return number


class Params(BaseModel):
    """Base class of the generators, with strict keys and optional shorthand notations."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )
    positional: ClassVar[tuple[str, ...]] = ()
    "Names of the parameters that a list in the file sets, in order."
    single: ClassVar[str] = ""
    "Name of the parameter that a plain value in the file sets."

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if value is None:
            return {}
        if isinstance(value, list) and cls.positional:
            if len(value) != len(cls.positional):
                raise ValueError(f"the short form is a list of {' and '.join(cls.positional)} (or write a mapping)")
            return dict(zip(cls.positional, value, strict=True))
        if not isinstance(value, dict) and cls.single:
            return {cls.single: value}
        return value


LIMIT = 10**18


class Integer(Params):
    """A whole number between two limits, both included."""

    positional = ("min", "max")
    min: WholeNumber
    max: WholeNumber

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> int:
        """Return the number."""
        low, high = (whole(bound, known, -LIMIT, LIMIT) for bound in (self.min, self.max))
        if low > high:
            raise TemplateFault(f"integer: min {low} is above max {high} (swap them)")
        return stream.between(low, high)


class Digits(Params):
    """A whole number of exactly `count` digits."""

    single = "count"
    count: WholeNumber

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> int:
        """Return the number."""
        count = whole(self.count, known, 1, 18)
        return stream.between(10 ** (count - 1) if count > 1 else 0, 10**count - 1)


class Float(Params):
    """A number with `decimals` decimal places between two limits, both included."""

    positional = ("min", "max")
    min: float = Field(ge=-1e12, le=1e12)
    max: float = Field(ge=-1e12, le=1e12)
    decimals: int = Field(default=2, ge=0, le=6)

    @model_validator(mode="after")
    def _in_order(self) -> Float:
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g} (swap them)")
        return self

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> float:  # noqa: ARG002
        """Return the number."""
        scale: int = 10**self.decimals
        return stream.between(round(self.min * scale), round(self.max * scale)) / scale


Values = Annotated[
    Any,
    BeforeValidator(lambda value: _values_or_expression(value)),
    WithJsonSchema({"anyOf": [{"type": "array", "minItems": 1}, {"type": "string"}]}),
]


def _values_or_expression(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, list) and value):
        return value
    raise ValueError("a list with at least one value, or an expression in quotes that gives one, is needed")


def values_of(source: Any, known: Mapping[str, Any]) -> Sequence[Any]:
    """Resolve `Values`; raise `TemplateFault` unless the result is a list that is not empty."""
    values = evaluate(source, known) if isinstance(source, str) else source
    if not isinstance(values, list | tuple | str) or not values:
        raise TemplateFault(f"'{source}' is {values!r}, not a list with something in it (change the expression)")
    return values


class Choice(Params):
    """One of several values, optionally weighted."""

    single = "from_"
    from_: Values = Field(alias="from")
    weights: tuple[Annotated[int, Field(ge=0, le=10**6)], ...] | None = Field(
        default=None, description="Relative weights of the values, as whole numbers."
    )

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, list | str) else value

    @model_validator(mode="after")
    def _weighted(self) -> Choice:
        if self.weights is not None and (
            isinstance(self.from_, str) or len(self.weights) != len(self.from_) or not sum(self.weights)
        ):
            raise ValueError("weights need one entry for each value and a sum above 0")
        return self

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> Any:
        """Return the value."""
        values = values_of(self.from_, known)
        if self.weights is None:
            return stream.choice(values)
        mark = stream.below(sum(self.weights))
        for value, weight in zip(values, self.weights, strict=True):
            mark -= weight
            if mark < 0:
                return value
        raise AssertionError("unreachable: the mark is below the sum of the weights")


class Sample(Params):
    """`count` of the values without replacement, as a list in random order."""

    positional = ("from_", "count")
    from_: Values = Field(alias="from")
    count: WholeNumber

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> list[Any]:
        """Return the list."""
        values = values_of(self.from_, known)
        count = whole(self.count, known)
        if count > len(values):
            raise TemplateFault(
                f"sample: {count} of {len(values)} values cannot be drawn without replacement (lower count)"
            )
        return stream.sample(values, count)


class Permutation(Params):
    """All the values in random order."""

    single = "of"
    of: Values

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return {"of": value} if isinstance(value, list | str) else value

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> list[Any]:
        """Return the list."""
        values = values_of(self.of, known)
        return stream.sample(values, len(values))


Length = Annotated[
    tuple[int, int],
    BeforeValidator(lambda value: [value, value] if isinstance(value, int) else value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer"},
                {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]


class Pseudoword(Params):
    """A pronounceable word without a meaning, of alternating consonants and vowels."""

    single = "length"
    length: Length = Field(default=(4, 7), description="Number of letters, or [minimum, maximum].")
    capitalize: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Pseudoword:
        low, high = self.length
        if not 1 <= low <= high <= 100:
            raise ValueError(f"length {low} to {high} is not within 1 to 100 in rising order (write [3, 6])")
        return self

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return the word."""
        length, first = stream.between(*self.length), stream.below(2)
        letters = [stream.choice(VOWELS if (place + first) % 2 else CONSONANTS) for place in range(length)]
        word = "".join(letters)
        return word.capitalize() if self.capitalize else word


class PersonName(Params):
    """A person's name from the package's list."""

    single = "part"
    part: str = Field(default="full", pattern=r"^(first|last|full)$")

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return the name."""
        first, last = stream.choice(FIRST_NAMES), stream.choice(LAST_NAMES)
        return {"first": first, "last": last}.get(self.part, f"{first} {last}")


class Symbol(Params):
    """A symbol, or with `count` a list of different symbols."""

    single = "kind"
    kind: str = Field(
        default="shapes", description="Set of symbols: shapes, greek, arrows, punctuation, letters or digits."
    )
    count: WholeNumber | None = None

    @model_validator(mode="after")
    def _known(self) -> Symbol:
        if self.kind not in SYMBOLS:
            raise ValueError(f"unknown kind '{self.kind}' ({suggestion(self.kind, SYMBOLS)})")
        return self

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> Any:
        """Return the symbol or the list."""
        symbols = SYMBOLS[self.kind]
        if self.count is None:
            return stream.choice(symbols)
        return stream.sample(symbols, whole(self.count, known, 0, len(symbols)))


def draws(
    source: Generator, count: int, distinct: bool, stream: RandomStream, known: Mapping[str, Any]
) -> list[Any]:
    """Draw `count` values; raise `TemplateFault` if not enough distinct ones are found."""
    values: list[Any] = []
    for _ in range(count * (50 if distinct else 1)):
        if len(values) == count:
            break
        value = source.draw(stream, known)
        if not distinct or value not in values:
            values.append(value)
    if len(values) < count:
        raise TemplateFault(
            f"no {count} distinct values in {count * 50} draws (lower count or widen the generator)"
        )
    return values


class ListOf(Params):
    """`count` draws from another generator, as a list."""

    positional = ("of", "count")
    of: Source
    count: WholeNumber
    distinct: bool = False

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> list[Any]:
        """Return the list."""
        return draws(self.of, whole(self.count, known), self.distinct, stream, known)


class Join(Params):
    """`count` draws from another generator, joined into one text."""

    positional = ("of", "count")
    of: Source
    count: WholeNumber
    separator: str = " "
    distinct: bool = False

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> str:
        """Return the text."""
        entries = draws(self.of, whole(self.count, known), self.distinct, stream, known)
        return self.separator.join(str(entry) for entry in entries)


class ComputedValue(Params):
    """A value computed from the variables before it, by a Jinja2 expression."""

    single = "value"
    value: str

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return the value."""
        return evaluate(self.value, known)


class TemplateText(Params):
    """A text rendered from the variables before it."""

    single = "value"
    value: str

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return the text."""
        return render(self.value, known)


class FamilyTask(Params):
    """A task of one of the library's families, with `question`, `answer`, `rationale` and `facts`."""

    positional = ("name", "level")
    name: str
    level: WholeNumber = Field(description="Level of difficulty: 1 to 3, or an expression.")
    language: Language = "en"

    @model_validator(mode="after")
    def _known(self) -> FamilyTask:
        if self.name not in DRAWS:
            raise ValueError(f"unknown family '{self.name}' ({suggestion(self.name, DRAWS)})")
        return self

    def draw(self, stream: RandomStream, known: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the task; equal streams give the same content in every language."""
        drawn = DRAWS[self.name](stream, whole(self.level, known, 1, 3), self.language)
        return {
            "question": drawn.question,
            "answer": drawn.answer,
            "rationale": drawn.rationale,
            "facts": list(drawn.facts),
        }


GENERATORS: dict[str, Any] = {
    "choice": Choice,
    "digits": Digits,
    "expression": ComputedValue,
    "family": FamilyTask,
    "float": Float,
    "integer": Integer,
    "join": Join,
    "list": ListOf,
    "name": PersonName,
    "permutation": Permutation,
    "pseudoword": Pseudoword,
    "sample": Sample,
    "symbol": Symbol,
    "template": TemplateText,
}
