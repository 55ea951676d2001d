"""The last look at finished HTML: links lead somewhere, ids are unique, headings step down one at a time.

What belongs here: checks over the whole site that no single page can make. What does not: building.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from pipelines.errors import InputError
from pipelines.registry import nearest


@dataclass
class _Seen(HTMLParser):
    """What one page contains."""

    ids: list[str] = field(default_factory=list[str])
    links: list[str] = field(default_factory=list[str])
    headings: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, addresses and headings."""
        named = dict(attrs)
        if named.get("id"):
            self.ids.append(str(named["id"]))
        for name in ("href", "src"):
            if named.get(name) is not None:
                self.links.append(str(named[name]))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))


def check(files: Mapping[str, bytes]) -> None:
    """Check every page of the site. Raises InputError naming the page and what is wrong."""
    seen: dict[str, _Seen] = {}
    for path in sorted(files):
        if path.endswith(".html"):
            parser = seen[path] = _Seen()
            parser.feed(files[path].decode("utf-8"))
    for path, page in seen.items():
        twice = next((name for n, name in enumerate(page.ids) if name in page.ids[:n]), None)
        if twice is not None:
            raise InputError(path, f"the id {twice!r} is there twice", "each id once on a page")
        _check_headings(path, page.headings)
        for link in page.links:
            _check_link(path, link, files, seen)


def _check_headings(path: str, headings: list[int]) -> None:
    level = 0
    for heading in headings:
        if heading > level + 1:
            raise InputError(path, f"a heading of level {heading} after level {level}", f"level {level + 1}")
        level = heading


def _check_link(path: str, link: str, files: Mapping[str, bytes], seen: Mapping[str, _Seen]) -> None:
    parts = urlsplit(link)
    if parts.scheme in {"http", "https"}:
        return
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        raise InputError(path, f"the link {link!r}", "a relative address, or http(s)")
    target = normpath(join(dirname(path), unquote(parts.path))) if parts.path else path
    if target not in files:
        raise InputError(path, f"the link {link!r} leads nowhere", nearest(target, sorted(files)))
    if parts.fragment and target in seen and unquote(parts.fragment) not in seen[target].ids:
        raise InputError(path, f"no anchor {parts.fragment!r} in {target}", nearest(parts.fragment, seen[target].ids))
