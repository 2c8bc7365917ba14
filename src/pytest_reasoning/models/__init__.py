"""Finds the models that users name, and reads their facts; `zoo/` holds the embedded GGUF files."""

from pytest_reasoning.models.embedded import embedded_names
from pytest_reasoning.models.find import Pinning, resolve
from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.models.hub.cache import cached_references
from pytest_reasoning.models.lock import DEFAULT_NAME as LOCK_NAME
from pytest_reasoning.models.models_file.load import DEFAULT_NAME as MODELS_FILE_NAME
from pytest_reasoning.models.models_file.load import ModelsFile, load_models_file
from pytest_reasoning.models.variants import Quantizing

__all__ = [
    "LOCK_NAME",
    "MODELS_FILE_NAME",
    "ModelsFile",
    "Pinning",
    "Quantizing",
    "cached_references",
    "embedded_names",
    "load_models_file",
    "resolve",
    "sha256_of",
]
