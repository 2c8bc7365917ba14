"""Requests in, completions out: scheduler, child process and llama.cpp.

Importing this room loads neither llama_cpp nor numpy; they live in the child process only.
"""

from pytest_reasoning.engine.machine.cores import processor
from pytest_reasoning.engine.machine.fit import fits_beside
from pytest_reasoning.engine.machine.placement import placements
from pytest_reasoning.engine.opening import open_engine, stored_completions
from pytest_reasoning.engine.others.executor import Executor, executor_engine
from pytest_reasoning.engine.process.replicas import Placing
from pytest_reasoning.engine.process.supervisor import ProcessEngine
from pytest_reasoning.engine.protocol import (
    Batching,
    Engine,
    EngineFacts,
    EngineProgress,
    EngineSettings,
    EngineTotals,
    Ticket,
    for_model,
)
from pytest_reasoning.engine.store.cached import Responses
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.engine.tasks.divergence.parent import ForcedText, token_figures
from pytest_reasoning.engine.tasks.inside.parent import lens_figures, residual_streams
from pytest_reasoning.engine.tasks.quantize.made_files import DEFAULT_BUDGET_BYTES, MadeFiles, Making
from pytest_reasoning.engine.tasks.restoring.parent import restored_tokens
from pytest_reasoning.engine.warm.visit import WarmModel, warm_models

__all__ = [
    "DEFAULT_BUDGET_BYTES",
    "Batching",
    "Engine",
    "EngineFacts",
    "EngineProgress",
    "EngineSettings",
    "EngineTotals",
    "Executor",
    "ForcedText",
    "MadeFiles",
    "Making",
    "Placing",
    "ProcessEngine",
    "Responses",
    "Store",
    "Ticket",
    "WarmModel",
    "executor_engine",
    "fits_beside",
    "for_model",
    "lens_figures",
    "open_engine",
    "placements",
    "processor",
    "residual_streams",
    "restored_tokens",
    "stored_completions",
    "token_figures",
    "warm_models",
]
