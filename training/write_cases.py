"""The suites of the trained tasks: `python -m training.write_cases` writes their held-out cases into `cases/`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

from training.suites import SUITES, SuitePlan
from training.tasks import TASKS, Instance
from training.thresholds import thresholds

CASES = Path(__file__).parent.parent / "cases"
EXEMPLARS = 2
LONGEST_SLUG = 32


def instances(name: str, plan: SuitePlan) -> list[Instance]:
    """Draw the worked examples, then the cases, all different and all of the held-out split."""
    rng = Random(f"suite {name}")
    task = TASKS[plan.task]
    found: list[Instance] = []
    while len(found) < EXEMPLARS + plan.count:
        place = len(found) - EXEMPLARS
        size = plan.sizes[place % len(plan.sizes)] if plan.sizes else plan.size
        drawn = task.draw(rng, "heldout", (plan.shown_size or size) if place < 0 else size)
        if drawn not in found:
            found.append(drawn)
    return found


def text(value: str) -> str:
    """Write a YAML scalar; JSON strings are YAML strings."""
    return json.dumps(value, ensure_ascii=False)


def slug(instance: Instance, place: int) -> str:
    """Name a case after its variables, or by its number where they are long."""
    name = re.sub(r"[^a-z0-9]+", "-", " ".join(instance.variables.values()).lower()).strip("-")
    return name if len(name) <= LONGEST_SLUG else f"case-{place:02}"


def suite_text(name: str, plan: SuitePlan) -> str:
    """Write one suite file."""
    task = TASKS[plan.task]
    prompt = re.sub(r"\{(\w+)\}", r"{{ \1 }}", task.template)
    drawn = instances(name, plan)
    lines = [
        "# yaml-language-server: $schema=../src/pytest_reasoning/suite/format/suite.schema.json",
        "# Written by `python -m training.write_cases`: no embedded model saw these cases in training.",
        f"suite: {name.replace('_', '-')}",
        f"description: {text(plan.description)}",
        f"tags: [{', '.join(plan.tags)}]",
        f"prompt: {text(prompt)}",
        'target: "{{ answer }}"',
        f"scorer: {plan.scorer}",
        f"strategies: [{', '.join(plan.strategies)}]",
        f'generation: {{max_tokens: {plan.max_tokens}, temperature: 0, stop: ["\\n\\n"]}}',
    ]
    if asked := thresholds().get(name.replace("_", "-")):
        lines.append("threshold:")
        for model, bound in asked.items():
            lines.append(f"  {model}: {{{', '.join(f'{key}: {value:g}' for key, value in bound.items())}}}")
    lines.append("fewshot:")
    for shown in drawn[:EXEMPLARS]:
        fields = {**shown.variables, "answer": shown.answer}
        if "cot" in plan.strategies:
            fields["rationale"] = shown.rationale
        lines.append(f"  - {{{', '.join(f'{key}: {text(value)}' for key, value in fields.items())}}}")
    lines.append("cases:")
    for place, case in enumerate(drawn[EXEMPLARS:], 1):
        fields = {"id": slug(case, place), **case.variables, "answer": case.answer}
        lines.append(f"  - {{{', '.join(f'{key}: {text(value)}' for key, value in fields.items())}}}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every suite of the plan."""
    CASES.mkdir(exist_ok=True)
    for name, plan in SUITES.items():
        (CASES / f"{name}.yaml").write_text(suite_text(name, plan), encoding="utf-8")
    print(f"{len(SUITES)} suites in {CASES}")


if __name__ == "__main__":
    main()
