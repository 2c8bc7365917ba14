"""Requests in, completions out: scheduler, worker process and llama.cpp.

Importing this room loads neither llama_cpp nor numpy; they live in the child process only.
"""

from pytest_reasoning.engine.client import Engine, Ticket
from pytest_reasoning.engine.divergences import ForcedText, token_figures
from pytest_reasoning.engine.fitting import fits_beside
from pytest_reasoning.engine.keys import processor, processor_name
from pytest_reasoning.engine.made_files import DEFAULT_BUDGET_BYTES, MadeFiles, Making
from pytest_reasoning.engine.opening import AnyEngine, Responses, open_engine, stored_completions
from pytest_reasoning.engine.placement import placements
from pytest_reasoning.engine.settings import (
    Batching,
    EngineFacts,
    EngineProgress,
    EngineSettings,
    EngineTotals,
)
from pytest_reasoning.engine.store import Store

__all__ = [
    "DEFAULT_BUDGET_BYTES",
    "AnyEngine",
    "Batching",
    "Engine",
    "EngineFacts",
    "EngineProgress",
    "EngineSettings",
    "EngineTotals",
    "ForcedText",
    "MadeFiles",
    "Making",
    "Responses",
    "Store",
    "Ticket",
    "fits_beside",
    "open_engine",
    "placements",
    "processor",
    "processor_name",
    "stored_completions",
    "token_figures",
]
