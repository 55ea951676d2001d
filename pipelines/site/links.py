"""The last look at finished HTML: links lead somewhere, ids are unique, headings step down one at a time.

What belongs here: checks over the whole site that no single page can make. What does not: building.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from pipelines.errors import InputError
from pipelines.registry import nearest

_TAG = re.compile(r"<[a-z][^>]*>")
"""An opening tag: everything that we print is escaped, so no attribute holds ``>`` (tests/site/test_escaping.py)."""

_ID = re.compile(r'\sid="([^"]*)"')
_ADDRESS = re.compile(r'\s(?:href|src)="([^"]*)"')
_HEADING = re.compile(r"<h([1-6])[\s>]")


@dataclass(frozen=True)
class _Seen:
    """What one page contains."""

    ids: list[str]
    links: list[str]
    headings: list[int]


def _look(html: str) -> _Seen:
    tags = " ".join(_TAG.findall(html))
    return _Seen(
        _ID.findall(tags),
        list(dict.fromkeys(unescape(address) for address in _ADDRESS.findall(tags))),
        [int(level) for level in _HEADING.findall(tags)],
    )


def check(files: Mapping[str, bytes]) -> None:
    """Check every page of the site. Raises InputError naming the page and what is wrong."""
    seen = {path: _look(files[path].decode("utf-8")) for path in sorted(files) if path.endswith(".html")}
    ids = {path: set(page.ids) for path, page in seen.items()}
    for path, page in seen.items():
        if len(ids[path]) < len(page.ids):
            twice = next(name for n, name in enumerate(page.ids) if name in page.ids[:n])
            raise InputError(path, f"the id {twice!r} is there twice", "each id once on a page")
        _check_headings(path, page.headings)
        for link in page.links:
            _check_link(path, link, files, ids)


def _check_headings(path: str, headings: list[int]) -> None:
    level = 0
    for heading in headings:
        if heading > level + 1:
            raise InputError(path, f"a heading of level {heading} after level {level}", f"level {level + 1}")
        level = heading


def _check_link(path: str, link: str, files: Mapping[str, bytes], ids: Mapping[str, set[str]]) -> None:
    scheme, target, fragment = _target(dirname(path), link)
    if scheme in {"http", "https"}:
        return
    if scheme:
        raise InputError(path, f"the link {link!r}", "a relative address, or http(s)")
    target = target or path
    if target not in files:
        raise InputError(path, f"the link {link!r} leads nowhere", nearest(target, sorted(files)))
    if "=" in fragment:  # what a script of the page reads, no place in it
        return
    if fragment and target in ids and fragment not in ids[target]:
        raise InputError(path, f"no anchor {fragment!r} in {target}", nearest(fragment, sorted(ids[target])))


@lru_cache(maxsize=65536)
def _target(folder: str, link: str) -> tuple[str, str, str]:
    """Return scheme (or ``?`` for what may not be linked), file ("" for the page itself) and anchor."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return parts.scheme or "?", "", ""
    return "", normpath(join(folder, unquote(parts.path))) if parts.path else "", unquote(parts.fragment)
