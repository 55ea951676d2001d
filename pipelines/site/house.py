"""What all pages of one build share: the page files with their queries' results, figures, names, words, templates.

What belongs here: opening everything once. What does not: rendering (build.py, frame.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines import quotes
from pipelines.errors import InputError, nearest
from pipelines.languages import LANGUAGES
from pipelines.registry import Registry
from pipelines.site import addresses, codes, kept, locales, page, place, states, theme, values
from pipelines.site.faults import Fault
from pipelines.site.page import PageFile
from pipelines.site.queries import LIMIT_S, PARAMS, Database, Queries
from pipelines.site.sandbox import Sandbox
from pipelines.site.tables import Row, Table
from pipelines.site.tokens import clean

STATUS_COLUMNS = states.GIVEN


@dataclass(frozen=True)
class Options:
    """What a build is asked for; see build.build."""

    database: Path
    out: Path
    registry: Registry
    reference: Path
    build_date: date
    base_url: str | None
    status: Sequence[Mapping[str, object]]
    known_on: date | None
    dashboards: Path
    downloads: Mapping[str, Path]
    contact: str = ""
    formats: tuple[str, ...] = ()
    kept: Path | None = None
    version: str = ""
    to_read: Sequence[Mapping[str, object]] = ()
    compiled: Path | None = None
    limit_s: float = LIMIT_S


@dataclass(frozen=True)
class Page:
    """One address: its page file, and for a page with a parameter its row and the queries that depend on it."""

    source: PageFile
    address: str
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])
    params: Row | None = None
    canonical: str = ""

    @cached_property
    def row(self) -> Table | None:
        """The row of a page with a parameter, as a table of it alone."""
        return self.params.alone() if self.params is not None else None

    @cached_property
    def keys(self) -> dict[tuple[str, ...], str]:
        """Digests of the results under some names, once they were asked: its languages share them."""
        return {}

    @property
    def place(self) -> str:
        """How messages name the page."""
        return self.source.place if self.params is None else f"{self.source.place} ({self.address})"


@dataclass(frozen=True)
class House:
    """The opened house; ``shared`` are the results that all pages of a file share, by the file's place.

    ``memory`` is that of the last build; ``whole`` are the page files that are taken over without asking their queries.
    """

    options: Options
    sources: tuple[PageFile, ...]
    pages: tuple[Page, ...]
    shared: Mapping[str, Mapping[str, Table]]
    figures: Mapping[str, Mapping[str, values.Figure]]
    said: Mapping[str, Sequence[values.Said]]
    publishers: quotes.Names
    regions: quotes.Names
    locales: Mapping[str, locales.Locale]
    theme: theme.Theme
    templates: Sandbox
    by_address: Mapping[str, Page]
    memory: kept.Memory
    whole: Mapping[str, Mapping[str, kept.Entry]]

    @property
    def day(self) -> date:
        """The day that "now" is on the pages: the build date, or the day that is asked about."""
        return self.options.known_on or self.options.build_date

    def fill(self, template: str, /, **named: Any) -> Markup:
        """Fill one of our own templates."""
        return Markup(self.templates.get_template(template).render(**named))

    def figure_said(self, figure: str, day: date, language: str) -> values.Figure:
        """Return a figure as we had recorded it on a day (rule R3)."""
        return values.said_on(self.options.registry, self.said, figure, day, language)


def load_pages(options: Options) -> tuple[PageFile, ...]:
    """Read the page files, in the order of the menu. Raises InputError with file and line."""
    folder = options.dashboards / "pages"
    sources = tuple(page.load(path, folder) for path in sorted(folder.rglob("*.md")))
    if not sources:
        raise InputError(str(folder), "no pages", "one Markdown file a page")
    return tuple(sorted(sources, key=lambda source: (source.order, source.address)))


def open_house(
    options: Options,
    sources: tuple[PageFile, ...] | None = None,
    stood: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    there: Mapping[str, place.Stat] | None = None,
) -> House:
    """Read everything that the pages need. Raises InputError with file and line.

    ``sources``: the page files, when they were read already. ``stood``: by place, the addresses with their canonical
    ones of the page files of which no page is to be made. ``there``: the site as it lies (place.look).
    """
    if options.compiled is not None:
        codes.load(options.compiled)
    sources = sources or load_pages(options)
    stood = stood or {}
    publishers = quotes.load_publishers(options.reference / "publishers.csv")
    regions = quotes.load_regions(options.reference / "regions.csv")
    words = locales.load(options.dashboards / "locales")
    pages: list[Page] = []
    shared: dict[str, Mapping[str, Table]] = {}
    whole: dict[str, Mapping[str, kept.Entry]] = {}
    with Database(options.database, options.limit_s) as opened:
        status = states.table(options.status, states.known(opened), words)
        given = {"status": status, "to_read": states.to_read(options.to_read)}
        found = values.load_values(opened)
        beside = values.load_beside(opened, options.registry, regions, options.known_on or options.build_date)
        said = values.load_said(opened)
        figures = {language: values.views(options.registry, found, beside, language) for language in LANGUAGES}
        memory = _memory(options, sources, figures, said, given, there)
        for source in sources:
            shared[source.place] = given
            if source.place in stood:
                whole[source.place] = {}
                pages += [Page(source, address, canonical=canonical) for address, canonical in stood[source.place]]
                continue
            if entries := memory.whole(source):
                whole[source.place] = entries
                pages += _stood(source, entries)
                continue
            queries = Queries(source, opened)
            shared[source.place] = {**queries.shared(), **given}
            pages += _pages(source, queries, shared[source.place])
    templates = _templates((options.dashboards / "templates").resolve())
    by_address = _by_address(pages)
    _check(sources, by_address, pages, templates)
    return House(
        options=options,
        sources=sources,
        pages=tuple(pages),
        shared=shared,
        figures=figures,
        said=said,
        publishers=publishers,
        regions=regions,
        locales=words,
        theme=theme.load(options.dashboards / "assets" / "site.css"),
        templates=templates,
        by_address=by_address,
        memory=memory,
        whole=whole,
    )


def _memory(
    options: Options,
    sources: Sequence[PageFile],
    figures: Mapping[str, Mapping[str, values.Figure]],
    said: Mapping[str, Sequence[values.Said]],
    given: Mapping[str, Table],
    there: Mapping[str, place.Stat] | None,
) -> kept.Memory:
    """Return what the last build made, to be compared with what this one has."""
    now = kept.Now(
        options.known_on or options.build_date,
        {language: {name: one.digest for name, one in found.items()} for language, found in figures.items()},
        lambda name, day, language: values.said_on(options.registry, said, name, day, language).digest,
        {name: table.digest for name, table in given.items()},
    )
    base = base_of(options, sources) if options.kept else ""
    if there is None:
        there = place.look(options.out) if options.kept else {}
    return kept.Memory(options.kept, options.out, base, options.version, now, there)


def base_of(options: Options, sources: Sequence[PageFile]) -> str:
    """Return the digest of what every page of a build depends on, its data apart (kept.py)."""
    told = (options.base_url, options.known_on, options.contact, options.formats, sorted(options.downloads))
    ids = (*told, *(spec.id for spec in options.registry.figures))
    return kept.base(sources, options.dashboards, options.reference, ids)


def _stood(source: PageFile, entries: Mapping[str, kept.Entry]) -> list[Page]:
    """Return the pages of a file that is taken over: one an address, in the order of the build that made them."""
    found = {entry.address: entry.canonical for entry in entries.values()}
    return [Page(source, address, canonical=canonical) for address, canonical in found.items()]


def _pages(source: PageFile, queries: Queries, shared: Mapping[str, Table]) -> list[Page]:
    """Return the pages of one file: one, or one a row of its ``params``."""
    if source.params is None:
        return [Page(source, source.address, canonical=(source.canonical or "").strip("/"))]
    rows = shared[source.params]
    queries.check_params(rows)
    found: list[Page] = []
    for row in rows:
        try:
            address = addresses.fill(source.address, row.__getitem__)
            canonical = addresses.fill((source.canonical or "").strip("/"), row.__getitem__)
        except Fault as fault:
            raise fault.at(source.place, source.lines["params"]) from None
        found.append(Page(source, address, queries.own(row), row, canonical))
    return found


def _by_address(pages: Sequence[Page]) -> dict[str, Page]:
    found: dict[str, Page] = {}
    for one in pages:
        other = found.setdefault(one.address, one)
        if other is not one:
            told = "two rows" if other.source is one.source else other.source.place
            line = one.source.lines.get("params", 1)
            raise InputError(f"{one.source.place}:{line}", f"the address /{one.address} is there twice ({told})")
    return found


def _check(
    sources: Sequence[PageFile],
    by_address: Mapping[str, Page],
    pages: Sequence[Page],
    templates: Sandbox,
) -> None:
    """Check that layouts and canonical addresses exist."""
    known = [name for name in templates.list_templates() if "/" not in name]
    for source in sources:
        if source.layout not in known:
            where = f"{source.place}:{source.lines.get('layout', 1)}"
            raise InputError(where, f"unknown layout {source.layout!r}", nearest(source.layout, known))
    for one in pages:
        if one.source.canonical is not None and one.canonical not in by_address:
            where = f"{one.source.place}:{one.source.lines['canonical']}"
            raise InputError(where, f"no page /{one.canonical}", nearest(one.canonical, list(by_address)))


@cache
def _templates(folder: Path) -> Sandbox:
    """Return the environment of our own templates: sandboxed, escaping, sources' strings without control marks."""
    return Sandbox(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        bytecode_cache=codes.Templates(),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )


def _printed(value: object) -> object:
    return clean(value) if type(value) is str else value


def own_tables(one: Page, language: str) -> dict[str, Any]:
    """Return what only this page has for its template: its row as ``params`` and its own queries' results."""
    if one.row is None:
        return {}
    tables = {name: table.in_language(language) for name, table in one.tables.items()}
    return {PARAMS: one.row.in_language(language).rows[0], **tables}
