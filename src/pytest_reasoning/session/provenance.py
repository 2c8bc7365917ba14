"""The fingerprints of a model in this run: all that decides its answers, as short texts that a baseline keeps."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reasoning.engine import processor
from pytest_reasoning.records import EngineFacts, Gguf, Model
from pytest_reasoning.text.versions import installed_version
from pytest_reasoning.verdict import model_fingerprints


def provenance(model: Model, engine: EngineFacts | None) -> Mapping[str, str]:
    """Return the fingerprints of a model; `engine` is what its engine reported about itself, or None."""
    plugin = installed_version("pytest-reasoning")
    return model_fingerprints(
        model, engine=engine, plugin=plugin, cpu=processor() if isinstance(model, Gguf) else ""
    )
