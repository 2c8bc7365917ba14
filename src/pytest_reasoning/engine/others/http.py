"""One HTTP exchange at a time over one connection, under one deadline for all of it and with limits on what comes.

A client's own timeouts hold for one read each: a server that sends a byte now and then would keep a run waiting for
ever. So when the time is up the connection's socket is shut down, which ends whatever waits for it: the connection,
its encryption, the headers or the body.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_reasoning.text.addresses import is_loopback

MOST_BODY_BYTES = 32 << 20
"Of an answer, after decompression: a hundred times what the longest completions take."
_ZLIB_OR_GZIP = 47
"zlib's `wbits` for a stream whose header says which of both it is."


class Late(Exception):
    """The deadline has passed before the whole answer was there."""


class Unreachable(Exception):
    """No connection was made."""


class Broken(Exception):
    """The connection broke, or what came is no HTTP."""


class Unusable(Exception):
    """The answer is too large, or packed in a way that was not asked for; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer."""

    status: int
    retry_after: str | None
    "What the server asks to wait before another try."
    text: str


class Connection:
    """A client of one server with one connection, for one thread."""

    def __init__(self, url: str, headers: Mapping[str, str], *, connect_s: float) -> None:
        """Take the server's address; raises ImportError where httpx is not installed."""
        import httpx

        self._httpx = httpx
        self._connect_s = connect_s
        self._client = httpx.Client(
            headers={**headers, "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=1),
            # A proxy of the environment cannot reach this machine's own servers.
            trust_env=not is_loopback(url),
        )
        self._socket: Any = None

    def ask(self, method: str, url: str, deadline: float, body: Any = None) -> Reply:
        """Send one request and return the whole answer.

        Args:
            method: `GET` or `POST`.
            url: what is asked.
            deadline: of all of it, by `time.monotonic`.
            body: JSON-able.

        Raises:
            Late, Unreachable, Broken, Unusable: there is none.
        """
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise Late
        watchdog = threading.Timer(left_s, self._shut_down)
        watchdog.daemon = True
        watchdog.start()
        try:
            reply = self._exchange(method, url, left_s, body)
        except (self._httpx.ConnectError, self._httpx.ConnectTimeout) as error:
            raise (Late if time.monotonic() >= deadline else Unreachable) from error
        except self._httpx.TimeoutException as error:
            raise Late from error
        except (self._httpx.HTTPError, OSError, RuntimeError, ValueError) as error:
            # Whatever a socket that is shut down under it makes the client raise.
            raise (Late if time.monotonic() >= deadline else Broken) from error
        finally:
            watchdog.cancel()
        if time.monotonic() >= deadline:
            # A body without a length ends with its connection: one that was shut down looks whole.
            raise Late
        return reply

    def close(self) -> None:
        """Hang up; what another thread still waits for breaks."""
        self._shut_down()
        self._client.close()

    def _exchange(self, method: str, url: str, left_s: float, body: Any) -> Reply:
        request = self._client.build_request(
            method,
            url,
            json=body,
            timeout=self._httpx.Timeout(left_s, connect=min(self._connect_s, left_s)),
            extensions={"trace": self._note_socket},
        )
        response = self._client.send(request, stream=True)
        try:
            text = self._body(response)
        finally:
            # What is left of a body that is too large is not read.
            response.close()
        return Reply(status=response.status_code, retry_after=response.headers.get("retry-after"), text=text)

    def _body(self, response: Any) -> str:
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "gzip", "deflate"):
            raise Unusable(f"its answer is packed as {packing[:20]!r}")
        unpack = zlib.decompressobj(_ZLIB_OR_GZIP) if packing != "identity" else None
        found = bytearray()
        for data in response.iter_raw():
            # Never more than the limit at once, however much the data would unpack to.
            found += unpack.decompress(data, MOST_BODY_BYTES + 1 - len(found)) if unpack is not None else data
            if len(found) > MOST_BODY_BYTES:
                raise Unusable(f"its answer is larger than {MOST_BODY_BYTES >> 20} MB")
        return found.decode("utf-8", errors="replace")

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep the socket of a connection as soon as there is one; encryption wraps it in another."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    def _shut_down(self) -> None:
        """End what waits for the socket, in whatever thread."""
        if self._socket is None:
            return
        # By a socket object of its own: that of the client is in use by another thread.
        with contextlib.suppress(OSError, ValueError), socket.socket(fileno=os.dup(self._socket.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
