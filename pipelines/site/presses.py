"""Printing one page: from its page file, its row and a language to its HTML and the files beside it.

What belongs here: what a page's print consists of, and which pages stand as they lie. What does not: in which order or
process pages are printed (build.py, second.py), how a page file is rendered (render.py), the frame (frame.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from pipelines.errors import nearest
from pipelines.languages import LANGUAGES
from pipelines.site import lineage
from pipelines.site.addresses import file
from pipelines.site.cells import Cells
from pipelines.site.components.scope import Scope
from pipelines.site.draft import PageRecord, Picture
from pipelines.site.faults import Fault
from pipelines.site.frame import Frames, absolute_address, relative
from pipelines.site.house import House, Page, own_tables
from pipelines.site.kept import GIVEN, Entry, data_key
from pipelines.site.lineage import Used
from pipelines.site.links import Seen, look
from pipelines.site.noted import NotedDay, NotedFigures
from pipelines.site.page import PageFile
from pipelines.site.render import Renderer
from pipelines.site.tables import Table

_BLANK = re.compile(r"\n(?:[^\S\n]*+\n)++")


@dataclass(frozen=True)
class Printed:
    """One page in one language: its files, and what the build notes of it.

    ``inputs``: what each file was made of, by path. ``entry``: for the memory of the next build.
    ``seen``: what its HTML contains, for the check of links; null of a page taken over.
    ``taken``: the paths of its files that stay as they lie in the last site.
    """

    files: Mapping[str, bytes]
    record: PageRecord
    pictures: tuple[Picture, ...]
    inputs: Mapping[str, tuple[str, tuple[Used, ...]]]
    entry: Entry
    taken: Sequence[str] = ()
    seen: Seen | None = None


@dataclass(frozen=True)
class Job:
    """A page to be printed, or taken over where it stood; ``first`` of its page file in its language."""

    press: "Press"
    path: str
    page: Page | None
    stood: Entry | None
    first: bool

    def run(self) -> Printed:
        """Print the page or take it over."""
        if self.stood is not None:
            return self.press.take_over(self.path, self.stood)
        assert self.page is not None
        return self.press.print(self.page)


def jobs(house: House) -> list[Job]:
    """Return a job for every page in every language, in the order of the site."""
    asked: dict[str, list[Page]] = {source.place: [] for source in house.sources}
    for page in house.pages:
        if page.source.place not in house.whole:
            asked[page.source.place].append(page)
    found: list[Job] = []
    for language in LANGUAGES:
        cells = Cells(house.locales[language], house.regions)
        for source in house.sources:
            press, start = Press(house, source, language, cells), len(found)
            for path, entry in house.whole.get(source.place, {}).items():
                if path.startswith(f"{language}/"):
                    found.append(Job(press, path, None, entry, len(found) == start))
            for page in asked[source.place]:
                path = file(page.address, language)
                found.append(Job(press, path, page, press.stands(path, page), len(found) == start))
    return found


class Press:
    """Prints the pages of one page file in one language, or takes them over from the last build."""

    def __init__(self, house: House, source: PageFile, language: str, cells: Cells) -> None:
        self.source, self.language = source, language
        self._house, self._cells = house, cells
        self._template = house.templates.get_template(source.layout)
        self._frames = Frames(house, source, language)

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        shared = self._house.shared[self.source.place]
        return {name: table.in_language(self.language) for name, table in shared.items()}

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self.source, self._house.locales[self.language], self._tables)

    def stands(self, path: str, page: Page) -> Entry | None:
        """Return what is remembered of a page whose inputs are the same; null for one to be printed."""
        return self._house.memory.page(self.source, path, lambda asked: self._key(page, tuple(asked)))

    def take_over(self, path: str, entry: Entry) -> Printed:
        """Return a page that stands, its files where they lie."""
        return Printed(
            {},
            self._record(path, entry.address, entry.canonical or entry.address, entry.title, entry.description),
            tuple(Picture(*picture, self.language) for picture in entry.pictures),
            {},
            entry,
            taken=[name for name, _, _ in entry.files],
        )

    def print(self, page: Page) -> Printed:
        """Return a page made anew: its HTML and what its components wrote beside it."""
        path, raw = file(page.address, self.language), self._raw(page)
        folder = path.rpartition("/")[0]
        noted = _Noted(NotedFigures(self._house.figures[self.language]), NotedDay.of(self._house.day))
        scope = self._scope(page, folder, noted)
        made = self._renderer.render(scope, own_tables(page, self.language))
        inputs = self._inputs(page, noted.figures)
        version = lineage.version(inputs) if inputs else ""
        try:
            html = self._template.render(
                **self._frames.names(page, made.title, made.description, scope.head, version),
                body=made.body,
            )
        except Fault as fault:
            raise fault.at(page.place, 1) from None
        pictures = [(f"{folder}/{name}", title, source) for name, title, source in scope.pictures]
        printed = tidy(html)
        files = {path: printed} | {f"{folder}/{name}": content for name, content in sorted(scope.files.items())}
        asked = tuple(name for name in sorted(self._renderer.asked) if name in raw)
        entry = Entry(
            page.address,
            page.canonical,
            made.title,
            made.description,
            asked,
            tuple(sorted(noted.figures.seen)),
            tuple(sorted(noted.said)),
            self._key(page, asked),
            "",
            noted.day.first.isoformat(),
            noted.day.last.isoformat(),
            tuple(pictures),
            bool(scope.papers),
            tuple((name, 0, 0) for name in files),
        )
        entry = self._house.memory.as_now(path, entry)
        place = self.source.place
        return Printed(
            files,
            self._record(path, page.address, page.canonical or page.address, made.title, made.description),
            tuple(Picture(*picture, self.language) for picture in pictures),
            {path: (place, inputs)} | {f"{folder}/{name}": (place, used) for name, used in scope.inputs.items()},
            entry,
            seen=look(printed.decode("utf-8")),
        )

    def _key(self, page: Page, asked: tuple[str, ...]) -> str:
        """Return the digest of what a page has under these names; "" when one of them is gone."""
        if asked not in page.keys:
            raw = self._raw(page)
            found = {name: raw[name] for name in asked if name in raw}
            page.keys[asked] = data_key(found, page.row) if len(found) == len(asked) else ""
        return page.keys[asked]

    def _raw(self, page: Page) -> Mapping[str, Table]:
        return {**self._house.shared[self.source.place], **page.tables}

    def _record(self, path: str, address: str, canonical: str, title: str, description: str) -> PageRecord:
        return PageRecord(
            path,
            address,
            self.language,
            title,
            description,
            self.source.noindex,
            canonical if self.source.canonical is not None else address,
            self.source.place,
        )

    def _inputs(self, page: Page, figures: NotedFigures) -> tuple[lineage.Used, ...]:
        """Return what a page was made of: its row, the results that its text names, the figures that it looked at.

        The state of the night is none of the data: the record of a night without changes stays as it is.
        """
        asked = {name: table for name, table in self._tables.items() if name in self._renderer.asked - {*GIVEN}}
        own = [table for name, table in page.tables.items() if name in self._renderer.asked]
        row = [page.row] if page.row is not None else []
        seen = [figures.figures[name] for name in sorted(figures.seen)]
        return tuple(lineage.used(one) for one in (*row, *asked.values(), *own, *seen))

    def _scope(self, page: Page, folder: str, noted: "_Noted") -> Scope:
        house, language = self._house, self.language

        def link(address: str) -> str:
            target, mark, anchor = address.strip("/").partition("#")
            target = target.strip("/")
            if target not in house.by_address:
                known = [f"/{known}" for known in house.by_address]
                raise Fault(f"unknown page {address!r}", nearest(address, known), words=f"({address})")
            return relative(file(target, language), folder) + mark + anchor

        def said(figure: str, day: date) -> Any:
            noted.said.add((figure, day.isoformat()))
            return house.figure_said(figure, day, language)

        return Scope(
            locale=house.locales[language],
            cells=self._cells,
            figures=noted.figures,
            publishers=house.publishers,
            regions=house.regions,
            theme=house.theme,
            template=house.fill,
            day=noted.day,
            known_on=house.options.known_on,
            link=link,
            said=said,
            root=relative(".", folder),
            absolute=absolute_address(house, page.address, language),
            address=page.address,
            contact=house.options.contact,
            formats=house.options.formats,
            drawn=page.source.pictures,
        )


@dataclass(frozen=True)
class _Noted:
    """What a page looked at while it was made, beside the results of its queries."""

    figures: NotedFigures
    day: NotedDay
    said: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


def tidy(html: str) -> bytes:
    """Drop blank lines, and the trailing blanks before them, that templates leave behind."""
    *parts, last = _BLANK.split(html)
    return "\n".join([*(part.rstrip(" \t") for part in parts), last]).strip().encode("utf-8") + b"\n"
