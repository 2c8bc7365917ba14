"""What reading answers costs: `scoring.py [--completions 50000] [--hostile]`.

Writes that many recorded completions of nine kinds and as many cases, runs pytest on them in a process of its own,
and prints processor time and peak memory of that process and its children. `--hostile` scores 100,000 characters of
each of many repeated characters and phrases with every scorer, and prints the slowest.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_reasoning.records import Case, Completion, Generation, ScorerSpec
from pytest_reasoning.scoring import score_completion

SEED = 20261128
COLORS = ("red", "green", "blue", "yellow")
UNITS = (
    *"#*_`$\\{}[]()<>\"'.,;:!?-=+/|~ \n\ta1AB9", "é", "答", "は", "정", "½", "\u200b", "\u0301",
    "The answer is 3. ", "Answer: B\n", "\\boxed{3} ", "\\boxed{", "#### 3\n", "<think>", "</think>",
    "答案是3。", "정답은 3입니다. ", "I choose B. ", "not ", "yes no ", "1, 2, ", "- a\n", '{"a": 1} ',
    '{"a":', "[1,", "```\n", "2024-03-31 ", "3/4 ", "1,234 ", "x = 3 ", "\\frac{1}{2} ", "answer to the ",
    "because ", "42abc ", "**3** ", "A, B, C ", "3 and ",
)  # fmt: skip
SCORERS: dict[str, tuple[str, dict[str, object]]] = {
    "exact": ("x", {}), "number": ("7", {}), "choice": ("B", {}), "boolean": ("yes", {}), "contains": ("zebra", {}),
    "list": ("a, b", {}), "set": ("a, b", {}), "date": ("2024-03-31", {}), "json": ('{"a": 2}', {}),
    "regex": ("7", {"pattern": "([0-9]+)"}),
}  # fmt: skip


def completions(count: int, draw: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (scorer, target, completion) for typical answers of models."""
    for _ in range(count):
        a, b = draw.randint(2, 99), draw.randint(2, 99)
        steps = "".join(
            f"Step {n}: we take {draw.randint(2, 99)} of the {draw.randint(2, 99)} and add them up.\n"
            for n in range(1, draw.randint(2, 9))
        )
        letter, color = draw.choice("ABCD"), draw.choice(COLORS)
        yield draw.choice(
            [
                ("number", str(a + b), f"{steps}So {a} + {b} = {a + b}. The answer is {a + b}."),
                ("number", str(a * b), f"{steps}#### {a * b}"),
                ("number", str(a), f" {a}.\n\n{steps}"),
                ("exact", color, f"{steps}Answer: {color}"),
                ("contains", color, f"{steps}It is {color}, I think."),
                ("boolean", "yes", f"Yes, because {a} is less than {a + b}. {steps}"),
                ("date", "2024-03-31", f"{steps}**Final answer:** March 31, 2024"),
                ("list", f"{a}, {b}", f"{steps}The answer is {a} and {b}."),
                ("choice", letter, f"{steps}I choose ({letter})."),
            ]
        )


def recorded(count: int) -> None:
    """Run pytest on recorded completions and print its time and memory."""
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows: dict[str, list[str]] = {}
        with root.joinpath("made.jsonl").open("w", encoding="utf-8") as made:
            for number, (scorer, target, text) in enumerate(completions(count, draw)):
                made.write(json.dumps({"id": f"c{number}", "completion": text}) + "\n")
                rows.setdefault(scorer, []).append(json.dumps({"id": f"c{number}", "n": number, "t": target}))
        for scorer, lines in rows.items():
            root.joinpath(f"{scorer}.jsonl").write_text("\n".join(lines), encoding="utf-8")
            options = f"options: {json.dumps(COLORS)}\n" if scorer == "choice" else ""
            suite = f'prompt: "Question {{{{ n }}}}"\ntarget: "{{{{ t }}}}"\nscorer: {scorer}\nthreshold: 0.5\n'
            data = f"dataset: {{file: {scorer}.jsonl, id: id}}\n"
            root.joinpath(f"{scorer}s.yaml").write_text(suite + options + data, encoding="utf-8")
        suites = sorted(path.name for path in root.glob("*.yaml"))
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider",
             "-p", "no:hypothesispytest", "--reasoning-models=completions:made.jsonl", *suites],
            cwd=root, check=False, capture_output=True, text=True,
        )  # fmt: skip
        wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(done.stdout.strip().splitlines()[-1])
    print(
        f"{count:,} completions: {used.ru_utime + used.ru_stime:.1f} s of processor time, {wall:.1f} s, "
        f"{used.ru_maxrss / 1024:.0f} MB"
    )


def hostile() -> None:
    """Print the slowest scorings of the output of a looping model."""
    found = []
    for scorer, (target, params) in SCORERS.items():
        case = Case(
            suite="s", id="c", file="f", line=1, prompt="?", target=(target,), options=COLORS,
            scorer=ScorerSpec(type=scorer, params=params), generation=Generation(),
        )  # fmt: skip
        for unit in UNITS:
            text = ("The answer is " + unit * (100_000 // len(unit)))[:100_000]
            began = time.process_time()
            score_completion(case, Completion(text=text, tokens=(), logprobs=(), finish="stop", prompt_tokens=1))
            found.append((time.process_time() - began, scorer, unit))
    found.sort(reverse=True)
    for seconds, scorer, unit in found[:10]:
        print(f"{seconds:.3f} s  {scorer:10} {unit!r}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found)} readings of 100,000 characters, the slowest {found[0][0]:.3f} s, {peak:.0f} MB at most")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--completions", type=int, default=50_000)
    parser.add_argument("--hostile", action="store_true")
    args = parser.parse_args()
    if args.hostile:
        hostile()
    else:
        recorded(args.completions)


if __name__ == "__main__":
    main()
