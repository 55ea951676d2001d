"""The static build: every page of ``dashboards/pages`` in every language, as one folder that works from any path.

What belongs here: what goes into the site and in which order. What does not: reading pages (page.py, queries.py,
house.py, render.py), the frame around them (frame.py), replacing the folder (place.py), any text of a page.

A page file is compiled once a language (Jinja2 to code, and every text that reaches Markdown once); its pages then
only fill in. Same input, same bytes: nothing here reads a clock; the date on the pages is ``build_date`` (rule R13;
the status page, whose content is the state of the night, is exempt).
"""

import gc
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.registry import LANGUAGES, Registry, nearest
from pipelines.settings import PROJECT
from pipelines.site import lineage, links, place
from pipelines.site.addresses import file
from pipelines.site.cells import Cells
from pipelines.site.components.scope import Scope
from pipelines.site.draft import Draft, Extra, PageRecord, Picture
from pipelines.site.extras import EXTRAS, PICTURE_FORMATS
from pipelines.site.faults import Fault
from pipelines.site.frame import absolute_address, frame, front_door, relative
from pipelines.site.house import STATUS_COLUMNS, House, Options, Page, open_house, own_tables, params_of
from pipelines.site.page import PageFile
from pipelines.site.render import Renderer

__all__ = ["STATUS_COLUMNS", "Built", "build"]

_GAPS = re.compile(r"[ \t]*\n\s*\n+")


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
    extras: Sequence[Extra] = EXTRAS,
    contact: str | None = None,
    to_read: Sequence[Mapping[str, object]] = (),
) -> Built:
    """Build the site from the published ``database`` and put it in place as ``out``.

    ``reference``: the folder with publishers.csv and regions.csv. ``status``: rows of STATUS_COLUMNS for pages that
    print the state of the sources. ``known_on``: the database holds the figures as known on that day, and pages say
    so. ``downloads``: data files to put into the site, by their path in it (``data/lukuina.duckdb``). ``extras``:
    makers of further files (extras.py). ``contact``: whom readers may write to; null leaves "the maintainer".
    ``to_read``: publications that wait for a reader (watchers.as_dicts).
    Raises InputError naming file and line; the old site is then untouched.
    """
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
        formats=PICTURE_FORMATS if extras else (),
        to_read=to_read,
    )
    with _no_collecting():
        house = open_house(options)
        draft = _draw(house, progress or (lambda _: None))
    for extra in extras:
        draft = replace(draft, files={**draft.files, **extra(draft)})
    links.check({path: content if isinstance(content, bytes) else b"" for path, content in draft.files.items()})
    placed = place.put(draft.files, out)
    pages = tuple(sorted(path for path in draft.files if path.endswith(".html")))
    return Built(placed.written, placed.unchanged, placed.removed, pages, draft.pictures)


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
    for language in LANGUAGES:
        cells = Cells(house.locales[language], house.regions)
        for source in house.sources:
            progress(f"{language} {source.place}")
            press = _Press(house, source, language, cells)
            for page in house.pages:
                if page.source is source:
                    files.update(press.print(page))
            records += press.records
            inputs.update(press.inputs)
            pictures += press.pictures
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
        inputs,
        options.to_read,
    )


class _Press:
    """Prints the pages of one page file in one language."""

    def __init__(self, house: House, source: PageFile, language: str, cells: Cells) -> None:
        self._house, self._source, self._language, self._cells = house, source, language, cells
        self._tables = {name: table.in_language(language) for name, table in house.shared[source.place].items()}
        self._renderer = Renderer(source, house.locales[language], self._tables)
        self._template = house.templates.get_template(source.layout)
        self.records: list[PageRecord] = []
        self.pictures: list[Picture] = []
        self.inputs: dict[str, tuple[str, tuple[lineage.Used, ...]]] = {}

    def print(self, page: Page) -> dict[str, bytes]:
        """Return the files of one page: its HTML and what its components wrote beside it."""
        path = file(page.address, self._language)
        folder = path.rpartition("/")[0]
        figures = lineage.Noted(self._house.figures[self._language])
        scope = self._scope(page, folder, figures)
        made = self._renderer.render(scope, own_tables(page, self._language))
        inputs = self._inputs(page, figures)
        version = lineage.version(inputs) if inputs else ""
        try:
            html = self._template.render(
                **frame(self._house, page, self._language, made.title, made.description, scope.head, version),
                body=made.body,
            )
        except Fault as fault:
            raise fault.at(page.place, 1) from None
        place = self._source.place
        self.inputs[path] = (place, inputs)
        self.inputs.update({f"{folder}/{name}": (place, used) for name, used in scope.inputs.items()})
        self.records.append(self._record(page, path, made.title, made.description))
        self.pictures += [
            Picture(f"{folder}/{name}", title, source, self._language) for name, title, source in scope.pictures
        ]
        return {path: _tidy(html)} | {f"{folder}/{name}": content for name, content in sorted(scope.files.items())}

    def _record(self, page: Page, path: str, title: str, description: str) -> PageRecord:
        return PageRecord(
            path,
            page.address,
            self._language,
            title,
            description,
            page.source.noindex,
            page.canonical if page.source.canonical is not None else page.address,
            page.source.place,
            params_of(page),
        )

    def _inputs(self, page: Page, figures: lineage.Noted) -> tuple[lineage.Used, ...]:
        """Return what a page was made of: its row, the results that its text names, the figures that it looked at."""
        asked = {name: table for name, table in self._tables.items() if name in self._renderer.asked}
        own = [table for name, table in page.tables.items() if name in self._renderer.asked]
        row = [page.params.alone()] if page.params is not None else []
        seen = [figures.figures[name] for name in sorted(figures.seen)]
        return tuple(lineage.used(one) for one in (*row, *asked.values(), *own, *seen))

    def _scope(self, page: Page, folder: str, figures: lineage.Noted) -> Scope:
        house, language = self._house, self._language

        def link(address: str) -> str:
            target, mark, anchor = address.strip("/").partition("#")
            target = target.strip("/")
            if target not in house.by_address:
                known = [f"/{known}" for known in house.by_address]
                raise Fault(f"unknown page {address!r}", nearest(address, known), words=f"({address})")
            return relative(file(target, language), folder) + mark + anchor

        def said(figure: str, day: date) -> Any:
            return house.figure_said(figure, day, language)

        return Scope(
            locale=house.locales[language],
            cells=self._cells,
            figures=figures,
            publishers=house.publishers,
            regions=house.regions,
            theme=house.theme,
            template=house.fill,
            day=house.day,
            known_on=house.options.known_on,
            link=link,
            said=said,
            root=relative(".", folder),
            absolute=absolute_address(house, page.address, language),
            address=page.address,
            contact=house.options.contact,
            drawn=page.source.pictures,
        )


def _tidy(html: str) -> bytes:
    """Drop blank lines and trailing blanks that templates leave behind."""
    return _GAPS.sub("\n", html).strip().encode("utf-8") + b"\n"
