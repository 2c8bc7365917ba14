"""Parses model references, without looking anything up."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.redaction import shown_address

_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_HUB = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./+-]+))?(?::(?P<choice>[^:]+))?\Z", re.ASCII)
PACKAGE = "package:"
RECORDED_ENDINGS = (".jsonl", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """`zoo:NAME`: a model that comes with the package."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A path or a glob of GGUF files."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """`hf:USER/REPO[@REVISION][:QUANT or file]`."""

    repo: str
    revision: str | None = None
    "A branch, a tag or a commit; None is the main branch."
    choice: str | None = None
    "A quantization such as Q4_K_M, or a file's path in the repository; None chooses as llama.cpp does."


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """`package:NAME[:FILE]`: a GGUF file inside an installed Python package."""

    distribution: str
    "The package's name for pip."
    file: str | None = None
    "The file's name, or its path in the package; None takes the only GGUF file."


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReference:
    """`endpoint:URL[#MODEL]`: a server with OpenAI's protocol."""

    url: str
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReference:
    """`completions:PATH`: a file of recorded completions."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReference:
    """Any other word: a name from the models file, or an embedded model."""

    name: str


Reference = Embedded | Files | Hub | Package | EndpointReference | RecordedReference | NameReference


def parse_reference(text: str) -> Reference:
    """Parse a model reference.

    Raises:
        ModelError: it begins like one kind of reference but is not a valid one.
    """
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "zoo":
        return Embedded(name=rest)
    if colon and scheme == "hf":
        return _hub(text, rest)
    if text.startswith(PACKAGE):
        return _package(text, rest)
    if colon and scheme == "endpoint":
        return endpoint(text, rest)
    if text.startswith(("http://", "https://")):
        return endpoint(text, text)
    if colon and scheme == "completions":
        return RecordedReference(path=rest)
    if text.lower().endswith(RECORDED_ENDINGS):
        return RecordedReference(path=text)
    if "/" in text or "\\" in text or text.lower().endswith(".gguf") or glob.has_magic(text):
        return Files(pattern=text)
    return NameReference(name=text)


def _hub(text: str, rest: str) -> Hub:
    match = _HUB.match(rest)
    if match is None or ".." in rest:
        raise ModelError(
            f"model {text!r}: is not read as a hub reference (write hf:USER/REPO[@REVISION][:QUANT or file])"
        )
    return Hub(repo=match["repo"], revision=match["revision"], choice=match["choice"])


def _package(text: str, rest: str) -> Package:
    distribution, _, file = rest.partition(":")
    if _DISTRIBUTION.fullmatch(distribution) is None:
        raise ModelError(f"model {text!r}: is not read as a package (write package:NAME, or package:NAME:FILE)")
    return Package(distribution=distribution, file=file or None)


def endpoint(text: str, address: str) -> EndpointReference:
    """Check a server's address and split it; `text` is the reference as the user wrote it.

    Raises:
        ModelError: the address is not valid; the message never repeats a password.
    """
    base, _, model = address.partition("#")
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        host, port, secret = None, None, "@" in base
    if secret:
        raise ModelError(
            f"model {'endpoint:…@' + (host or '…')!r}: an address must not hold a user or password "
            "(put the key in an environment variable, OPENAI_API_KEY or the models file's `key_variable`)"
        )
    if host is None or parts.scheme not in ("http", "https"):
        raise ModelError(
            f"model {shown_address(text)!r}: is not an address (write endpoint:http://127.0.0.1:8080/v1)"
        )
    if parts.query:
        shown = f"endpoint:{shown_address(base.partition('?')[0])}"
        raise ModelError(
            f"model {shown!r}: an address must not hold a query, which may be a key "
            "(remove all from the '?' on; a key goes into an environment variable)"
        )
    path = parts.path.rstrip("/")
    for ending in ("/chat/completions", "/completions", "/models"):
        path = path.removesuffix(ending)
    shown_host = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{path or '/v1'}"
    return EndpointReference(url=url, model=model)
