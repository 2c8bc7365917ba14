"""Describes the model behind a server with OpenAI's protocol, without asking the server."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.models.models_file.schema import ModelSpec
from pytest_reasoning.models.models_file.settings import chat_template, model_settings
from pytest_reasoning.models.paths import safe_name
from pytest_reasoning.models.reference import EndpointReference, parse_reference
from pytest_reasoning.records import Endpoint, Remote
from pytest_reasoning.text.addresses import is_loopback
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.redaction import shown_address


def endpoint_of(spec: ModelSpec, *, reference: str, name: str | None, folder: Path, offline: bool) -> Endpoint:
    """Return the model behind a server.

    Args:
        spec: an entry of the models file with `endpoint`.
        reference: the reference, as in messages.
        name: name from the models file; None uses the model's name on the server, or the address.
        folder: the folder to which paths in `spec` are relative.
        offline: allow only servers on this machine.

    Raises:
        ModelError: the address is not valid, or the server is remote although the run is offline.
    """
    parsed = parse_reference(f"endpoint:{spec.endpoint}")
    assert isinstance(parsed, EndpointReference)
    if offline and not is_loopback(parsed.url):
        shown = shown_address(reference)
        raise ModelError(f"model {shown!r}: is a remote server, but --reasoning-offline is set (drop it)")
    model = spec.model or parsed.model
    defaults = Remote(url=parsed.url)
    remote = Remote(
        url=parsed.url,
        model=model,
        key_variable=spec.key_variable or defaults.key_variable,
        chat=spec.chat,
        concurrency=spec.concurrency or defaults.concurrency,
        retries=defaults.retries if spec.retries is None else spec.retries,
    )
    shown = shown_address(parsed.url)
    return Endpoint(
        name=name or safe_name(model or shown.partition("://")[2].removesuffix("/v1")),
        reference=f"endpoint:{shown}{f'#{model}' if model else ''}",
        remote=remote,
        chat_template=chat_template(spec, reference, None, folder),
        settings=model_settings(spec, reference, None, folder),
    )
