"""What a build has made before it is put in place: files, pages, pictures.

What belongs here: the records that extras (extras.py) read to add files of their own. What does not: making them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.site.lineage import Records, Used

Files = Mapping[str, bytes | Path]
"""Content by path in the site; a Path is linked or copied."""


@dataclass(frozen=True)
class Site(Mapping[str, bytes | Path]):
    """All files of a site: those ``made``, and others ``taken`` over as they lie at ``out``, where it is replaced."""

    made: Files
    taken: Set[str] = frozenset()
    out: Path = Path()

    def and_(self, made: Files, taken: Set[str]) -> "Site":
        """Return the site with more files."""
        return Site({**self.made, **made}, self.taken | taken, self.out)

    def __getitem__(self, path: str) -> bytes | Path:
        if path in self.made:
            return self.made[path]
        if path not in self.taken:
            raise KeyError(path)
        return self.out / path

    def __iter__(self) -> Iterator[str]:
        yield from self.made
        yield from (path for path in self.taken if path not in self.made)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, path: object) -> bool:
        return path in self.made or path in self.taken


@dataclass(frozen=True)
class Picture:
    """A chart that was written as a file of its own: its ``.svg``'s path in the site, its title and source."""

    path: str
    title: str
    source: str
    language: str


@dataclass(frozen=True)
class PageRecord:
    """One page in one language. ``path`` is its file, ``address`` its path without language, ``canonical`` an address.

    ``place`` names the page file.
    """

    path: str
    address: str
    language: str
    title: str
    description: str
    noindex: bool
    canonical: str
    place: str


@dataclass(frozen=True)
class Draft:
    """The whole site in memory. ``base_url`` has no slash at its end.

    ``database`` is the published DuckDB, ``dashboards`` the folder of pages and templates, ``status`` the state of the
    sources, ``to_read`` publications that wait for a reader, ``contact`` whom readers may write to.
    """

    files: Site
    pages: tuple[PageRecord, ...]
    pictures: tuple[Picture, ...]
    base_url: str | None
    build_date: date
    known_on: date | None
    database: Path
    dashboards: Path
    status: Sequence[Mapping[str, object]] = ()
    contact: str = ""
    inputs: Records = field(default_factory=dict[str, tuple[str, tuple[Used, ...]]])
    to_read: Sequence[Mapping[str, object]] = ()


OF_DATA = frozenset({"pipelines.site.product_files"})
"""Makers, by module, that read nothing of the draft but the published data and the settings."""

Extra = Callable[[Draft], Files]
"""A maker of further files: called once, after the pages and before links are checked and the site is put in place."""
