"""The static build: every page of ``dashboards/pages`` in every language, as one folder that works from any path.

What belongs here: what goes into the site and in which order. What does not: reading pages (page.py, queries.py,
house.py, render.py), the frame around them (frame.py), replacing the folder (place.py), any text of a page.

A page file is compiled once a language (Jinja2 to code, and every text that reaches Markdown once); its pages then
only fill in. A page whose inputs are the same as in the last build is taken over as it lies in the site (kept.py).
Same input, same bytes: nothing here reads a clock; the date on the pages is ``build_date`` (rule R13; the status page,
whose content is the state of the night, is exempt).
"""

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.registry import LANGUAGES, Registry, nearest
from pipelines.settings import PROJECT
from pipelines.site import lineage, links, place
from pipelines.site.addresses import file
from pipelines.site.cells import Cells
from pipelines.site.components.scope import Scope
from pipelines.site.draft import OF_DATA, Draft, Extra, Files, PageRecord, Picture
from pipelines.site.faults import Fault
from pipelines.site.frame import Frames, absolute_address, front_door, relative
from pipelines.site.house import STATUS_COLUMNS, House, Options, Page, open_house, own_tables
from pipelines.site.kept import Entry, data_key
from pipelines.site.noted import NotedDay, NotedFigures
from pipelines.site.page import PageFile
from pipelines.site.render import Renderer
from pipelines.site.tables import Table

__all__ = ["STATUS_COLUMNS", "Built", "build"]


@dataclass(frozen=True)
class Built:
    """What a build did: how many files are new or changed, the same, gone; the pages' paths in the site; pictures."""

    written: int
    unchanged: int
    removed: int
    pages: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()


def build(
    database: Path,
    out: Path,
    registry: Registry,
    *,
    reference: Path,
    build_date: date,
    base_url: str | None = None,
    status: Sequence[Mapping[str, object]] = (),
    known_on: date | None = None,
    progress: Callable[[str], None] | None = None,
    dashboards: Path = PROJECT / "dashboards",
    downloads: Mapping[str, Path] | None = None,
    extras: Sequence[Extra] | None = None,
    contact: str | None = None,
    kept: Path | None = None,
    version: str = "",
    to_read: Sequence[Mapping[str, object]] = (),
) -> Built:
    """Build the site from the published ``database`` and put it in place as ``out``.

    ``reference``: the folder with publishers.csv and regions.csv. ``status``: rows of STATUS_COLUMNS for pages that
    print the state of the sources. ``known_on``: the database holds the figures as known on that day, and pages say
    so. ``downloads``: data files to put into the site, by their path in it (``data/lukuina.duckdb``). ``extras``:
    makers of further files, by default all (extras.py). ``contact``: whom readers may write to; null leaves "the
    maintainer".
    ``kept``: the file in which a build remembers what it made (kept.py), for the next one of the same ``out``;
    ``version``: the digest of all data of ``database``, when it is known. ``to_read``: publications that wait for a
    reader (watchers.as_dicts).
    Raises InputError naming file and line; the old site is then untouched.
    """
    if extras is None:
        from pipelines.site.extras import EXTRAS as extras  # here: a build without them does without their libraries
    options = Options(
        database,
        out,
        registry,
        reference,
        build_date,
        base_url,
        status,
        known_on,
        dashboards,
        downloads or {},
        contact or "",
        ("png",) if extras else (),
        kept,
        version,
        to_read,
    )
    with _no_collecting():
        house = open_house(options)
        draft = _draw(house, progress or (lambda _: None))
    for extra in extras:
        made, taken = _made(house, draft, extra)
        draft = replace(draft, files={**draft.files, **made}, taken=draft.taken | taken)
    old = place.listing(out)
    links.check(draft.files, draft.taken, out, old)
    placed = place.put(draft.files, out, old)
    house.memory.save()
    pages = tuple(sorted(path for path in draft.files if path.endswith(".html")))
    return Built(placed.written, placed.unchanged, placed.removed, pages, draft.pictures)


def _made(house: House, draft: Draft, extra: Extra) -> tuple[Files, frozenset[str]]:
    """Return the files of a maker, and which of them are taken over: all, when it asks only data that is the same."""
    name = extra.__module__
    if name not in OF_DATA:
        return extra(draft), frozenset()
    stood = house.memory.extra(name)
    made = {path: draft.previous / path for path in stood} or extra(draft)
    house.memory.keep_extra(name, made)
    return made, frozenset(stood)


