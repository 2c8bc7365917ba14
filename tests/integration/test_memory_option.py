"""--reasoning-memory, and models that stay loaded while they fit."""

from __future__ import annotations

import pytest

from pytest_reasoning.engine import ProcessEngine
from pytest_reasoning.engine.machine import fit

TESTS = """
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_it_answers(reasoning_model, number):
        assert reasoning_model.complete(f"Q: What is {number} + 2?\\nA:", max_tokens=4).error is None
"""


TURNS = """
    def pytest_collection_finish(session):
        session.items.sort(key=lambda item: item.callspec.params["number"])
"""
"Else one model's tests stand together, and each is loaded once anyway."


def starts(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *options: str) -> list[str]:
    """Run tests that ask two models in turn; the models in the order in which a process was started for them."""
    started: list[str] = []
    plain_start = ProcessEngine._start

    def counted(self: ProcessEngine) -> object:
        started.append(self.model_path.stem)
        return plain_start(self)

    monkeypatch.setattr(ProcessEngine, "_start", counted)
    pytester.makepyfile(TESTS)
    pytester.makeconftest(TURNS)
    options = ("--reasoning-models=nano,small", "--reasoning-store=off", *options)
    pytester.runpytest(*options).assert_outcomes(passed=4)
    return started


def test_models_stay_loaded_while_they_fit(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "free_memory_bytes", lambda: 4_000_000_000)
    assert starts(pytester, monkeypatch) == ["nano", "small"]


def test_models_that_do_not_fit_beside_each_other_are_closed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "free_memory_bytes", lambda: 4_000_000_000)
    found = starts(pytester, monkeypatch, "--reasoning-memory=5GB")
    assert found == ["nano", "small", "nano", "small"]


def test_a_request_beyond_the_memory_is_an_error_that_names_the_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        def test_it_does_not_fit(reasoning_model):
            with pytest.raises(Exception) as caught:
                reasoning_model.complete("x" * 300, max_tokens=4)
            needs, remedy = str(caught.value).split(" (")
            assert needs == "needs 430 KV cells where the memory budget allows 39"
            assert remedy == "raise --reasoning-memory or lower max_tokens)"
    """)
    options = ("--reasoning-models=nano", "--reasoning-store=off", "--reasoning-memory=10kB")
    pytester.runpytest(*options).assert_outcomes(passed=1)
