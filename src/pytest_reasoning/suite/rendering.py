"""Renders worked examples and options, the parts of a case with special rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_reasoning.records import Exemplar
from pytest_reasoning.suite.format.fields import is_tag
from pytest_reasoning.suite.format.schema import ExemplarSpec, Overridable
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate, render


def rendered(key: str, template: str, variables: Mapping[str, Any]) -> str:
    """Render a template; raises `TemplateFault`, which names the template by `key`."""
    try:
        return render(template, variables)
    except TemplateFault as fault:
        raise TemplateFault(f"{key}: {fault}") from None


def tags_of(templates: tuple[str, ...], variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Render the tags of a generated case; raises `TemplateFault`, also for a text that is not a tag."""
    tags = tuple(rendered("tags", template, variables) for template in templates)
    for tag in tags:
        if not is_tag(tag):
            raise TemplateFault(
                f"tags: {tag!r} is not a tag (use letters, digits, - and _, and begin with a letter)"
            )
    return tags


def exemplar_of(
    exemplar: ExemplarSpec, owner: Overridable, defaults: Mapping[str, Any], rationales: str | None
) -> Exemplar:
    """Render one worked example.

    `owner` is the suite or case whose templates serve where it has none; `rationales` names the strategy that
    shows its chain of thought, if any does. Raises `TemplateFault`.
    """
    variables = {**defaults, **(exemplar.model_extra or {})}
    prompt, target = exemplar.prompt or owner.prompt, exemplar.target or owner.target
    if prompt is None or target is None:
        raise TemplateFault(
            f"no {'prompt' if prompt is None else 'target'} (give one to the suite or to the exemplar)"
        )
    if exemplar.rationale is None and rationales is not None:
        raise TemplateFault(
            f"no rationale, which strategy '{rationales}' shows (add `rationale`, or drop the strategy)"
        )
    options = variables.get("options", owner.options)
    if options is not None:
        variables["options"] = list(options_of(options if isinstance(options, str) else tuple(options), variables))
    question = rendered("prompt", prompt, variables)
    answer = rendered("target", target[0], variables)
    known = {**variables, "prompt": question, "target": answer}
    rationale = None if exemplar.rationale is None else rendered("rationale", exemplar.rationale, known)
    return Exemplar(prompt=question, target=answer, rationale=rationale)


def options_of(options: str | tuple[str, ...] | None, variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options of a question: rendered one by one, or the list an expression gives."""
    if options is None:
        return ()
    if not isinstance(options, str):
        return tuple(rendered("options", str(option), variables) for option in options)
    try:
        values = evaluate(options, variables)
    except TemplateFault as fault:
        raise TemplateFault(f"options: {fault}") from None
    if not isinstance(values, list | tuple) or not values:
        raise TemplateFault(f"options: '{options}' is {values!r}, not a list of answers (change the expression)")
    return tuple(str(value) for value in values)
