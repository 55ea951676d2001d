"""Feeds, sitemap, 404 and status.json: valid, stable, and never markup from a source."""

import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
from lxml import etree

from pipelines.site import changes, feeds, locales, not_found, sitemap, states, status_json
from pipelines.site.draft import Draft, PageRecord, Site
from pipelines.site.queries import Database
from tests.site.conftest import HOSTILE, PROJECT

ATOM = {"a": "http://www.w3.org/2005/Atom", "x": "http://www.w3.org/1999/xhtml"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00\+0[23]:00")
ODD = f"{HOSTILE} \x00\x0b\ufffe 😀"

_TABLES = """
create schema marts; create schema meta;
create table marts.figure_changes as
select * from (values
    (date '2026-11-24', 'members', 'first', 1, 'Jäseniä oli 1.', null, 'PRH 2.1.2025'),
    (date '2026-12-01', 'members', 'newer', 1, 'Jäseniä oli 2.', 'Jäseniä oli 1.', 'PRH 1.12.2026'),
    (date '2026-12-24', 'jobs', 'overdue', 2, $odd, $odd, $odd)
) as t(changed_on, id, change, ordinal, text_fi, previous_text_fi, citation_fi);
alter table marts.figure_changes add column name_fi varchar default 'Jäseniä';
alter table marts.figure_changes add column publisher_fi varchar;
alter table marts.figure_changes add column reason_fi varchar;
alter table marts.figure_changes add column previous_citation_fi varchar;
update marts.figure_changes set previous_citation_fi = 'PRH 2.1.2025' where change = 'newer';
update marts.figure_changes set reason_fi = case change when 'overdue' then $odd end,
    publisher_fi = $odd, name_fi = case id when 'jobs' then $odd else name_fi end;
create table marts.regions as select 'Lappi' as name_fi, 'Lappland' as name_sv, 'Lapland' as name_en;
create table marts.figures as select 'members' as id, 'stale' as state, date '2026-05-17' as stale_from,
    date '2025-01-02' as published_on;
create table meta.editions as select 'e1' as edition, 'prh' as source, '2021' as reference,
    'Lappi: 964 → 3075 (+219 %) against edition 2020-06-25 (at most ±25 %)' as reason, date '2026-11-25' as recorded_on,
    'quarantined' as state;
create table meta.sources as select * from (values ('prh', null, 500), ('tem', date '2023-07-01', 36500),
    ('ray', null, 36500),
    ('transcribed', null, null)) as t(source, discontinued_on, cadence_days);
create table meta.checks as select 'row_sum_equals_printed_total' as name, 'prh' as source, false as passed,
    'Lappi 2021' as detail, 'a shifted column' as catches;
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three changes, the newest with a hostile name, text and producer, and one edition in quarantine."""
    path = tmp_path_factory.mktemp("feeds") / "made.duckdb"
    with duckdb.connect(str(path)) as con:
        for statement in con.extract_statements(_TABLES):
            con.execute(statement, {"odd": ODD} if "$odd" in statement.query else None)
        for name in ("text", "previous_text", "citation", "previous_citation", "name", "publisher", "reason"):
            for other in ("sv", "en"):
                con.execute(f"alter table marts.figure_changes add column {name}_{other} varchar")
                con.execute(f"update marts.figure_changes set {name}_{other} = {name}_fi")
    return path


NIGHT = "2026-11-24T00:30:00+00:00"


def record(address: str, language: str = "fi", noindex: bool = False, canonical: str | None = None) -> PageRecord:
    path = "/".join(part for part in (language, address, "index.html") if part)
    canonical = address if canonical is None else canonical
    return PageRecord(path, address, language, "Muutokset", "Mikä muuttui", noindex, canonical, "x.md")


PAGES = (
    *(record("", language) for language in ("fi", "sv", "en")),
    *(record("muutokset", language) for language in ("fi", "sv", "en")),
    record("luku/members"),
    record("luku/members/@2026-12-01", noindex=True, canonical="luku/members"),
    record("kortti/members", noindex=True),
)


@pytest.fixture
def draft(database: Path, tmp_path: Path) -> Draft:
    """A site with the page Muutokset and an archived page of one figure."""
    css = b"@font-face {\n  src: url(x.woff2);\n}\n:root { color: red; }"
    folder = PROJECT / "dashboards"
    day = date(2026, 12, 24)
    status = ({"source": "prh", "state": "failed", "last_fetch": "2026-12-24T00:30:00+00:00", "message": HOSTILE},)
    return Draft(Site({"assets/site.css": css}), PAGES, (), None, day, None, database, folder, status)


def based(draft: Draft) -> Draft:
    from dataclasses import replace

    return replace(draft, base_url="https://example.org/luvut")


def entries_of(draft: Draft, language: str = "fi") -> list[etree._Element]:
    return list(etree.fromstring(bytes(feeds.make(draft)[f"{language}/muutokset/atom.xml"])).iterfind("a:entry", ATOM))


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_atom_has_what_rfc_4287_requires(draft: Draft, language: str) -> None:
    feed = etree.fromstring(bytes(feeds.make(draft)[f"{language}/muutokset/atom.xml"]))
    for name in ("id", "title", "updated", "author/a:name"):
        assert feed.findtext(f"a:{name}", namespaces=ATOM)
    ids = [entry.findtext("a:id", namespaces=ATOM) for entry in feed.iterfind("a:entry", ATOM)]
    assert len(ids) == len(set(ids)) == 4
    for entry in feed.iterfind("a:entry", ATOM):
        assert entry.findtext("a:title", namespaces=ATOM)
        assert str(entry.findtext("a:id", namespaces=ATOM)).startswith("urn:uuid:")
        assert MOMENT.fullmatch(str(entry.findtext("a:updated", namespaces=ATOM)))
        assert entry.find("a:content[@type='xhtml']/x:div", ATOM) is not None


def test_without_a_base_address_feeds_hold_no_links(draft: Draft) -> None:
    feed = bytes(feeds.make(draft)["fi/muutokset/atom.xml"])
    assert b"<link" not in feed
    told = json.loads(bytes(feeds.make(draft)["fi/muutokset/feed.json"]))
    assert {"home_page_url", "feed_url"}.isdisjoint(told)
    assert all("url" not in item for item in told["items"])


def test_with_a_base_address_entries_lead_to_what_was_said(draft: Draft) -> None:
    hrefs = [entry.find("a:link", ATOM).get("href") for entry in entries_of(based(draft))]  # pyright: ignore
    base = "https://example.org/luvut/fi"
    paths = ("muutokset", "luku/members/@2026-12-01", "muutokset", "luku/members")
    assert hrefs == [f"{base}/{path}/" for path in paths]
    told = json.loads(bytes(feeds.make(based(draft))["fi/muutokset/feed.json"]))
    assert told["feed_url"] == f"{base}/muutokset/feed.json"
    assert [item["url"] for item in told["items"]] == hrefs


def test_an_entry_keeps_its_id_when_the_site_moves(draft: Draft) -> None:
    def ids(one: Draft) -> list[str | None]:
        return [entry.findtext("a:id", namespaces=ATOM) for entry in entries_of(one)]

    assert ids(draft) == ids(based(draft))
    assert set(ids(draft)).isdisjoint(e.findtext("a:id", namespaces=ATOM) for e in entries_of(draft, "sv"))


def test_newest_first_with_the_sentence_before_and_the_reason(draft: Draft) -> None:
    newest, newer, edition, first = entries_of(draft)
    assert newest.findtext("a:updated", namespaces=ATOM) == "2026-12-24T00:00:00+02:00"
    text = [p.text for p in newer.iterfind(".//x:p", ATOM)]
    assert text[:2] == ["Jäseniä oli 2 (PRH 1.12.2026).", "Aiemmin: Jäseniä oli 1 (PRH 2.1.2025)."]
    assert newer.findtext("a:title", namespaces=ATOM) == "Jäseniä: uudempi luku"
    assert "karanteeniin" in str(edition.findtext("a:title", namespaces=ATOM))
    assert "964 → 3\xa0075 (+219\xa0%) verrattuna julkaisuerään 25.6.2020" in str(
        edition.findtext(".//x:p", None, ATOM)
    )
    assert first.findtext("a:author/a:name", namespaces=ATOM) is not None


def test_a_source_string_is_never_markup(draft: Draft) -> None:
    content = bytes(feeds.make(draft)["fi/muutokset/atom.xml"])
    feed = etree.fromstring(content)
    names = {etree.QName(element).localname for element in feed.iter()}
    assert names == {
        *("feed", "id", "title", "subtitle", "updated", "author", "name", "rights", "entry", "content", "div", "p"),
    }
    assert b"<script" not in content
    assert "<script>alert(1)</script>" in str(feed.findtext("a:entry/a:title", namespaces=ATOM))
    assert "\u202e" not in content.decode()
    told = json.loads(bytes(feeds.make(draft)["fi/muutokset/feed.json"]))
    assert "content_html" not in told["items"][0]
    assert "😀" in told["items"][0]["content_text"]


def test_no_page_no_feeds(draft: Draft) -> None:
    from dataclasses import replace

    assert feeds.make(replace(draft, pages=(record(""),))) == {}


def test_a_feed_has_an_end(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "NEWEST", 2)
    assert len(entries_of(draft)) == 2


def test_swedish_feed_names_the_region_in_swedish(draft: Draft) -> None:
    assert "Lappland: 964" in bytes(feeds.make(draft)["sv/muutokset/atom.xml"]).decode()


def test_sitemap_lists_what_may_be_found(draft: Draft) -> None:
    assert set(sitemap.make(draft)) == {"robots.txt"}
    made = sitemap.make(based(draft))
    assert b"Sitemap: https://example.org/luvut/sitemap.xml" in bytes(made["robots.txt"])
    root = etree.fromstring(bytes(made["sitemap.xml"]))
    ns = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": ATOM["x"]}
    found = {url.findtext("s:loc", namespaces=ns): len(url.findall("x:link", ns)) for url in root.iterfind("s:url", ns)}
    base = "https://example.org/luvut"
    homes = {f"{base}/{code}/": 3 for code in ("fi", "sv", "en")}
    assert found == homes | {f"{base}/{code}/muutokset/": 3 for code in ("fi", "sv", "en")} | {
        f"{base}/fi/luku/members/": 1
    }


def test_not_found_page_works_under_any_address(draft: Draft) -> None:
    page = bytes(not_found.make(draft)["404.html"]).decode()
    assert "<base" not in page
    assert ":root { color: red; }" in page
    assert "font-face" not in page
    assert "stylesheet" not in page
    for language, word in (("fi", "etusivulle"), ("sv", "startsidan"), ("en", "front page")):
        assert f'href="{language}/index.html"' in page
        assert word in page
    assert '<base href="https://example.org/luvut/">' in bytes(not_found.make(based(draft))["404.html"]).decode()


def test_status_json_tells_the_night(draft: Draft) -> None:
    told = json.loads(bytes(status_json.make(draft)["status.json"]))
    assert told["built_on"] == "2026-12-24"
    (source,) = told["sources"]
    assert (source["state"], source["message"]) == ("failed", HOSTILE)
    assert source["words_en"] == "The fetch failed on 24 December 2026. The last good one is shown."
    assert "Lappland: 964" in source["trouble_sv"]
    assert "Rivin summa" in source["trouble_fi"]
    assert [one["edition"] for one in told["quarantined"]] == ["e1"]
    assert told["failed_checks"][0]["name"] == "row_sum_equals_printed_total"
    assert told["figures"] == [
        {"id": "members", "state": "stale", "stale_from": "2026-05-17", "published_on": "2025-01-02"}
    ]


@pytest.mark.parametrize(
    ("source", "state", "fetched", "changed", "words", "due"),
    [
        (
            "prh",
            "ok",
            NIGHT,
            NIGHT,
            "uutta sisältöä tuli",
            date(2028, 4, 7),
        ),
        ("prh", "unchanged", NIGHT, "2026-01-01T00:30:00+00:00", "ennallaan", date(2027, 5, 16)),
        ("prh", "stale", None, None, "Ei ole vielä haettu", None),
        (
            "prh",
            "stale",
            NIGHT,
            "2020-01-01T00:30:00+00:00",
            "viimeksi 1.1.2020",
            date(2021, 5, 15),
        ),
        ("prh", "quarantined", NIGHT, None, "karanteenissa", None),
        ("tem", "closed", None, None, "päättyi 1.7.2023", None),
        ("ray", "ok", NIGHT, NIGHT, "uutta sisältöä tuli", None),  # not "due by 2126"
        ("transcribed", "ok", NIGHT, NIGHT, "käsin", None),
    ],
)
def test_states_in_plain_words(
    database: Path, source: str, state: str, fetched: str | None, changed: str | None, words: str, due: date | None
) -> None:
    one = {"source": source, "state": state, "last_fetch": fetched, "last_change": changed}
    with Database(database) as opened:
        told = states.known(opened)
    found = states.table([one], told, locales.load(PROJECT / "dashboards" / "locales")).in_language("fi").rows[0]
    assert words in str(found["words"])
    assert found["next_expected"] == due
    assert "{" not in str(found["words"]) + str(found["trouble"])


def test_every_state_of_a_source_has_words() -> None:
    from pipelines import status

    for locale in locales.load(PROJECT / "dashboards" / "locales").values():
        for state in (*status.STATES, "never", "transcribed"):
            assert locale.text(f"source_{state}", fetched="a", changed="b", since="c")
