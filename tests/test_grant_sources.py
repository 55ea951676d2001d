"""Every source of grants in one installation, in the shape of each: one organisation is one row, sums side by side.

What belongs here: what only several sources together show. What does not: one source's cells (tests/sources/), the
real workbook (test_grants.py).
"""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import catalogue, checks, refresh, run, settings, take_in, warehouse
from pipelines.raw import RawStore
from pipelines.registry import Registry
from pipelines.site.build import build
from tests.conftest import PROJECT
from tests.sources import stea_files
from tests.sources.stea_files import Grant, org_json, target_json
from tests.sources.test_imported import GRANT, RAY, VA, book, state_grant

pytestmark = pytest.mark.pipeline

SHEETS = {
    2025: [*stea_files.year(granted=2025)[:-2], Grant("Uusi Nimi ry", business_id="0116589-4"), Grant("Oma ry")],
    2024: [*stea_files.year(granted=2024)[:-1], Grant("Uusi Nimi ry", business_id="0116589-4")],
}
WRONG = {year: [*rows, Grant("Liikaa ry", applied=10, granted=11)] for year, rows in SHEETS.items()}
CRAWL = [
    org_json(1, "Uusi Nimi ry", [target_json(2025)], history=["Vanha Nimi r.y."]),
    org_json(2, "OMA RY", [target_json(2025)], business_id="0201256-6"),
]
OUTTURN = "Vuosi,Kk,Momentti_TunnusP,Nettokertymä\n" + "".join(
    f'2025,{month},33.90.50.,"1 000,25"\n' for month in range(1, 13)
)


