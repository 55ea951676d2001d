"""A small house for pages: two made figures, a made database, the project's own templates and words.

What belongs here: what several tests of pages share. What does not: any real figure or source file.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.figure_spec import FigureSpec
from pipelines.registry import Registry
from pipelines.site.build import Built, build
from pipelines.site.queries import Database

PROJECT = Path(__file__).resolve().parent.parent.parent
REFERENCE = PROJECT / "data" / "raw" / "reference"
HOSTILE = '"><script>alert(1)</script> **b** [x](javascript:1) `c` | {{ 7*191 }} {% raw %} \u202egnp.exe &amp; <b>'
"""A string of a source that is HTML, Markdown and Jinja2 at once, with a mark that turns the writing direction."""

TEXT = {"fi": "fi", "sv": "sv", "en": "en"}
MEMBERS = {
    "order": 1, "section": "page", "publisher": "prh", "source": "prh", "update_path": "transcribed",
    "cite": "register", "definition": TEXT, "counted": TEXT, "not_counted": TEXT,
    "why": {"fi": "Syy.", "sv": "Orsak.", "en": "Reason."},
    "select": [{"series": "members"}],
}  # fmt: skip
NUMBER = {
    **MEMBERS, "id": "members", "unit": "count",
    "name": {"fi": "Jäseniä", "sv": "Medlemmar", "en": "Members"},
    "sentence": {"fi": "Jäseniä oli {value}.", "sv": "Det fanns {value} medlemmar.", "en": "Members: {value}."},
    "handbook": {"value": 7926, "bound": "exact", "as_of": "2019-08-31", "published_on": date(2019, 8, 31),
                 "citation": "PRH 31.8.2018", "citation_correct": "PRH 31.8.2019"},
    "breaks": [{"at": "2015", "text": {"fi": "Katkos.", "sv": "Brott.", "en": "Break."}}],
    "beside": [{"name": {"fi": "Muita", "sv": "Andra", "en": "Others"}, "why": TEXT, "select": {"series": "others"}}],
}  # fmt: skip
LIST = {
    **MEMBERS, "id": "jobs", "order": 2, "kind": "list", "unit": "rank", "cite": "publication", "section": "glossary",
    "name": {"fi": "Ammatteja", "sv": "Yrken", "en": "Jobs"},
    "sentence": {"fi": "Ammatit: {items}.", "sv": "Yrken: {items}.", "en": "Jobs: {items}."},
}  # fmt: skip

_TABLES = """
create schema marts; create schema meta;
create table marts.figures as
select
    'members' as id, 12345.0 as value, null::struct(rank integer, name varchar)[] as items, 'count' as unit,
    'at_least' as bound, null as period, '2025-01-02' as as_of, date '2025-01-02' as published_on, 'PRH' as publisher,
    '' as printed_citation, 'javascript:alert(1)' as source_url, 'derived' as status, 'stale' as state,
    'as_defined' as coverage, ['Ahvenanmaa'] as missing,
    null::struct(name varchar, value double, bound varchar, inputs varchar[])[] as computed,
    date '2026-03-31' as stale_from, 'e' as edition, 's' as snapshot_sha256, 'members' as series,
    date '2026-01-01' as recorded_at
union all by name
select
    'jobs' as id, [{'rank': 1, 'name': $hostile}, {'rank': 2, 'name': 'Myyjä'}] as items, 'rank' as unit,
    '2018' as period, date '2019-09-12' as published_on, $hostile as publisher, $hostile as printed_citation,
    'on_request' as state, [] as missing;
create table marts.figure_vintages as
select *, 'said' as clock, date '2026-01-01' as valid_from, null::date as valid_to, null as later_state
from marts.figures
union all by name
select * replace (100.0 as value, 'current' as state), 'said' as clock, date '2025-06-01' as valid_from,
    date '2026-01-01' as valid_to, 'stale' as later_state
from marts.figures where id = 'members';
create table marts.observations as
select
    'others' as series, 'FI' as geo, '' as category, 'as_defined' as coverage, '' as period, '2024-01-01' as as_of,
    '2024-01-01' as reference, 99.0 as value, 'count' as unit, 'about' as bound, 'ok' as status,
    'publication' as basis, 'SOSTE' as publisher, '' as citation, 'https://example.org/x' as source_url, 'e' as edition,
    's' as snapshot_sha256, date '2024-01-01' as published_on, date '2026-01-01' as recorded_at,
    1 as vintage, true as is_current, false as is_rival;
create table marts.towns as
select * from (values (1, 'Uusimaa', 30, 'a'), (2, 'Lappi', 20, 'a'), (3, 'Ahvenanmaa', null, 'a'))
    as t(n, region, people, coverage);
create table marts.series as
select * from (values ('2014', 10), ('2015', 12), ('2016', 9)) as t(period, starts);
create table marts.hostile as select $hostile as text, 1 as n;
"""


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made database."""
    path = tmp_path_factory.mktemp("site") / "made.duckdb"
    with duckdb.connect(str(path)) as con:
        for statement in con.extract_statements(_TABLES):
            con.execute(statement, {"hostile": HOSTILE} if "$hostile" in statement.query else None)
    return path


@pytest.fixture(scope="session")
def opened(database: Path) -> Iterator[Database]:
    """The made database, opened once as pages open it: a hundred openings would be half of the time of the tests."""
    with Database(database) as kept:
        yield kept


@pytest.fixture(scope="session")
def figures() -> Registry:
    """The made figures."""
    return Registry(tuple(FigureSpec.model_validate(record) for record in (NUMBER, LIST)))


Build = Callable[..., Built]


@pytest.fixture
def dashboards(tmp_path: Path) -> Path:
    """A dashboards folder with the project's templates, assets and words, and no pages."""
    folder = tmp_path / "dashboards"
    (folder / "pages").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (folder / name).symlink_to(PROJECT / "dashboards" / name)
    return folder


@pytest.fixture
def site(
    dashboards: Path,
    database: Path,
    opened: Database,
    figures: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Build:
    """Build a site from the text of its first page (and others by name); it lies in ``tmp_path / "site"``."""
    monkeypatch.setattr("pipelines.site.house.Database", lambda *_: nullcontext(opened))

    def run(text: str = "", others: dict[str, str] | None = None, **options: object) -> Built:
        for name, content in {"index.md": text, **(others or {})}.items():
            path = dashboards / "pages" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if content.startswith("---") else FRONT + content, encoding="utf-8")
        return build(
            database,
            tmp_path / "site",
            figures,
            reference=REFERENCE,
            build_date=date(2026, 11, 24),
            dashboards=dashboards,
            **{"extras": (), **options},  # pyright: ignore[reportArgumentType]
        )

    return run


FRONT = "---\ntitle: {fi: Sivu, sv: Sida, en: Page}\n---\n"
"""Three lines, so that the first line of a test's page is line 4."""


@pytest.fixture
def html(site: Build, tmp_path: Path) -> Callable[..., str]:
    """Return the HTML of the main part of a page's Finnish version."""

    def run(text: str, language: str = "fi") -> str:
        site(text)
        whole = (tmp_path / "site" / language / "index.html").read_text(encoding="utf-8")
        return whole.partition("<h1>")[2].partition("</main>")[0]

    return run
