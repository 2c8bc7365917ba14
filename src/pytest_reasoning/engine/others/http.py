"""HTTP exchanges over one connection, each with one deadline for all of it and a limit on the answer's size.

An HTTP client's timeouts apply to each single read, so a server that sends a byte now and then could keep a run
waiting for ever. Therefore the connection's socket is shut down at the deadline, which ends whatever waits for it:
connecting, TLS, headers or body.
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
from urllib.parse import urlsplit, urlunsplit

from pytest_reasoning.text.addresses import is_loopback
from pytest_reasoning.text.redaction import shown_address

MOST_BODY_BYTES = 32 << 20
"Largest answer after decompression; a hundred times what the longest completions take."
_ZLIB_OR_GZIP = 47
"zlib's `wbits` for a stream in either format, told apart by its header."


class Late(Exception):
    """The deadline passed before the answer was complete."""


class Unreachable(Exception):
    """No connection could be made."""


class Broken(Exception):
    """The connection broke, or the answer is not HTTP."""


class Unusable(Exception):
    """The answer is too large or has an unexpected compression; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer."""

    status: int
    retry_after: str | None
    "The `Retry-After` header: how long the server asks to wait before another try."
    text: str
    location: str = ""
    "Target of a redirect, which is never followed; else empty."


class Connection:
    """One thread's connection to one server."""

    def __init__(self, url: str, headers: Mapping[str, str], *, connect_s: float) -> None:
        """Take the server's address; raises ImportError where httpx is not installed."""
        import httpx

        self._httpx = httpx
        self._connect_s = connect_s
        self._client = httpx.Client(
            headers={**headers, "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=1),
            event_hooks={"response": [_note_location]},
            # A proxy from the environment cannot reach servers on this machine.
            trust_env=not is_loopback(url),
        )
        self._socket: Any = None
        self._lock = threading.Lock()
        self._asking = self._closed = False

    def ask(self, method: str, url: str, deadline: float, body: Any = None) -> Reply:
        """Send one request and return the whole answer.

        Args:
            method: `GET` or `POST`.
            url: the full address.
            deadline: end of the whole exchange, in seconds of `time.monotonic`.
            body: data that JSON can represent; None sends none.

        Raises:
            Late, Unreachable, Broken, Unusable: there is no usable answer.
        """
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise Late
        with self._lock:
            if self._closed:
                raise Broken
            self._asking = True
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
            # The client may raise anything when its socket is shut down.
            raise (Late if time.monotonic() >= deadline else Broken) from error
        finally:
            watchdog.cancel()
            with self._lock:
                self._asking, ended = False, self._closed
            if ended:
                self._client.close()
        if time.monotonic() >= deadline:
            # A body without a length ends with the connection, so one that we shut down looks complete.
            raise Late
        return reply

    def close(self) -> None:
        """Close the connection; a thread that still waits on it gets `Broken`, and closes it then.

        Closed under it, the client would forget a socket that the thread is just connecting.
        """
        with self._lock:
            self._closed, unused = True, not self._asking
        self._shut_down()
        if unused:
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
            # The rest of a body that is too large is not read.
            response.close()
        headers = response.headers
        return Reply(
            status=response.status_code,
            retry_after=headers.get("retry-after"),
            text=text,
            location=_without_query(response.extensions.get("location", "")),
        )

    def _body(self, response: Any) -> str:
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "gzip", "deflate"):
            raise Unusable(f"its answer is packed as {packing[:20]!r}")
        unpack = zlib.decompressobj(_ZLIB_OR_GZIP) if packing != "identity" else None
        found = bytearray()
        for data in response.iter_raw():
            try:
                # Never decompress more than the limit, however large the result would be.
                found += unpack.decompress(data, MOST_BODY_BYTES + 1 - len(found)) if unpack is not None else data
            except zlib.error:
                raise Unusable(f"its answer says that it is packed as {packing!r} and is not") from None
            if len(found) > MOST_BODY_BYTES:
                raise Unusable(f"its answer is larger than {MOST_BODY_BYTES >> 20} MB")
        return found.decode("utf-8", errors="replace")

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection's socket as soon as it exists; TLS replaces it with a wrapper."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._closed:
                self._shut_down()

    def _shut_down(self) -> None:
        """Shut the socket down, which ends every wait for it in any thread."""
        if self._socket is None:
            return
        # Use a separate socket object, because another thread is using the client's.
        with contextlib.suppress(OSError, ValueError), socket.socket(fileno=os.dup(self._socket.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)


def _note_location(response: Any) -> None:
    """Move a redirect's target out of the headers: the client parses it although unused, and fails on some."""
    response.extensions["location"] = response.headers.pop("location", "")


def _without_query(location: str) -> str:
    """Return an address without user, password and query, which may hold a key."""
    try:
        parts = urlsplit(location)
        host = parts.netloc.rpartition("@")[2]
        return shown_address(urlunsplit((parts.scheme, host, parts.path, "", "")))
    except ValueError:
        return ""