@contextmanager
def _no_collecting() -> Generator[None]:
    """Let Python not look for circles of garbage: what a build makes is kept until its end anyway."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _draw(house: House, progress: Callable[[str], None]) -> Draft:
    """Render every page in every language."""
    files: dict[str, bytes | Path] = {}
    records: list[PageRecord] = []
    pictures: list[Picture] = []
    inputs: dict[str, tuple[str, tuple[lineage.Used, ...]]] = {}
    taken: set[str] = set()
    asked: dict[str, list[Page]] = {source.place: [] for source in house.sources}
    for page in house.pages:
        if page.source.place not in house.whole:
            asked[page.source.place].append(page)
    for language in LANGUAGES:
        cells = Cells(house.locales[language], house.regions)
        for source in house.sources:
            progress(f"{language} {source.place}")
            press = _Press(house, source, language, cells)
            for path, entry in house.whole.get(source.place, {}).items():
                if path.startswith(f"{language}/"):
                    files.update(press.take_over(path, entry))
            for page in asked[source.place]:
                files.update(press.print(page))
            records += press.records
            inputs.update(press.inputs)
            pictures += press.pictures
            taken |= press.taken
    files["index.html"] = _tidy(front_door(house))
    options = house.options
    assets = options.dashboards / "assets"
    for path in sorted(assets.rglob("*")):
        if path.is_file():
            files[f"assets/{path.relative_to(assets).as_posix()}"] = path.read_bytes()
    files.update(options.downloads)
    return Draft(
        files,
        tuple(records),
        tuple(pictures),
        options.base_url,
        options.build_date,
        options.known_on,
        options.out,
        options.database,
        options.dashboards,
        options.status,
        frozenset(taken),
        options.contact,
        inputs,
        options.to_read,
    )


class _Press:
    """Prints the pages of one page file in one language, or takes them over from the last build."""

    def __init__(self, house: House, source: PageFile, language: str, cells: Cells) -> None:
        self._house, self._source, self._language, self._cells = house, source, language, cells
        self._template = house.templates.get_template(source.layout)
        self._frames = Frames(house, source, language)
        self.records: list[PageRecord] = []
        self.pictures: list[Picture] = []
        self.inputs: dict[str, tuple[str, tuple[lineage.Used, ...]]] = {}
        self.taken: set[str] = set()

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        shared = self._house.shared[self._source.place]
        return {name: table.in_language(self._language) for name, table in shared.items()}

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self._source, self._house.locales[self._language], self._tables)

    def take_over(self, path: str, entry: Entry) -> dict[str, Path]:
        """Return the files of a page that stands, where they lie."""
        self._house.memory.keep(self._source, path, entry)
        self.records.append(
            self._record(path, entry.address, entry.canonical or entry.address, entry.title, entry.description)
        )
        self.pictures += [Picture(*picture, self._language) for picture in entry.pictures]
        names = [name for name, _, _ in entry.files]
        self.taken.update(names)
        return {name: self._house.options.out / name for name in names}

    def print(self, page: Page) -> Mapping[str, bytes | Path]:
        """Return the files of one page: its HTML and what its components wrote beside it."""
        path = file(page.address, self._language)
        raw = {**self._house.shared[self._source.place], **page.tables}
        stood = self._house.memory.page(self._source, path, raw, page.row)
        if stood is not None:
            return self.take_over(path, stood)
        folder = path.rpartition("/")[0]
        noted = _Noted(NotedFigures(self._house.figures[self._language]), NotedDay.of(self._house.day))
        scope = self._scope(page, folder, noted)
        made = self._renderer.render(scope, own_tables(page, self._language))
        inputs = self._inputs(page, noted.figures)
        version = lineage.version(inputs) if inputs else ""
        try:
            html = self._template.render(
                **self._frames.names(page, made.title, made.description, scope.head, version),
                body=made.body,
            )
        except Fault as fault:
            raise fault.at(page.place, 1) from None
        place = self._source.place
        self.inputs[path] = (place, inputs)
        self.inputs.update({f"{folder}/{name}": (place, used) for name, used in scope.inputs.items()})
        self.records.append(
            self._record(path, page.address, page.canonical or page.address, made.title, made.description)
        )
        pictures = [(f"{folder}/{name}", title, source) for name, title, source in scope.pictures]
        self.pictures += [Picture(*picture, self._language) for picture in pictures]
        files = {path: _tidy(html)} | {f"{folder}/{name}": content for name, content in sorted(scope.files.items())}
        if not scope.papers:  # whether a PDF can be made is a matter of the machine, so such a page is always asked
            asked = {name: raw[name] for name in sorted(self._renderer.asked) if name in raw}
            entry = Entry(
                page.address,
                page.canonical,
                made.title,
                made.description,
                tuple(asked),
                tuple(sorted(noted.figures.seen)),
                tuple(sorted(noted.said)),
                data_key(asked, page.row),
                "",
                noted.day.first.isoformat(),
                noted.day.last.isoformat(),
                tuple(pictures),
                tuple((name, 0, 0) for name in files),
            )
            self._house.memory.keep(self._source, path, self._house.memory.as_now(path, entry))
        return files

    def _record(self, path: str, address: str, canonical: str, title: str, description: str) -> PageRecord:
        return PageRecord(
            path,
            address,
            self._language,
            title,
            description,
            self._source.noindex,
            canonical if self._source.canonical is not None else address,
            self._source.place,
        )

    def _inputs(self, page: Page, figures: NotedFigures) -> tuple[lineage.Used, ...]:
        """Return what a page was made of: its row, the results that its text names, the figures that it looked at."""
        asked = {name: table for name, table in self._tables.items() if name in self._renderer.asked}
        own = [table for name, table in page.tables.items() if name in self._renderer.asked]
        row = [page.row] if page.row is not None else []
        seen = [figures.figures[name] for name in sorted(figures.seen)]
        return tuple(lineage.used(one) for one in (*row, *asked.values(), *own, *seen))

    def _scope(self, page: Page, folder: str, noted: "_Noted") -> Scope:
        house, language = self._house, self._language

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
            drawn=page.source.pictures,
        )


@dataclass(frozen=True)
class _Noted:
    """What a page looked at while it was made, beside the results of its queries."""

    figures: NotedFigures
    day: NotedDay
    said: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


def _tidy(html: str) -> bytes:
    """Drop blank lines, and the trailing blanks before them, that templates leave behind."""
    kept: list[str] = []
    blank = False
    for line in html.split("\n"):
        if not line or line.isspace():
            blank = True
            continue
        if blank and kept:
            kept[-1] = kept[-1].rstrip(" \t")
        kept.append(line)
        blank = False
    return "\n".join(kept).strip().encode("utf-8") + b"\n"
