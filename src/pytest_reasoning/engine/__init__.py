"""Requests in, completions out: scheduler, worker process and llama.cpp.

Importing this room loads neither llama_cpp nor numpy; they live in the child process only.
"""

from pytest_reasoning.engine.machine.fitting import fits_beside
from pytest_reasoning.engine.machine.placement import placements
from pytest_reasoning.engine.opening import AnyEngine, Responses, open_engine, stored_completions
from pytest_reasoning.engine.process.client import Engine, Ticket
from pytest_reasoning.engine.protocol import Batching, EngineFacts, EngineProgress, EngineSettings, EngineTotals
from pytest_reasoning.engine.store.keys import processor, processor_name
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.engine.tasks.divergence_parent import ForcedText, token_figures
from pytest_reasoning.engine.tasks.made_files import DEFAULT_BUDGET_BYTES, MadeFiles, Making

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
