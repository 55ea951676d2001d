"""The static build: every page of ``dashboards/pages`` in every language, as one folder that works from any path.

What belongs here: what goes into the site, addresses, the frame around pages. What does not: reading pages (page.py,
queries.py, render.py), replacing the folder (place.py), any text of a page.

Same input, same bytes: nothing here reads a clock; the date on the pages is ``build_date`` (rule R13; the status page,
whose content is the state of the night, is exempt).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from posixpath import relpath
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pipelines import formats, quotes
from pipelines.errors import InputError
from pipelines.registry import LANGUAGES, Registry, nearest
from pipelines.settings import PROJECT
from pipelines.site import links, locales, page, place, queries, theme, values
from pipelines.site.cells import Cells
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.page import PageFile
from pipelines.site.queries import Database
from pipelines.site.render import Renderer
from pipelines.site.tables import Table
from pipelines.site.tokens import clean

STATUS_COLUMNS = ("source", "state", "last_fetch", "last_change", "message")


@dataclass(frozen=True)
class Built:
    """What a build did: how many files are new or changed, the same, gone; the pages' paths in the site."""

    written: int
    unchanged: int
    removed: int
    pages: tuple[str, ...]


@dataclass(frozen=True)
class _House:
    """What all pages of one build share."""

    pages: tuple[PageFile, ...]
    tables: Mapping[str, Mapping[str, Table]]
    registry: Registry
    values: Mapping[str, Any]
    beside: Mapping[str, Any]
    publishers: quotes.Names
    regions: quotes.Names
    locales: Mapping[str, locales.Locale]
    theme: theme.Theme
    templates: ImmutableSandboxedEnvironment
    build_date: date
    base_url: str | None
    known_on: date | None
    downloads: tuple[str, ...]

    def fill(self, template: str, /, **values: Any) -> Markup:
        """Fill one of our own templates."""
        return Markup(self.templates.get_template(template).render(**values))


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
) -> Built:
    """Build the site from the published ``database`` and put it in place as ``out``.

    ``reference``: the folder with publishers.csv and regions.csv. ``status``: rows of STATUS_COLUMNS for pages that
    print the state of the sources. ``known_on``: the database holds the figures as known on that day, and pages say
    so. ``downloads``: data files to put into the site, by their path in it (``data/lukuina.duckdb``).
    Raises InputError naming file and line; the old site is then untouched.
    """
    house = _open(database, registry, reference, build_date, base_url, known_on, dashboards, status, downloads or {})
    files: dict[str, bytes | Path] = {}
    for language in LANGUAGES:
        for source in house.pages:
            if progress is not None:
                progress(f"{language} {source.place}")
            files.update(_render(house, source, language))
    files["index.html"] = _front_door(house)
    pages = tuple(sorted(path for path in files if path.endswith(".html")))
    for path in sorted((dashboards / "assets").rglob("*")):
        if path.is_file():
            files[f"assets/{path.relative_to(dashboards / 'assets').as_posix()}"] = path.read_bytes()
    files.update(downloads or {})
    links.check({path: content if isinstance(content, bytes) else b"" for path, content in files.items()})
    placed = place.put(files, out)
    return Built(placed.written, placed.unchanged, placed.removed, pages)


def _open(
    database: Path,
    registry: Registry,
    reference: Path,
    build_date: date,
    base_url: str | None,
    known_on: date | None,
    dashboards: Path,
    status: Sequence[Mapping[str, object]],
    downloads: Mapping[str, Path],
) -> _House:
    folder = dashboards / "pages"
    sources = tuple(page.load(path, folder) for path in sorted(folder.rglob("*.md")))
    if not sources:
        raise InputError(str(folder), "no pages", "one Markdown file a page")
    publishers = quotes.load_publishers(reference / "publishers.csv")
    regions = quotes.load_regions(reference / "regions.csv")
    with Database(database) as opened:
        tables = {source.place: {**queries.run_all(source, opened), "status": _status(status)} for source in sources}
        found = values.load_values(opened)
        beside = values.load_beside(opened, registry, regions, known_on or build_date)
    return _House(
        pages=tuple(sorted(sources, key=lambda source: (source.order, source.address))),
        tables=tables,
        registry=registry,
        values=found,
        beside=beside,
        publishers=publishers,
        regions=regions,
        locales=locales.load(dashboards / "locales"),
        theme=theme.load(dashboards / "assets" / "site.css"),
        templates=_templates((dashboards / "templates").resolve()),
        build_date=build_date,
        base_url=base_url,
        known_on=known_on,
        downloads=tuple(sorted(downloads)),
    )


