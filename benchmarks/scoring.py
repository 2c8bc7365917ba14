"""What reading answers costs: `scoring.py [--completions 50000] [--hostile]`.

Writes that many recorded completions of nine kinds and as many cases, runs pytest on them in a process of its own,
and prints the processor time and peak memory of that process, beside those of plain pytest on as many empty items.
`--wrong` gives that share of the cases a target that no completion has. `--hostile` scores 100,000 characters of
each of many repeated characters and phrases with every scorer, and prints the slowest.
"""

from __future__ import annotations

import argparse
import json
import os
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
OTHER = {
    "number": "-1", "exact": "none", "contains": "none", "boolean": "no", "date": "1999-01-01", "list": "x, y",
    "choice": "none",
}  # fmt: skip
"Targets that no completion has, by scorer."


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


EMPTY = """
import pytest

class Empty(pytest.Item):
    def runtest(self): pass

class Lines(pytest.File):
    def collect(self):
        for name in self.path.read_text().split():
            yield Empty.from_parent(self, name=name)

def pytest_collect_file(file_path, parent):
    return Lines.from_parent(parent, path=file_path) if file_path.suffix == ".items" else None
"""
"A `conftest.py` that collects an empty item for each word of a file."


def write_recordings(root: Path, count: int, wrong: float) -> list[str]:
    """Write recordings and the suites they answer; return the names of the suites' files."""
    draw = random.Random(SEED)
    rows: dict[str, list[str]] = {}
    with root.joinpath("made.jsonl").open("w", encoding="utf-8") as made:
        for number, (scorer, target, text) in enumerate(completions(count, draw)):
            made.write(json.dumps({"id": f"c{number}", "completion": text}) + "\n")
            asked = OTHER[scorer] if (number + 1) * wrong % 1 < wrong else target
            rows.setdefault(scorer, []).append(json.dumps({"id": f"c{number}", "n": number, "t": asked}))
    for scorer, lines in rows.items():
        root.joinpath(f"{scorer}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        options = f"options: {json.dumps([*COLORS, 'none'])}\n" if scorer == "choice" else ""
        suite = f'prompt: "Question {{{{ n }}}}"\ntarget: "{{{{ t }}}}"\nscorer: {scorer}\nthreshold: 0.1\n'
        data = f"dataset: {{file: {scorer}.jsonl, id: id}}\n"
        root.joinpath(f"{scorer}s.yaml").write_text(suite + options + data, encoding="utf-8")
    return sorted(path.name for path in root.glob("*.yaml"))


def measured(root: Path, *arguments: str) -> tuple[str, float, float]:
    """Run pytest; return the last line of its output, its processor time in seconds and its peak memory in MB."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    command += ["-p", "no:hypothesispytest", *arguments]
    # as on a user's machine, compiled modules are kept between runs
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    with root.joinpath("output").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise SystemExit(said[-2000:])
    return said.strip().splitlines()[-1], used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def recorded(count: int, wrong: float, repeats: int) -> None:
    """Run pytest on recorded completions and on empty items in turn; print the least time and memory of each."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        root, plain = Path(folder), Path(other)
        suites = write_recordings(root, count, wrong)
        plain.joinpath("conftest.py").write_text(EMPTY, encoding="utf-8")
        plain.joinpath("all.items").write_text("\n".join(f"c{n}" for n in range(count)), encoding="utf-8")
        runs, empty = [], []
        for _ in range(repeats):
            runs.append(measured(root, "--reasoning-models=completions:made.jsonl", *suites))
            empty.append(measured(plain, "all.items"))
    for name, found in (("recorded completions", runs), ("empty items of plain pytest", empty)):
        said, seconds, memory = min(found, key=lambda run: run[1])
        print(f"{count:,} {name}: {seconds:.1f} s of processor time, {memory:.0f} MB  ({said})")


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
    parser.add_argument("--wrong", type=float, default=0.0, help="share of wrong answers, 0..1")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--hostile", action="store_true")
    args = parser.parse_args()
    if args.hostile:
        hostile()
    else:
        recorded(args.completions, args.wrong, args.repeats)


if __name__ == "__main__":
    main()
