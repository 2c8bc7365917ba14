"""What spoiled input does to all that reads it: `python benchmarks/fuzz.py --minutes=60` writes the results.

Each target of `tests/hostile/fuzz/` gets the same share of the time, in a process of its own whose memory is
limited. An input counts as broken if the promise of its target does not hold, as slow if it takes more processor
time than the target allows, and as hung if it takes a minute. What was put in is kept in `--keep`. The tests of
everything hostile run once before, and both tables go into docs/internals/reliability.md.
"""

from __future__ import annotations

import argparse
import ast
import json
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "internals" / "reliability.md"
HUNG_S = 60
MEMORY_BYTES = 4 << 30
ROUND = 200
"Inputs between two looks at the clock, and between two new seeds."
TESTED = (
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "hostile").glob("test_*.py")),
    "tests/engine/others/test_endpoint_limits.py",
    "tests/engine/process/test_engine_faults.py",
    "tests/engine/store/test_store.py",
    "tests/verdict/baseline/test_baseline_file.py",
    "tests/integration/test_xdist.py",
)

sys.path[:0] = [str(ROOT / "tests" / "hostile" / "fuzz"), str(ROOT / "tests")]


@dataclass(slots=True, kw_only=True)
class Found:
    """The results of one fuzz target."""

    tried: int = 0
    broken: int = 0
    slow: int = 0
    hung: int = 0
    worst_s: float = 0.0
    "Processor time in seconds."
    memory_mb: float = 0.0
    "Peak memory of the process, above its memory before the first input."
    kinds: dict[str, str] = field(default_factory=dict)
    "Maps each failure to the shortest input that caused it."


class Hung(BaseException):
    """Raised when an input has taken a minute."""


def main() -> None:
    """Run the tests and every target, and write the results page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="for all targets together (60)")
    parser.add_argument("--targets", default="", help="names, with commas between them (all)")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "reasoning-fuzz-found.json")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round (the time)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(asdict(tried(options.one, options.minutes * 60, options.seed))))
        return
    from fuzz_targets import TARGETS

    wanted = options.targets.split(",") if options.targets else [target.name for target in TARGETS]
    results: dict[str, Found] = {}
    for name in wanted:
        results[name] = in_process(name, options.minutes / len(wanted), options.seed)
        print(
            f"{name}: {json.dumps({key: value for key, value in asdict(results[name]).items() if key != 'kinds'})}"
        )
        for kind in results[name].kinds:
            print(f"  {kind}", flush=True)
        options.keep.write_text(json.dumps({name: asdict(found) for name, found in results.items()}, indent=1))
    if len(wanted) == len(TARGETS):
        write_page(results, options.minutes)
    sys.exit(1 if any(found.broken or found.slow or found.hung for found in results.values()) else 0)


def in_process(name: str, minutes: float, seed: int) -> Found:
    """Run one target in a separate process; if the process dies, its input counts as broken."""
    command = [sys.executable, __file__, f"--one={name}", f"--minutes={minutes}", f"--seed={seed}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return Found(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        return Found(broken=1, kinds={f"the process ended with status {done.returncode}": done.stderr[-2000:]})


def tried(name: str, seconds: float, seed: int) -> Found:
    """Try inputs of one target until the time is up."""
    from fuzz_targets import TARGETS
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    (target,) = [target for target in TARGETS if target.name == name]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    found = Found()
    until = time.monotonic() + seconds
    with target.open() as check:
        before_mb = memory_mb()

        def try_one(data: Any) -> None:
            if time.monotonic() > until:
                return
            found.tried += 1
            began = time.process_time()
            try:
                with alarm(HUNG_S):
                    check(data)
            except Hung:
                found.hung += 1
                worked = time.process_time() - began
                note(found, f"took {HUNG_S} s, {'waiting' if worked < HUNG_S / 2 else 'working'}", data)
            except Exception as error:
                found.broken += 1
                note(found, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}", data)
            else:
                taken = time.process_time() - began
                found.worst_s = max(found.worst_s, taken)
                if taken > target.limit_s:
                    found.slow += 1
                    note(found, f"took more than {target.limit_s} s", data)

        while time.monotonic() < until:
            options = settings(
                max_examples=ROUND,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            seeded(seed)(options(given(target.inputs)(try_one)))()
            seed += 1
        found.memory_mb = memory_mb() - before_mb
    return found


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise Hung inside a block that takes longer than the limit."""

    def ring(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Hung

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def note(found: Found, kind: str, data: Any) -> None:
    """Keep the shortest input of each kind of failure, for at most twenty kinds."""
    written = repr(data)
    if kind in found.kinds or len(found.kinds) < 20:
        found.kinds[kind] = min(found.kinds.get(kind, written), written, key=len)


def memory_mb() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_page(results: dict[str, Found], minutes: float) -> None:
    """Replace both tables of the page."""
    from fuzz_targets import TARGETS

    heads = (
        "target",
        "what is spoiled",
        "what must come of it",
        "tried",
        "broken",
        "hung",
        "slow",
        "longest",
        "memory",
    )
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|--:|--:|--:|--:|--:|--:|"]
    for target in TARGETS:
        found = results[target.name]
        rows.append(
            f"| {target.name} | {target.what} | {target.promise} | {found.tried:,} | {found.broken} | "
            f"{found.hung} | {found.slow} over {target.limit_s:g} s | {found.worst_s:.2f} s | "
            f"{found.memory_mb:.0f} MB |"
        )
    total = sum(found.tried for found in results.values())
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    rows += ["", f"{total:,} inputs in {minutes:g} minutes on {machine}."]
    text = replaced(PAGE.read_text(encoding="utf-8"), "fuzz", rows)
    PAGE.write_text(replaced(text, "tests", tests_table()), encoding="utf-8")


def tests_table() -> list[str]:
    """Run the tests of everything hostile; return how many each file has and how many passed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junitxml={path}", *TESTED]
        subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        cases = list(ElementTree.parse(path).iter("testcase"))
    rows = ["| what is tried | where | tests | passed |", "|---|---|--:|--:|"]
    for name in TESTED:
        own = [case for case in cases if case.get("file") == name and case.find("skipped") is None]
        passed = sum(case.find("failure") is None and case.find("error") is None for case in own)
        first = (ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8"))) or name).partition("\n")[0]
        rows.append(f"| {first.rstrip('.')} | `{name}` | {len(own)} | {passed} |")
    return rows


def replaced(text: str, name: str, rows: list[str]) -> str:
    """Return the page with new rows between the marks of a table."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    head, _, rest = text.partition(begin)
    return f"{head}{begin}" + "\n".join(rows) + end + rest.partition(end)[2]


if __name__ == "__main__":
    main()
