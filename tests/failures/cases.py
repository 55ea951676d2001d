"""The failures that a publisher's server can serve, and what must come of each: the table behind docs/failures.md.

What belongs here: the declared cases. What does not: running them (test_matrix.py), writing the table (table.py).
"""

import gzip
from dataclasses import dataclass

from tests.servers import Reply, bomb

TARGETS = ("prh", "statfin", "stea probes", "stea workbook", "stea organisations")
LOGIN = b"<!doctype html><html><body><form>Kirjaudu <input type=password></form></body></html>"


@dataclass(frozen=True)
class Failure:
    """``said``: a pattern that the message must match. ``base``: what replaces the server's address, for failures of
    the connection. ``gone``: STEA's way to say that there is no such organisation, which is no failure."""

    title: str
    said: str
    reply: Reply | None = None
    base: str = ""
    gone: bool = False


def _status(code: int, **headers: str) -> Reply:
    return Reply(b"no", code, headers={k.replace("_", "-"): v for k, v in headers.items()})


FAILURES = (
    Failure("Host name does not resolve", "host name not found", base="http://ei-ole.localhost:9"),
    Failure("Connection refused", "no connection", base="refused"),
    Failure("TLS asked of a plain port", "TLS failed|no connection", base="https"),
    Failure("No answer at all", "no answer in time", Reply(fault="hang", headers={"seconds": "0.6"})),
    Failure("Headers, then nothing", "no answer in time", Reply(b"x" * 99, fault="stall")),
    Failure("A byte now and then", "not whole after|no answer in time", Reply(b"x" * 60, fault="drip")),
    Failure("Connection reset in the body", "dropped in the middle|no connection", Reply(b"x" * 4000, fault="reset")),
    Failure("Connection closed in the body", "dropped in the middle", Reply(b"x" * 4000, fault="drop")),
    Failure("Connection closed at once", "no connection", Reply(fault="refuse")),
    Failure("Redirects in a circle", "redirects", Reply(status=302, headers={"Location": "/circle"})),
    Failure("Redirect to a private address", "private address",
            Reply(status=302, headers={"Location": "http://169.254.169.254/latest"})),
    Failure("Redirect to a file", "redirected to", Reply(status=302, headers={"Location": "file:///etc/passwd"})),
    Failure("Redirect to nowhere", "without a Location", Reply(status=302)),
    Failure("401", "answered 401", _status(401)),
    Failure("403", "answered 403", _status(403)),
    Failure("404", "answered 404", _status(404), gone=True),
    Failure("410: closed", "answered 410", _status(410), gone=True),
    Failure("429", "answered 429", _status(429)),
    Failure("429, Retry-After: 0", "answered 429", _status(429, Retry_After="0")),
    Failure("429, Retry-After is a date", "answered 429", _status(429, Retry_After="Wed, 25 Nov 2026 00:00:00 GMT")),
    Failure("500", "answered 500", _status(500)),
    Failure("503", "answered 503", _status(503)),
    Failure("503, Retry-After: 0", "answered 503", _status(503, Retry_After="0")),
    Failure("204, no content", "answered 204", Reply(status=204)),
    Failure("Another type: a PDF", ".", Reply(b"%PDF-1.7 \xff\xfe\x00", type="application/pdf")),
    Failure("Gzip that unpacks to more than is allowed", "larger than", bomb(3)),
    Failure("Gzip cut in the middle", ".", Reply(
        gzip.compress(bytes(range(256)) * 40)[:150], headers={"Content-Encoding": "gzip"})),
    Failure("Not gzip, though it says so", "compressed answer is damaged",
            Reply(b"plain", headers={"Content-Encoding": "gzip"})),
    Failure("Empty answer", ".", Reply(b"")),
    Failure("Login page", ".", Reply(LOGIN)),
    Failure("JSON null", ".", Reply(b"null", type="application/json")),
    Failure("Empty JSON object", ".", Reply(b"{}", type="application/json")),
    Failure("JSON cut in the middle", ".", Reply(b'{"variables": [', type="application/json")),
)  # fmt: skip
