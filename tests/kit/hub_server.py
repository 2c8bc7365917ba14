"""A hub of models on 127.0.0.1 that speaks the protocol of the real one, for huggingface_hub to talk to."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NEXT_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


@dataclass(slots=True)
class HubServer:
    """What the hub has, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    repo: str = "tester/tiny-GGUF"
    "One of data is `datasets/USER/NAME`."
    commit: str = COMMIT
    gated: bool = False
    cut_after: int = 0
    "The first download of a file breaks off after so many bytes."
    reset: bool = False
    "It breaks off with a reset, once."
    wrong_hash: bool = False
    missing: str = ""
    "A file that is listed and not there."
    needed_token: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    "Method, path and Range of each."
    url: str = ""

    def sha256(self, name: str) -> str:
        """What the hub lists as a file's hash."""
        content = self.files[name] + (b"!" if self.wrong_hash else b"")
        return hashlib.sha256(content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, *_: Any) -> None:
        """Be silent."""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        hub, path = self.hub, self.path.partition("?")[0]
        hub.requests.append((self.command, path, self.headers.get("Range", "")))
        if hub.needed_token and self.headers.get("Authorization") != f"Bearer {hub.needed_token}":
            self._error(401, "RepoNotFound" if not hub.gated else "GatedRepo")
        elif path.startswith("/api/models/"):
            self._info(path.removeprefix("/api/models/"))
        elif match := re.fullmatch(r"/((?:datasets/)?[\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)", path):
            self._file(*match.groups(), body=body)
        else:
            self._error(404, "RepoNotFound")

    def _known(self, repo: str, revision: str) -> bool:
        if repo != self.hub.repo:
            self._error(404, "RepoNotFound")
        elif revision not in ("main", self.hub.commit, COMMIT):
            self._error(404, "RevisionNotFound")
        elif self.hub.gated and not self.hub.needed_token:
            self._error(403, "GatedRepo")
        else:
            return True
        return False

    def _info(self, rest: str) -> None:
        repo, _, revision = rest.partition("/revision/")
        if repo != self.hub.repo or revision not in ("", "main", self.hub.commit, COMMIT):
            self._error(404, "RepoNotFound" if repo != self.hub.repo else "RevisionNotFound")
            return
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": "b" * 40,
                "lfs": {"sha256": self.hub.sha256(name), "size": len(content), "pointerSize": 130},
            }
            for name, content in self.hub.files.items()
        ]
        self._json(
            {"id": repo, "modelId": repo, "sha": revision or self.hub.commit, "siblings": siblings}
            | ({"sha": self.hub.commit} if revision in ("", "main") else {})
        )

    def _file(self, repo: str, revision: str, name: str, *, body: bool) -> None:
        hub = self.hub
        if not self._known(repo, revision):
            return
        if name not in hub.files or name == hub.missing:
            self._error(404, "EntryNotFound")
            return
        content, start = hub.files[name], 0
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(match[1])
        part = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", hub.commit if revision == "main" else revision)
        self.send_header("ETag", f'"{hub.sha256(name)}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return
        if hub.cut_after and not start:
            self.wfile.write(part[: hub.cut_after])
            self.wfile.flush()
            self.close_connection = True
            if hub.reset:
                # Closing with zero linger sends a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                hub.cut_after = 0
                self.connection.close()
            else:
                self.connection.shutdown(socket.SHUT_WR)
            return
        self.wfile.write(part)

    def _error(self, status: int, code: str) -> None:
        self._json({"error": code}, status, {"X-Error-Code": code, "X-Error-Message": code})

    def _json(self, data: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(data).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)


@contextmanager
def running_hub(hub: HubServer) -> Iterator[HubServer]:
    """Serve until the block ends."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield hub
        server.shutdown()


@contextmanager
def client_of(hub: HubServer, folder: Path) -> Iterator[HubServer]:
    """Serve until the block ends; huggingface_hub asks this hub, and has its cache and its token in `folder`."""
    with running_hub(hub), pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", hub.url)
        patch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        patch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        patch.delenv("HF_TOKEN", raising=False)
        patch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        yield hub
