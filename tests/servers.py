"""A local server that answers on a publisher's paths, well or in any of the wrong ways.

What belongs here: the server and its ways of misbehaving. What does not: any publisher's page (the tests of that
source build those).
"""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Reply:
    """One answer. ``fault``: hang | drop (half the body, then the connection closes) | refuse (closes at once) |
    stall (headers, then nothing) | drip (a byte now and then) | reset (half the body, then RST)."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    etag: str = ""


Route = Reply | Callable[["Request"], Reply]


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Publisher:
    """The running server: ``routes`` by path, ``requests`` that came, ``url`` to configure as the base."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[Request] = []
        self.fallback: Route = Reply(b"<h1>404</h1>", 404)
        self.url = ""

    def page(self, path: str, body: str | bytes, **options: Any) -> None:
        self.routes[path] = Reply(body.encode() if isinstance(body, str) else body, **options)

    def json(self, path: str, content: Any, **options: Any) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.routes[path] = Reply(body, type="application/json; charset=utf-8", **options)

    def asked(self, path: str) -> list[Request]:
        return [r for r in self.requests if r.path == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    publisher: Publisher

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, parts.path, parts.query, dict(self.headers), body)
        self.publisher.requests.append(request)
        route = self.publisher.routes.get(parts.path, self.publisher.fallback)
        reply = route(request) if callable(route) else route
        if reply.fault == "hang":
            time.sleep(float(reply.headers.get("seconds", "3")))
            self.close_connection = True
            return
        if reply.fault == "refuse":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply.etag and self.headers.get("If-None-Match") == reply.etag:
            self.send_response(304)
            self.send_header("ETag", reply.etag)
            self.end_headers()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.etag:
            self.send_header("ETag", reply.etag)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.fault:
            self.close_connection = True
            self._misbehave(reply)
        else:
            self.wfile.write(reply.body)

    def _misbehave(self, reply: Reply) -> None:
        if reply.fault == "stall":
            time.sleep(float(reply.headers.get("seconds", "1")))
        elif reply.fault == "drip":
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
        else:
            self.wfile.write(reply.body[: len(reply.body) // 2])
        if reply.fault == "reset":
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    do_GET = do_POST = do_HEAD = _serve

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def publisher() -> Iterator[Publisher]:
    """Serve on a free loopback port for the length of a with block."""
    state = Publisher()
    handler = type("Handler", (_Handler,), {"publisher": state})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def bomb(megabytes: int) -> Reply:
    """A small gzip answer that unpacks to ``megabytes``."""
    return Reply(gzip.compress(b"\0" * (megabytes * 1024 * 1024)), headers={"Content-Encoding": "gzip"})
