"""The last look at finished HTML: links lead somewhere, ids are unique, headings step down one at a time.

What belongs here: checks over the whole site that no single page can make. What does not: building.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from pipelines.errors import InputError, nearest
from pipelines.site.draft import Files, Site

_ID, _HREF, _SRC = (re.compile(rf'{name}="([^"]*)"') for name in ("id", "href", "src"))
_HEADING = re.compile(r"<h([1-6])[\s>]")
"""Everything that we print is escaped, so no text holds a quote or ``<`` (tests/site/test_escaping.py)."""


@dataclass(frozen=True)
class Seen:
    """What one page contains: ids, addresses that it links to, levels of its headings."""

    ids: list[str]
    links: list[str]
    headings: list[int]


def look(html: str) -> Seen:
    """Look at a finished page."""
    addresses = dict.fromkeys(unescape(address) for address in (*_values(_HREF, html), *_values(_SRC, html)))
    return Seen(_values(_ID, html), list(addresses), [int(level) for level in _HEADING.findall(html)])


def _values(attribute: re.Pattern[str], html: str) -> list[str]:
    """Return the values of an attribute; a longer name that ends alike (``data-id``) is another."""
    return [found[1] for found in attribute.finditer(html) if html[found.start() - 1].isspace()]


@dataclass
class _Ids(Mapping[str, set[str]]):
    """The ids of the pages; those of a page that was taken over are read when somebody links to one."""

    files: Files
    found: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def __getitem__(self, path: str) -> set[str]:
        if path not in self.found:
            if not path.endswith(".html"):
                raise KeyError(path)
            self.found[path] = set(look(_text(self.files[path])).ids)
        return self.found[path]

    def __iter__(self) -> Iterator[str]:
        return (path for path in self.files if path.endswith(".html"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def check(site: Site, old: Set[str] = frozenset(), seen: Mapping[str, tuple[bytes, Seen]] | None = None) -> None:
    """Check every page of the site. Raises InputError naming the page and what is wrong.

    ``seen``: what a page contains, where somebody looked at these bytes already.

    A page that is taken over was checked when it was made. It is looked at again only when one of the ``old`` files at
    ``site.out`` is gone or a page lost an id, which it may link to.
    """
    pages = [path for path in sorted(site) if path.endswith(".html")]
    fresh = {path: _seen(site.made[path], (seen or {}).get(path)) for path in pages if path in site.made}
    ids = _Ids(site)
    for path, page in fresh.items():
        ids.found[path] = set(page.ids)
        if len(ids[path]) < len(page.ids):
            twice = next(name for n, name in enumerate(page.ids) if name in page.ids[:n])
            raise InputError(path, f"the id {twice!r} is there twice", "each id once on a page")
        _check_headings(path, page.headings)
    again = pages if len(fresh) < len(pages) and _something_gone(site, old, ids) else list(fresh)
    for path in again:
        page = fresh.get(path) or look(_text(site[path]))
        for link in page.links:
            _check_link(path, link, site, ids)


def _seen(content: bytes | Path, seen: tuple[bytes, Seen] | None) -> Seen:
    return seen[1] if seen is not None and seen[0] is content else look(_text(content))


def _something_gone(site: Site, old: Set[str], ids: _Ids) -> bool:
    """Tell whether the old site has a file, or an id on a page that was made anew, that the new one has not."""
    if any(path not in site for path in old):
        return True
    anew = [path for path in ids.found if path in site.made and path in old]
    return any(set(look(_text(site.out / path)).ids) - ids[path] for path in anew)


def _text(content: bytes | Path) -> str:
    return (content.read_bytes() if isinstance(content, Path) else content).decode("utf-8")


def _check_headings(path: str, headings: list[int]) -> None:
    level = 0
    for heading in headings:
        if heading > level + 1:
            raise InputError(path, f"a heading of level {heading} after level {level}", f"level {level + 1}")
        level = heading


def _check_link(path: str, link: str, files: Files, ids: Mapping[str, set[str]]) -> None:
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
