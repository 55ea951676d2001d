"""Serving the built site on this machine.

What belongs here: a small static server for looking at the site. What does not: anything for the public internet
(docs/operate.md says what to put in front).
"""

import functools
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipelines.errors import InputError


def serve(site: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve ``site`` until interrupted. Raises InputError when there is no site or the port is taken."""
    if not (site / "index.html").is_file():
        raise InputError(str(site), "no site is built yet", fix="Run: lukuina run")
    handler = functools.partial(Handler, directory=str(site))
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise InputError(f"{host}:{port}", f"cannot listen: {error.strerror}", fix="Try --port 0") from None
    print(f"http://{host}:{server.server_port}/", file=sys.stderr, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


class Handler(SimpleHTTPRequestHandler):
    """Serves the files of a folder; an address that is not there gets the site's own page for it."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer 404 with 404.html; every other error as the library does."""
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
