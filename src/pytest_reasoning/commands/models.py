"""`pytest-reasoning models`: lists models from their file headers, with details of those that are named."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_reasoning.records import OTHER_KINDS, Endpoint, Gguf, Model
from pytest_reasoning.report import fallback_lines
from pytest_reasoning.report.tables.formats import file_size
from pytest_reasoning.session.settings import MADE_FOLDER
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import is_there
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.text.wording import printable

HEAD = ("name", "parameters", "layers", "width", "type", "bits", "file", "sha256", "where")
MADE_IN = Path(".pytest_cache", "d", "reasoning", MADE_FOLDER)
"Default folder of the quantized files of runs from the same folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "references",
        nargs="*",
        metavar="NAME",
        help="models to show in detail (default: list all models with a name and those in the hub's cache)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the list."""
    for line in model_list(options.references, Path.cwd()):
        print(line)
    return 0


def model_list(references: Sequence[str], here: Path) -> Iterator[str]:
    """Yield the lines of the list; nothing is loaded, downloaded or quantized.

    Args:
        references: names, paths and so on; if empty, the embedded models, those of the models file in `here`, and
            the files in the hub's cache.
        here: the folder that paths are relative to.

    Raises:
        ReasoningError: a model that was named cannot be found.
    """
    from pytest_reasoning.engine import MadeFiles
    from pytest_reasoning.models import (
        MODELS_FILE_NAME,
        ModelsFile,
        Quantizing,
        cached_references,
        embedded_names,
        load_models_file,
        resolve,
    )
    from pytest_reasoning.text.file_hashes import sha256_of

    listed = here / MODELS_FILE_NAME
    file = load_models_file(listed) if is_there(listed) else ModelsFile(folder=here)
    files = MadeFiles(here / MADE_IN, hash_of=sha256_of, makes=False)
    quantizing = Quantizing(path_of=files.path_of)
    rows: list[tuple[str, ...]] = [HEAD]
    found: list[Model] = []
    cached = cached_references() if not references else ()
    for name in references or [*embedded_names(), *file.entries, *cached]:
        try:
            models = resolve([name], here, models_file=file, offline=True, quantizing=quantizing)
        except ReasoningError as error:
            if references:
                raise
            rows.append((name, "", "", "", "", "", "not here", "", str(error).splitlines()[0]))
            continue
        # a file in the cache is listed under the reference that names it
        rows += [_row(replace(model, name=name) if name in cached else model) for model in models]
        found += models
    files.close()
    widths = [max(len(printable(row[column])) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        yield "  ".join(printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if references:
        for model in found:
            yield from _details(model)


def _row(model: Model) -> tuple[str, ...]:
    if not isinstance(model, Gguf):
        where = ("", "") if isinstance(model, Endpoint) else (model.sha256[:12], model.path)
        size = "" if isinstance(model, Endpoint) else file_size(model.size_bytes)
        return (model.name, "0", "0", "0", OTHER_KINDS[type(model)], "", size, *where)
    size = file_size(model.size_bytes) if model.size_bytes else ""
    there = f"{size} in {model.n_files} files" if model.n_files > 1 else size
    unmade = model.variant_of is not None and not model.size_bytes
    return (
        model.name,
        model_size_text(model.n_params, model.size_label),
        str(model.n_layers),
        str(model.n_embd),
        model.quantization,
        f"{model.bits_per_weight:.2f}" if model.bits_per_weight else "",
        "not made yet" if unmade else there,
        model.sha256[:12],
        "" if unmade else model.path,
    )


def _details(model: Model) -> Iterator[str]:
    if isinstance(model, Gguf) and model.tensor_types and model.size_bytes:
        kinds = (
            f"{kind} {' + '.join(f'{count} {name}' for name, count in sorted(types.items()))}"
            for kind, types in model.tensor_types.items()
        )
        yield printable(f"{model.name}: {model.architecture}; {', '.join(kinds)}")
    yield from (line.removeprefix("reasoning: ") for line in fallback_lines([model]))
