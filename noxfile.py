"""What CI runs, each in its own environment: nox -s tests-3.12, lowest, newest, lint, docs, coverage, dist."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests", "docs", "dist"]
nox.options.error_on_missing_interpreters = False
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

LOWEST_TESTS = (
    "tests/models/gguf",
    "tests/integration/test_quantize_option.py",
    "tests/integration/test_html_option.py",
    "tests/integration/test_json_option.py",
    "tests/integration/test_schema_option.py",
)
"Tests of what the libraries with a lower bound do, which need no tool that is newer than they are."


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Run the tests of use with the lowest versions that pyproject.toml allows."""
    session.install("packaging", "tomli")
    # not `create_tmp`, which would also become TMPDIR: runs of pytest there would take the clone for their root
    constraints = Path(session.virtualenv.location) / "lowest.txt"
    text = session.run("python", "tools/lowest.py", silent=True)
    constraints.write_text(str(text), encoding="utf-8")
    session.install("-c", str(constraints), "-e", ".[hub,endpoint,html,parquet,math]", "jsonschema", "pytest-xdist")
    session.install("-c", str(constraints), "hypothesis")
    session.run("pip", "check")
    session.run("pytest", "-q", "cases", "--reasoning-models=nano,small")
    # Old libraries warn of newer ones that they use.
    session.run("pytest", "-q", "-o", "filterwarnings=default", *(session.posargs or LOWEST_TESTS))


@nox.session(python=PYTHONS[-2])
def newest(session: nox.Session) -> None:
    """Run all tests with the newest llama-cpp-python and pytest, pre-releases of pytest included."""
    session.install("-e", ".[test]")
    session.install("--upgrade", "llama-cpp-python", "pluggy")
    session.install("--upgrade", "--pre", "pytest")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, the import rules and the reference pages."""
    session.install("-e", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("python", "docs/reference/make.py", "--check")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site strictly."""
    session.install("-e", ".[docs]")
    session.run("mkdocs", "build", "--strict")
    session.run("python", "docs/site/check_links.py", "build/site")


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests and fail if they run too small a share of `src`; the floor is in pyproject.toml."""
    session.install("-e", ".[test,coverage]")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def dist(session: nox.Session) -> None:
    """Build wheel and sdist, check them, try the wheel alone, and write its SBOM."""
    session.install("build", "twine")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    files = sorted(str(path) for path in Path("dist").iterdir())
    session.run("twine", "check", "--strict", *files)
    (wheel,) = (file for file in files if file.endswith(".whl"))
    session.run("python", "tools/try_wheel.py", wheel, "--sbom", "dist/sbom.spdx.json", *session.posargs)
