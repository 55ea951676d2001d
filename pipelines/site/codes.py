"""What reading our own texts costs is paid once: code of templates and pages, words of the languages, for later builds.

What belongs here: keeping what was made of a text by that text. What does not: making it (render.py, house.py,
locales.py), pages that stand as they lie (kept.py).

Compiling costs a tenth of a second a page file, more than printing most pages. The file of an installation may be
deleted at any time. It is read only by the versions of Python, Jinja2 and of our own reading that wrote it.
"""

import marshal
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from pipelines.files import write_atomic

MANY = 2000
"""Texts that are kept: those asked for last."""

OWN = ("bounds.py", "house.py", "locales.py", "render.py", "sandbox.py", "tokens.py", "../yaml_lines.py")
"""Our files on which depends what is made of a text."""

_KNOWN: dict[str, Any] = {}
_FILED = set[str]()


def find(text: str) -> Any:
    """Return what was made of a text before; None where it is not known."""
    key = _key(text)
    found = _KNOWN.get(key)
    if found is not None:
        _KNOWN[key] = _KNOWN.pop(key)  # the last one asked for is the last one dropped
    return found


def keep(text: str, made: Any) -> None:
    """Keep what was made of a text: code, or what Python's marshal writes."""
    _KNOWN[_key(text)] = made


class Templates(BytecodeCache):
    """What Jinja2 asks for the code of a template file."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code, where it is known."""
        bucket.code = find(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if bucket.code is not None:
            keep(f"{bucket.key} {bucket.checksum}", bucket.code)


def load(path: Path) -> None:
    """Take in what the last build kept; nothing from a file that is damaged or of other versions."""
    with suppress(OSError, ValueError, TypeError, EOFError):
        body = path.read_bytes()
        mark, digest, body = body[:32], body[32:64], body[64:]
        if (mark, digest) != (_mark(), sha256(body).digest()):
            return  # marshal must not see what it did not write
        known = marshal.loads(body)
        _FILED.clear()
        _FILED.update(known)
        for key, found in known.items():
            _KNOWN.setdefault(key, found)


def save(path: Path) -> None:
    """Write what is known, when something is new."""
    if _KNOWN.keys() <= _FILED and path.is_file():
        return
    for key in list(_KNOWN)[:-MANY]:
        del _KNOWN[key]
    path.parent.mkdir(parents=True, exist_ok=True)
    body = marshal.dumps(_KNOWN)
    write_atomic(path, _mark() + sha256(body).digest() + body, may_be_lost=True)
    _FILED.update(_KNOWN)


def _key(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _mark() -> bytes:
    own = b"".join((Path(__file__).parent / name).read_bytes() for name in OWN)
    return sha256(f"{sys.version} {version('jinja2')}".encode() + own).digest()
