"""What the last build made and of what, so that the next one takes over every page whose inputs are the same.

What belongs here: the memory of a build, and telling whether a page still stands. What does not: making pages
(build.py), the record of inputs that is published (lineage.py), pictures and PDF (their caches go by content).

A page stands when all of this is the same: the code, templates, words and settings (``base``), its page file, its row
and the results of the queries that its texts name (``data``), the figures and the state of the sources that it looked
at (``now``), what its questions to the day of the build gave (noted.py), and its files in the site, by size and time of
change. Where the whole published data is the same, the queries of a page file are not even run.

The memory is a file of an installation that may be deleted at any time: then everything is made anew, to the same bytes
(tests/site/test_kept.py).
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.files import write_atomic
from pipelines.settings import PROJECT
from pipelines.site.page import PageFile
from pipelines.site.place import Stat
from pipelines.site.tables import Table

GIVEN = ("status", "to_read")
"""The tables that pages are given beside the published data: the state of the night."""

RECORD = "data/lineage.parquet"

_LIBRARIES = ("duckdb", "jinja2", "markdown-it-py", "markupsafe", "pydantic")


class Entry(NamedTuple):
    """One page in one language as it was made: what it asked for, digests of that, its files with size and time.

    ``asked``: the results that its texts name; ``figures``: ids; ``said``: figures of an earlier day (id, YYYY-MM-DD);
    ``first``, ``last``: between which days of build it says the same; ``pictures``: path, title, source; ``papers``:
    whether it offers a PDF, which is a matter of the machine; ``files``: path, size and time of change in nanoseconds
    (0: not in its place yet).
    """

    address: str
    canonical: str
    title: str
    description: str
    asked: Sequence[str]
    figures: Sequence[str]
    said: Sequence[tuple[str, str]]
    data: str
    now: str
    first: str
    last: str
    pictures: Sequence[tuple[str, str, str]]
    papers: bool
    files: Sequence[tuple[str, int, int]]


@dataclass(frozen=True)
class Now:
    """What this build has beside the results of queries: its day, digests of figures and of the tables GIVEN.

    ``figures``: by language and id; ``said``: of an id, a day and a language.
    """

    day: date
    figures: Mapping[str, Mapping[str, str]]
    said: Callable[[str, date, str], str]
    given: Mapping[str, str]

    def key(self, language: str, asked: Sequence[str], figures: Sequence[str], said: Sequence[tuple[str, str]]) -> str:
        """Return the digest of what a page looked at; what is gone has a digest of its own."""
        given = [name for name in asked if name in GIVEN]
        if not (figures or said or given):  # so are thousands of pages
            return ""
        known = self.figures[language]
        told: list[object] = [(name, known.get(name)) for name in sorted(figures)]
        told += [(name, day, self.said(name, date.fromisoformat(day), language)) for name, day in sorted(said)]
        told += [(name, self.given.get(name)) for name in given]
        return sha256(json.dumps(told).encode()).hexdigest()[:24]


def data_key(tables: Mapping[str, Table], row: Table | None) -> str:
    """Return the digest of the results that a page's texts name, and of its row."""
    told = [(name, table.digest) for name, table in sorted(tables.items()) if name not in GIVEN]
    return sha256(json.dumps([told, row.digest if row else ""]).encode()).hexdigest()[:24]


def base(sources: Sequence[PageFile], dashboards: Path, reference: Path, options: Iterable[object]) -> str:
    """Return the digest of what every page depends on: code, libraries, templates, words, menu, settings."""
    from importlib.metadata import version

    found = sha256(repr((sys.version, [version(name) for name in _LIBRARIES], list(options))).encode())
    found.update(repr([(source.place, source.address, source.menu, source.order) for source in sources]).encode())
    pages = dashboards / "pages"
    files = [*(PROJECT / "pipelines").rglob("*.py"), *reference.glob("*.csv")]
    files += [path for path in dashboards.rglob("*") if path.is_file() and not path.is_relative_to(pages)]
    for path in sorted(files):
        found.update(f"\n{path.name} ".encode() + path.read_bytes())
    return found.hexdigest()