def bring(chosen: settings.Settings, day: str, source: str, name: str, body: bytes) -> None:
    """Keep a file as if a person had imported it on a day."""
    os.environ["LUKUINA_NOW"] = f"{day}T06:00:00+02:00"
    store, known = RawStore(chosen.raw), catalogue.build(chosen)[source]
    page: str = known.imported(body, name)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    refresh.bring_in(store, known, page, chosen.data / name, body, date(2025, 12, 19))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """An installation that has a file of every source of grants, built without its site."""
    folder = tmp_path_factory.mktemp("sources")
    chosen = settings.Settings(data=folder / "data", site=folder / "site")
    lines = "\n".join(json.dumps({"id": org["organisationId"], "body": json.dumps(org)}) for org in CRAWL)
    ray = [["Vanha nimi ry", *GRANT[1:]], ["Vanha nimi r.y.", *GRANT[1:]], ["Vain RAY ry", *GRANT[1:]]]
    state = [
        state_grant("Uusi nimi ry (0116589-4)"),
        state_grant("Vanha Nimi säätiö"),
        state_grant("Vain valtio ry (0112038-9)"),
    ]
    before = os.environ.get("LUKUINA_NOW")
    try:
        os.environ["LUKUINA_NOW"] = "2025-12-31T06:00:00+02:00"
        take_in.seed(chosen.raw)
        real = chosen.raw / "transcribed" / "stea.csv"  # the made workbook's sums are not the real ones
        real.write_text(real.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
        run.prepare(chosen, lambda _: None)
        bring(chosen, "2026-01-01", "ray", "ray.xlsx", book({"RAY": [RAY, *ray]}))
        bring(chosen, "2026-01-02", "stea", "STEA.xlsx", stea_files.workbook(SHEETS))
        bring(chosen, "2026-01-03", "tutkiavustuksia", "va.xlsx", book({"Export": [VA, *state]}))
        bring(chosen, "2026-01-04", "stea", "organisations.jsonl", lines.encode())
        bring(chosen, "2026-01-05", "budjetti", "2025.csv", OUTTURN.encode())
        bring(chosen, "2026-01-06", "stea", "wrong.xlsx", stea_files.workbook(WRONG))
        run.run(chosen, lambda _: None)
    finally:
        del os.environ["LUKUINA_NOW"]
        if before is not None:
            os.environ["LUKUINA_NOW"] = before
    return chosen


@pytest.fixture
def con(chosen: settings.Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file."""
    with warehouse.connect(chosen.marts) as opened:
        yield opened


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def test_an_organisation_of_four_sources_is_one_row_with_the_reason_of_each_link(con: duckdb.DuckDBPyConnection):
    names = rows(
        con,
        """select source, name, method, confidence from marts.organisation_names
           where organisation_id = 'vanha-nimi-ry' order by all""",
    )
    assert names == [
        ("ray", "Vanha nimi r.y.", "name_history", "medium"),
        ("ray", "Vanha nimi ry", "name_history", "medium"),
        ("stea", "Uusi Nimi ry", "business_id", "high"),
        ("stea_json", "Uusi Nimi ry", "business_id", "high"),
        ("tutkiavustuksia", "Uusi nimi ry", "business_id", "high"),
    ]
    assert rows(
        con, "select organisation_id, business_id from marts.organisations where name ilike '%uusi nimi ry'"
    ) == [("vanha-nimi-ry", "0116589-4")], "one row, under the id of the name that was recorded first"
    assert rows(con, "select distinct method from marts.organisation_names where organisation_id = 'oma-ry'") == [
        ("normalised_name",)
    ]


def test_the_rows_of_every_source_lead_to_their_organisation(con: duckdb.DuckDBPyConnection):
    for table, count in (("grants", 2), ("ray_grants", 2), ("state_grants", 1)):
        query = f"select count(*) from marts.{table} where organisation_id = 'vanha-nimi-ry'"
        assert rows(con, query) == [(count,)], table
        lost = f"select count(*) from marts.{table} anti join marts.organisations using (organisation_id)"
        assert rows(con, lost) == [(0,)], table


def test_what_the_record_claims_holds_with_every_source(con: duckdb.DuckDBPyConnection):
    query = "select business_id, business_id_basis from marts.organisations where organisation_id = 'vain-valtio-ry'"
    assert rows(con, query) == [("0112038-9", "tutkiavustuksia")]
    assert rows(con, "select passed, detail from meta.checks where name = 'dictionary_holds'") == [(True, "none found")]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("select 1", ""),
        ("insert into marts.grants_by_year_region select * from marts.grants_by_year_region", "regions 2024"),
        ("delete from marts.grants_by_year_theme where year = 2025", "themes 2025"),
        ("update marts.grants_by_year_class set applied_eur = applied_eur + 1", "classes 2024"),
        ("update marts.grants_by_year_type set granted_eur = null where year = 2024", "types 2024"),
        ("delete from marts.recipients_by_year where organisation_id = 'oma-ry'", "recipients 2025"),
        ("delete from input.grants where organisation = 'Oma ry'", "rows 2025"),
        ("insert into input.grants values (2023, 'Uusi ry', 'json')", "rows 2023"),
    ],
)
def test_a_sum_that_loses_grants_or_counts_them_twice_is_caught(
    con: duckdb.DuckDBPyConnection, damage: str, found: str
):
    tables = con.execute(
        "select schema_name || '.' || table_name from meta.tables where table_kind = 'table'"
    ).fetchall()
    with duckdb.connect() as copy:
        copy.execute("create schema marts; create schema meta; create schema input")
        for (table,) in tables:
            copy.register("published", con.table(table).to_arrow_table())
            copy.execute(f"create table {table} as select * from published")
        copy.execute("create table input.grants as select year, organisation, basis from marts.grants")
        copy.execute("create table input.broken_claims (claim text)")
        copy.execute(damage)
        check = next(check for check in checks.built_checks(copy) if check.name == "grant_sums_agree")
    assert check.blocking
    assert (check.passed, found) == (not found, found)
    assert found in check.detail, check.detail


def test_an_id_that_was_given_before_the_names_were_joined_is_listed_as_retired(con: duckdb.DuckDBPyConnection):
    assert rows(con, "select * from marts.organisation_retired") == [
        ("uusi-nimi-ry", "vanha-nimi-ry", "Uusi Nimi ry", date(2026, 1, 4))
    ]


def test_the_pages_name_the_links_and_the_old_address_redirects(chosen: settings.Settings, tmp_path: Path):
    dashboards, pages = tmp_path / "dashboards", tmp_path / "dashboards" / "pages"
    (pages / "jarjesto").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (dashboards / name).symlink_to(PROJECT / "dashboards" / name)
    for name in ("index", "avustukset", "avustushaku"):
        (pages / f"{name}.md").write_text("---\ntitle: {fi: a, sv: b, en: c}\n---\nx\n", encoding="utf-8")
    for path in (PROJECT / "dashboards" / "pages" / "jarjesto").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        text = text.replace(
            "\norder by o.organisation_id\n", "\nand o.organisation_id in ('vanha-nimi-ry', 'oma-ry')\n"
        )
        (pages / "jarjesto" / path.name).write_text(text, encoding="utf-8")
    site = tmp_path / "site"
    build(
        chosen.marts / "lukuina.duckdb", site, Registry(()), reference=chosen.raw / "reference",
        build_date=date(2026, 1, 6), dashboards=dashboards, extras=(),
    )  # fmt: skip
    old = (site / "fi" / "jarjesto" / "uusi-nimi-ry" / "index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="../vanha-nimi-ry/index.html">' in old
    assert '<meta http-equiv="refresh" content="0; url=../vanha-nimi-ry/index.html">' in old
    assert '<a href="../vanha-nimi-ry/index.html">Uusi Nimi ry</a>' in old
    for language, words in {
        "fi": ("Uusi Nimi ry sai STEA-avustuksia 1 000 euroa vuonna 2025", "rekisterin nimihistoria", "0116589-4"),
        "sv": ("Uusi Nimi ry fick STEA-understöd på 1 000 euro 2025", "registrets namnhistoria", "juridisk form"),
        "en": ("Uusi Nimi ry received 1,000 euros in STEA grants in 2025", "history of names", "Vanha Nimi säätiö"),
    }.items():
        page = (site / language / "jarjesto" / "vanha-nimi-ry" / "index.html").read_text(encoding="utf-8")
        page = page.replace("\u00a0", " ")
        assert [word for word in words if word not in page] == [], language
        assert page.count("<blockquote>") == 1


def test_names_that_only_look_alike_are_listed_and_apart(con: duckdb.DuckDBPyConnection):
    pairs = rows(con, "select organisation_id, other_organisation_id, why from marts.organisation_uncertain")
    assert pairs == [("vanha-nimi-ry", "vanha-nimi-saatio", "legal_form_only")]


def test_a_workbook_that_grants_more_than_was_applied_for_is_shown_and_used_nowhere(con: duckdb.DuckDBPyConnection):
    query = "select reason from meta.editions where source = 'stea' and state = 'quarantined'"
    assert "Myönnetty exceeds Haettu in 2 rows" in rows(con, query)[0][0]
    assert rows(con, "select count(*) from marts.grants where granted_eur > applied_eur") == [(0,)]


def test_the_outturn_stands_beside_the_granted_with_the_difference(con: duckdb.DuckDBPyConnection):
    granted = sum(int(str(grant.granted)) for grant in SHEETS[2025])
    assert rows(
        con, "select granted_eur, outturn_eur, difference_eur from marts.grants_vs_outturn where year = 2025"
    ) == [(granted, 12_003.0, granted - 12_003.0)]
