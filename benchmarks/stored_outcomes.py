"""How long 10,000 outcomes take that are in the store: `python benchmarks/stored_outcomes.py`.

Runs a generated suite on `nano`, cold and then again; beside it, as many empty parametrised tests, which is what
pytest itself takes. The bar is 10 s.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from collection import generated
from pytest_runs import run_pytest

EMPTY = "import pytest\n\n@pytest.mark.parametrize('n', range({count}))\ndef test_nothing(n):\n    pass\n"


def main() -> None:
    """Print a Markdown table; the last column is pytest's own last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    print("| run | wall s | CPU s | |\n|---|--:|--:|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases").mkdir()
        generated(folder, count)
        with (folder / "cases" / "big.yaml").open("a", encoding="utf-8") as suite:
            suite.write("generation: {max_tokens: 8}\n")
        (folder / "test_empty.py").write_text(EMPTY.format(count=count), encoding="utf-8")
        runs = {
            f"{count:,} empty tests": ("test_empty.py",),
            f"{count:,} cases, cold": ("cases", "--reasoning-models=nano"),
            f"{count:,} cases, stored": ("cases", "--reasoning-models=nano"),
        }
        for what, arguments in runs.items():
            wall_s, cpu_s, out = run_pytest(folder, *arguments)
            said = out.rstrip().rpartition("\n")[2].strip("= ")
            print(f"| {what} | {wall_s:.2f} | {cpu_s:.2f} | {said} |", flush=True)


if __name__ == "__main__":
    main()