class Memory:
    """The last build, asked while the next one is made, and then that one.

    ``kept``: the file; without one nothing is remembered. ``data``: the digest of the whole published data, "" when it
    is not known; ``there``: the site at ``out`` as it lies (place.look). A file of another form or another ``base`` is
    as good as none.
    """

    def __init__(self, kept: Path | None, out: Path, base: str, data: str, now: Now, there: Mapping[str, Stat]) -> None:
        self._there = there
        self._kept, self._out, self._base, self._data, self._now = kept, out, base, data, now
        self._before, self._pages, self._old = _read(kept, base, self._record()) if kept is not None else _NOTHING
        self._same: dict[str, Mapping[str, Entry]] = {}
        self._made: dict[str, _Pages] = {}
        self._extras: dict[str, list[tuple[str, int, int]]] = {}

    def whole(self, source: PageFile) -> Mapping[str, Entry]:
        """Return the entries by path of a page file of which every page stands, its queries unasked; else none."""
        found = self._of(source)
        same = self._data == self._before != ""
        return found if same and all(self._stands(path, entry) for path, entry in found.items()) else {}

    def page(self, source: PageFile, path: str, key: Callable[[Sequence[str]], str]) -> Entry | None:
        """Return the entry of a page that stands; null for one to be made.

        ``key``: the digest (data_key) of what the page has under these names now, "" when one of them is gone.
        """
        entry = self._of(source).get(path)
        if entry is None or not self._stands(path, entry):
            return None
        return entry if entry.data == key(entry.asked) else None

    def as_now(self, path: str, entry: Entry) -> Entry:
        """Return an entry with the digest of what it looks at beside its results, as that is now."""
        return entry._replace(now=self._key_now(path, entry))

    def extra(self, name: str) -> Sequence[str]:
        """Return the files that a maker of the published data alone made, when they still stand; else none."""
        old = self._old.get(name, ())
        same = self._data == self._before != "" and all(self._intact(*one) for one in old)
        return [path for path, _, _ in old] if same else []

    def keep_extra(self, name: str, paths: Iterable[str]) -> None:
        """Note the files of such a maker."""
        self._extras[name] = [(path, 0, 0) for path in paths]

    def keep(self, source: PageFile, path: str, entry: Entry) -> None:
        """Note a page of the build being made, taken over or made anew."""
        if source.place not in self._made:
            self._made[source.place] = _Pages(_text(source), {})
        self._made[source.place].entries[path] = entry

    @property
    def base(self) -> str:
        """The digest of the code, templates, words and settings."""
        return self._base

    @property
    def figures(self) -> str:
        """The digest of all figures in all languages, as they stand on the day of the build."""
        return sha256(json.dumps(self._now.figures, sort_keys=True).encode()).hexdigest()[:24]

    @property
    def given(self) -> str:
        """The digest of the state of the night."""
        return sha256(json.dumps(self._now.given, sort_keys=True).encode()).hexdigest()[:24]

    def made(self) -> dict[str, Mapping[str, Entry]]:
        """Return the entries of the build being made, by the place of their page file and their path."""
        return {place: made.entries for place, made in self._made.items()}

    def save(self, there: Mapping[str, Stat]) -> None:
        """Write the memory, once the site is in place; ``there``: the site as it lies now."""
        self._there = there
        if self._kept is None:
            return
        pages = {
            place: [made.text, {path: self._lying(entry) for path, entry in made.entries.items()}]
            for place, made in self._made.items()
        }
        extras = {name: self._placed(files) for name, files in self._extras.items()}
        whole = {"base": self._base, "data": self._data, "record": self._record(), "extras": extras, "pages": pages}
        write_atomic(self._kept, json.dumps(whole, separators=(",", ":")).encode(), may_be_lost=True)

    def _of(self, source: PageFile) -> Mapping[str, Entry]:
        if source.place not in self._same:
            found = self._pages.get(source.place)
            self._same[source.place] = found.entries if found is not None and found.text == _text(source) else {}
        return self._same[source.place]

    def _stands(self, path: str, entry: Entry) -> bool:
        return (
            not entry.papers  # such a page is always asked
            and entry.first <= self._now.day.isoformat() <= entry.last
            and entry.now == self._key_now(path, entry)
            and all(self._intact(*one) for one in entry.files)
        )

    def _record(self) -> list[int] | None:
        """Return size and time of the published record of inputs, from which rows are taken over with the pages."""
        found = _stat(f"{self._out}/{RECORD}")
        return list(found) if found else None

    def _intact(self, path: str, size: int, changed: int) -> bool:
        found = self._there.get(path)
        return found is not None and found[2:] == (size, changed)

    def _key_now(self, path: str, entry: Entry) -> str:
        return self._now.key(path.partition("/")[0], entry.asked, entry.figures, entry.said)

    def _lying(self, entry: Entry) -> Entry:
        """Return an entry for the file; the size and time of new files are those that they got in their place."""
        made = any(not changed for _, _, changed in entry.files)
        return entry._replace(files=self._placed(entry.files)) if made else entry

    def _placed(self, files: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
        placed: list[tuple[str, int, int]] = []
        for name, size, changed in files:
            there = self._there.get(name)
            placed.append((name, *there[2:]) if there and not changed else (name, size, changed))
        return placed


@dataclass(frozen=True)
class _Pages:
    """The pages of one page file: the digest of the file, the entries by path."""

    text: str
    entries: dict[str, Entry]


_Read = tuple[str, dict[str, _Pages], dict[str, list[tuple[str, int, int]]]]

_NOTHING: _Read = ("", {}, {})


def _read(kept: Path, base: str, record: list[int] | None) -> _Read:
    try:
        content: Any = json.loads(kept.read_bytes())
        if (content["base"], content["record"]) != (base, record):
            return _NOTHING
        pages = {place: _Pages(of, _entries(pages)) for place, (of, pages) in content["pages"].items()}
        extras = {name: [(str(p), int(s), int(t)) for p, s, t in files] for name, files in content["extras"].items()}
        return content["data"], pages, extras
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return _NOTHING


def _entries(pages: Mapping[str, Sequence[Any]]) -> dict[str, Entry]:
    return {path: Entry(*values) for path, values in pages.items()}


def _text(source: PageFile) -> str:
    return sha256(repr(source).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _stat(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 called for every file of the site
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
