"""Serving the built site on this machine.

What belongs here: a small static server for looking at the site. What does not: anything for the public internet
(docs/operate.md says what to put in front).
"""

import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipelines.errors import InputError


def serve(site: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve ``site`` until interrupted. Raises InputError when there is no site or the port is taken."""
    if not (site / "index.html").is_file():
        raise InputError(str(site), "no site is built yet", fix="Run: lukuina run")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(site))
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
