"""A server that speaks OpenAI's protocol → what is known of its model without asking it."""

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
        spec: of which `endpoint` is set.
        reference: as in messages.
        name: the alias; None takes the model's name there, or the address.
        folder: that paths in `spec` are relative to.
        offline: servers on this machine alone may be used.

    Raises:
        ModelError: the address is none, or the server is elsewhere and the network is off.
    """
    parsed = parse_reference(f"endpoint:{spec.endpoint}")
    assert isinstance(parsed, EndpointReference)
    if offline and not is_loopback(parsed.url):
        shown = shown_address(reference)
        raise ModelError(f"model {shown!r}: is elsewhere, and the network is off (drop --reasoning-offline)")
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
