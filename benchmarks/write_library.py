"""Writes the suites of the library: src/pytest_reasoning/library/suites/LANGUAGE/FAMILY.yaml.

    python benchmarks/write_library.py [--check]

The worked examples are drawn by the families themselves, from a seed that no suite has; none of them is a case of a
suite. With --check nothing is written, and the exit status is 1 if a file is not as it would be written.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from dataclasses import dataclass

from pytest_reasoning.library import FAMILIES, LANGUAGES, Family
from pytest_reasoning.suite.format.generators import GenerateSpec
from pytest_reasoning.suite.generate.families.all import DRAWS
from pytest_reasoning.suite.generate.families.drawn import Drawn, Language
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.instances import instances

COUNT = 60
"Number of cases per level."
SEED = 2026
"Seed of the cases."
EXEMPLAR_SEED = "exemplars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The settings of a suite apart from its questions."""

    scorer: str = "{type: exact, ignore_case: true}"
    scorer_pt: str = ""
    "Its scorer in Portuguese, if it is another."
    direct: int = 16
    "Token limit of an answer."
    cot: int = 160
    "Token limit of a chain of thought with its answer."


NUMBER, BOOLEAN = "number", "boolean"
LIST = "list"
SHEETS = {
    "letter-count": Sheet(scorer=NUMBER, cot=128),
    "spell-backwards": Sheet(direct=24, cot=96),
    "symbol-mapping": Sheet(scorer=NUMBER, cot=96),
    "caesar": Sheet(cot=128),
    "number-cipher": Sheet(scorer=LIST, direct=48, cot=160),
    "word-sorting": Sheet(scorer=LIST, direct=48, cot=224),
    "brackets": Sheet(scorer="exact", cot=224),
    "list-operations": Sheet(scorer=LIST, direct=40, cot=160),
    "nested-lists": Sheet(scorer=NUMBER, cot=128),
    "palindromes": Sheet(scorer=BOOLEAN, direct=8, cot=128),
    "arithmetic": Sheet(scorer=NUMBER, cot=96),
    "number-sorting": Sheet(scorer=LIST, direct=48, cot=256),
    "word-problems": Sheet(scorer=NUMBER, cot=128),
    "object-counting": Sheet(scorer=NUMBER, cot=96),
    "coin-flips": Sheet(scorer=BOOLEAN, direct=8, cot=128),
    "shuffled-objects": Sheet(scorer="{type: contains, words: true, ignore_case: true}"),
    "walks": Sheet(scorer=NUMBER),
    "boolean-expressions": Sheet(scorer=BOOLEAN, direct=8, cot=96),
    "truth-tellers": Sheet(scorer=BOOLEAN, direct=8, cot=128),
    "syllogisms": Sheet(scorer=BOOLEAN, direct=8, cot=128),
    "family-relations": Sheet(cot=128),
    "shortest-path": Sheet(scorer=NUMBER, cot=160),
    "sudoku": Sheet(cot=128),
    "weekdays": Sheet(cot=96),
    "dates": Sheet(scorer="date", scorer_pt="{type: date, day_first: true}", direct=24, cot=160),
    "commands": Sheet(direct=80, cot=224),
    "needle": Sheet(scorer=NUMBER, cot=64),
}
WORDS = {
    "en": {"lead": "Q:", "conclusion": "The answer is", "trigger": "Let's think step by step.",
           "extraction": "Therefore, the answer is"},
    "pt": {"lead": "P:", "conclusion": "A resposta é", "trigger": "Vamos pensar passo a passo.",
           "extraction": "Portanto, a resposta é"},
}  # fmt: skip


def cases(name: str, language: Language) -> set[str]:
    """Return the questions of a suite."""
    variable = {"family": {"name": name, "level": "level", "language": language}}
    spec = GenerateSpec.model_validate(
        {"name": name, "count": COUNT, "seed": SEED, "sweep": {"level": [1, 2, 3]}, "vars": {"case": variable}}
    )
    return {instance.variables["case"]["question"] for instance in instances(spec)}


def exemplars(name: str, language: Language) -> list[Drawn]:
    """Return worked examples of all levels; none is a case of a suite in any language."""
    asked = {each: cases(name, each) for each in ("en", "pt")}
    found: list[Drawn] = []
    shown: Counter[str] = Counter()
    attempt = 0
    for level in (1, 2, 2, 3):
        for tries in itertools.count():
            attempt += 1
            drawn = {
                each: DRAWS[name](RandomStream(EXEMPLAR_SEED, attempt, name), level, each) for each in ("en", "pt")
            }
            new = all(drawn[each].question not in asked[each] for each in drawn)
            if new and shown[drawn["en"].answer] <= tries // 50:  # other answers first, so yes and no are balanced
                shown[drawn["en"].answer] += 1
                found.append(drawn[language])
                break
    return found


def text_of(family: Family, language: Language) -> str:
    """Return the text of a suite's file."""
    sheet, words = SHEETS.get(family.name, Sheet()), WORDS[language]
    about = family.about if language == "en" else family.about_pt
    scorer = sheet.scorer if language == "en" else sheet.scorer_pt or sheet.scorer
    thought = f"conclusion: {json.dumps(words['conclusion'], ensure_ascii=False)}, max_tokens: {sheet.cot}"
    stages = ", ".join(f"{key}: {json.dumps(words[key], ensure_ascii=False)}" for key in ("trigger", "extraction"))
    tags = ", ".join((*family.tags, language, "library"))
    lines = [
        "# Written by `python benchmarks/write_library.py`.",
        f"suite: {family.suite(language)}",
        f"description: {json.dumps(about[0].upper() + about[1:] + '.', ensure_ascii=False)}",
        f"tags: [{tags}]",
        f'prompt: "{words["lead"]} {{{{ case.question }}}}"',
        'target: "{{ case.answer }}"',
        f"scorer: {scorer}",
        "strategies:",
        "  - direct",
        f"  - {{name: cot, {thought}}}",
        f"  - {{name: zero-shot-cot, {stages}, max_tokens: {sheet.cot}}}",
        f"generation: {{max_tokens: {sheet.direct}, temperature: 0}}",
        "generate:",
        f"  name: {family.name}",
        f"  count: {COUNT}",
        f"  seed: {SEED}",
        "  sweep: {level: [1, 2, 3]}",
        '  tags: ["level-{{ level }}"]',
        "  vars:",
        f"    case: {{family: {{name: {family.name}, level: level, language: {language}}}}}",
        "fewshot:",
    ]
    for one in exemplars(family.name, language):
        case = json.dumps({"question": one.question, "answer": one.answer}, ensure_ascii=False)
        lines += [f"  - case: {case}", f"    rationale: {json.dumps(one.rationale, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the files, or with `--check` compare them."""
    changed = 0
    for family in FAMILIES:
        for language in LANGUAGES:
            path = family.path(language)
            text = text_of(family, language)  # type: ignore[arg-type]
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            changed += 1
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print(f"{changed} files changed")
    return int("--check" in sys.argv and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
