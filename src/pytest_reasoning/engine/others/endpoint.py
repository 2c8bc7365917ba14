"""The engine for a model behind a server with OpenAI's protocol: llama-server, vLLM, LM Studio, Ollama."""

from __future__ import annotations

from pytest_reasoning.engine.others.openai import Exchange
from pytest_reasoning.engine.others.threads import ThreadedEngine
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Remote
from pytest_reasoning.text.redaction import shown_address


def endpoint_engine(remote: Remote, settings: EngineSettings) -> ThreadedEngine:
    """Return an engine that sends requests to a server."""
    return ThreadedEngine(
        lambda: Exchange(remote, timeout_s=settings.timeout_s),
        kind="endpoint",
        shown=f"endpoint {shown_address(remote.url)}",
        threads=remote.concurrency,
    )
