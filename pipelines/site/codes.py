"""Jinja2's code of our templates and page texts, compiled once and kept for the next build.

What belongs here: keeping compiled code by the text that it was made from. What does not: compiling (render.py),
templates (house.py), pages that stand as they lie (kept.py).

Compiling costs a tenth of a second a page file, more than printing most pages. The file of an installation may be
deleted at any time. It is read only by the versions of Python, Jinja2 and of our own compiling that wrote it.
"""

import marshal
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from pipelines.files import write_atomic

MANY = 2000
"""Texts that are kept: those asked for last."""

OWN = ("bounds.py", "house.py", "render.py", "sandbox.py", "tokens.py")
"""Our files on which the code of a template depends."""

_KNOWN: dict[str, tuple[CodeType, tuple[str, ...]]] = {}
_FILED = set[str]()


def find(text: str) -> tuple[CodeType, frozenset[str]] | None:
    """Return the code of a text and the names that it looks up, where it was compiled before."""
    key = _key(text)
    found = _KNOWN.get(key)
    if found is None:
        return None
    _KNOWN[key] = _KNOWN.pop(key)  # the last one asked for is the last one dropped
    return found[0], frozenset(found[1])


def keep(text: str, code: CodeType, asked: frozenset[str] = frozenset()) -> None:
    """Keep what was compiled."""
    _KNOWN[_key(text)] = (code, tuple(sorted(asked)))


class Templates(BytecodeCache):
    """What Jinja2 asks for the code of a template file."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code, where it is known."""
        found = find(f"{bucket.key} {bucket.checksum}")
        if found is not None:
            bucket.code = found[0]

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
