"""How far models lie apart that differ in the training seed alone: `training_seeds.py seed-0.gguf seed-1.gguf …`.

It gives the noise level of `pytest-reasoning inside --distance`: every pair of the files is compared in each suite
of `distance`, and each file with a larger model. They come from `python -m training.train small --seed N` and
`python -m training.export small --seed N --to FILE`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from document import put_section

SUITES = {"mapping": "mapping", "logic": "logic", "long-sums": "sums of 4 digits"}
"The suites of `distance`, and what the table calls them."
CASES = 12


def measure(models: list[str], stimuli: int) -> dict[str, dict[str, Any]]:
    """Return the reported distances from the first of the largest models, by suite, and under them by model."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        files = [str(Path(__file__).with_name("distance") / f"{suite}.yaml") for suite in SUITES]
        options = [f"--cases={CASES}", f"--distance={stimuli}", f"--json={report}"]
        command = "import sys; from pytest_reasoning.cli import main; sys.exit(main(sys.argv[1:]))"
        subprocess.run(
            [sys.executable, "-c", command, "inside", *models, *files, *options],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found: dict[str, dict[str, Any]] = {suite: {} for suite in SUITES}
        results = json.loads(report.read_text(encoding="utf-8"))
    for one in results["distances"]:
        found[one["suite"]][one["model"]] = one
    return found


def row(words: str, found: list[dict[str, Any]]) -> str:
    """Return a row of the table: every distance with its 95 % interval, and how far they lie from each other."""
    cells = ", ".join(
        f"{one['distance']:.2f} ({one['interval'][0]:.2f} to {one['interval'][1]:.2f})" for one in found
    )
    values = [one["distance"] for one in found]
    return f"| {words} | {cells} | {max(values) - min(values):.2f} |"


def main() -> None:
    """Measure all pairs and print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="+", help="models of one size, the first seed first; embedded names too")
    parser.add_argument("--larger", default="large", help="the model that each is compared with too")
    parser.add_argument("--stimuli", type=int, default=24)
    parser.add_argument("--write", type=Path, help="the page in which the table is put")
    given = parser.parse_args()
    between = [measure(given.seeds[place:], given.stimuli) for place in range(len(given.seeds) - 1)]
    larger = measure([*given.seeds, given.larger], given.stimuli)
    lines = ["| suite | distances (95 %) | largest less smallest |", "|---|---|--:|"]
    for suite, words in SUITES.items():
        lines.append(row(f"{words}, between two seeds", [one for pair in between for one in pair[suite].values()]))
        lines.append(row(f"{words}, each seed from `{given.larger}`", list(larger[suite].values())))
    table = "\n".join(lines)
    print(table)
    if given.write:
        put_section(given.write, "training seeds", table)


if __name__ == "__main__":
    main()