def _status(status: Sequence[Mapping[str, object]]) -> Table:
    cells = tuple(tuple(row.get(column) for column in STATUS_COLUMNS) for row in status)
    return Table("status", STATUS_COLUMNS, cells, "Tilatietoja ei ole.")


@cache
def _templates(folder: Path) -> ImmutableSandboxedEnvironment:
    """Return the environment of our own templates: sandboxed, escaping, sources' strings without control marks."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )


def _printed(value: object) -> object:
    return clean(value) if type(value) is str else value


def _path(source: PageFile, language: str) -> str:
    return "/".join(part for part in (language, source.address, "index.html") if part)


def _render(house: _House, source: PageFile, language: str) -> dict[str, bytes | Path]:
    locale, path = house.locales[language], _path(source, language)
    folder = path.rpartition("/")[0]

    def link(address: str) -> str:
        target, mark, anchor = address.strip("/").partition("#")
        found = next((p for p in house.pages if p.address == target.strip("/")), None)
        if found is None:
            known = [f"/{p.address}" for p in house.pages]
            raise Fault(f"unknown page {address!r}", nearest(address, known), words=f"({address})")
        return relpath(_path(found, language), folder) + mark + anchor

    scope = Scope(
        locale=locale,
        cells=Cells(locale, house.regions),
        figures=values.views(house.registry, house.values, house.beside, language),
        publishers=house.publishers,
        regions=house.regions,
        theme=house.theme,
        template=house.fill,
        day=house.known_on or house.build_date,
        known_on=house.known_on,
    )
    try:
        body = Renderer(source, scope, house.tables[source.place], link).body()
        html = house.templates.get_template("page.html").render(
            **_frame(house, source, language, folder), body=body, ui=locale.text, language=language
        )
    except Fault as fault:
        raise fault.at(source.place, 1) from None
    files: dict[str, bytes | Path] = {path: _tidy(html)}
    return files | {f"{folder}/{name}": content for name, content in sorted(scope.files.items())}


def _frame(house: _House, source: PageFile, language: str, folder: str) -> dict[str, Any]:
    """Return what the template of the page needs beside the body."""
    menu = [
        {"href": relpath(_path(p, language), folder), "name": p.menu[language], "here": p is source}
        for p in house.pages
        if p.menu is not None
    ]
    return {
        "title": source.title[language],
        "description": source.description.get(language, ""),
        "root": relpath(".", folder),
        "home": relpath(_path(replace(source, address=""), language), folder),
        "menu": menu,
        "languages": [{"code": other, "href": relpath(_path(source, other), folder)} for other in LANGUAGES],
        "absolute": {
            other: f"{house.base_url}/{_path(source, other).removesuffix('index.html')}" for other in LANGUAGES
        }
        if house.base_url
        else {},
        "built": formats.long_date(house.build_date, language),
        "known_on": formats.long_date(house.known_on, language) if house.known_on else "",
        "downloads": [{"href": relpath(path, folder), "name": path.rpartition("/")[2]} for path in house.downloads],
    }


def _front_door(house: _House) -> bytes:
    """Return the page at the root: the languages to choose from."""
    home = next((source for source in house.pages if source.address == ""), None)
    if home is None:
        raise InputError("dashboards/pages", "no index.md", "a first page")
    doors = [
        {"code": code, "href": _path(home, code), "title": home.title[code], "text": home.description.get(code, "")}
        for code in LANGUAGES
    ]
    template = house.templates.get_template("front_door.html")
    return _tidy(template.render(doors=doors, ui=house.locales["fi"].text, locales=house.locales))


def _tidy(html: str) -> bytes:
    """Drop blank lines and trailing blanks that templates leave behind."""
    return re.sub(r"[ \t]*\n\s*\n+", "\n", html).strip().encode("utf-8") + b"\n"
