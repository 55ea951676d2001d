"""The grants against the transcribed sums, cell by cell, and the questions of a researcher."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import warehouse
from tests.conftest import PROJECT

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def con(workbook_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of an installation that has the real workbook."""
    with warehouse.connect(workbook_data / "marts") as opened:
        yield opened


def printed(series: str) -> dict[tuple[int, str], float]:
    rows = pl.read_csv(PROJECT / "data" / "raw" / "transcribed" / "stea.csv", infer_schema=False)
    found = rows.filter(pl.col("series") == series).fill_null("")
    return {(int(p), c): float(v) for p, c, v in found.select("period", "category", "value").iter_rows()}


CELLS = [
    *(
        (f"grants_{stage}{count}_by_{name}", table, key, f"{column}_{'count' if count else 'eur'}")
        for name, table, key in (
            ("grant_type", "type", "grant_type"),
            ("theme", "theme", "theme"),
            ("org_class", "class", "organisation_class"),
        )
        for stage, column in (("awarded", "granted"), ("proposed", "proposed"))
        for count in ("", "_count")
    ),
]


def test_every_transcribed_cell_equals_the_marts(con: duckdb.DuckDBPyConnection) -> None:
    compared = 0
    for series, table, key, column in CELLS:
        state = "granted" if "awarded" in series else "proposed"
        measured = {
            (year, category): float(value)
            for year, category, value in con.execute(
                f"select year, {key}, {column} from marts.grants_by_year_{table} where decision_state = ?", [state]
            ).fetchall()
        }
        cells = printed(series)
        assert cells, series
        assert {k: measured.get(k) for k in cells} == cells, series
        assert not {k: v for k, v in measured.items() if k not in cells and v}, series
        compared += len(cells)
    for series, column in (
        ("grants_awarded_total", "granted_eur"),
        ("grants_awarded_count", "granted_count"),
        ("grants_proposed_total", "proposed_eur"),
        ("grants_proposed_count", "proposed_count"),
        ("grants_applied_total", "applied_eur"),
    ):
        sums = con.execute(f"select year, sum({column}) from marts.grants_by_year_type group by year").fetchall()
        cells = printed(series)
        assert {k: float(dict(sums)[k[0]]) for k in cells} == cells, series
        compared += len(cells)
    scope = """case scope when 'Valtakunnallinen' then scope when 'Ulkomaat' then scope
        else 'Alueellinen/paikallinen' end"""
    for series, column in (("grants_awarded_by_scope", "granted_eur"), ("grants_proposed_by_scope", "proposed_eur")):
        sums = con.execute(f"select year, {scope}, sum({column}) from marts.grants group by all").fetchall()
        found = {(year, place): value for year, place, value in sums}
        cells = printed(series)
        assert {k: float(found[k]) for k in cells} == cells, series
        compared += len(cells)
    for stage, column in (("awarded", "granted_eur"), ("proposed", "proposed_eur")):
        query = f"""select year, sum({column}), count(*) filter (where {column} > 0) from marts.grants
            where employment_keyword group by year"""
        sums = {year: (float(eur), count) for year, eur, count in con.execute(query).fetchall() if eur is not None}
        euros, counts = printed(f"employment_keyword_{stage}"), printed(f"employment_keyword_{stage}_count")
        assert {k: sums[k[0]] for k in euros} == {k: (euros[k], counts[k]) for k in counts}
        compared += len(euros) + len(counts)
    print(f"\n{compared} cells of data/raw/transcribed/stea.csv equal the marts")
    assert compared == 1053


@pytest.mark.parametrize(
    ("which", "targets", "euros"),
    [
        ("employment_class or employment_keyword", 2_609, 196_374_824),
        ("employment_keyword_sv and not employment_class and not employment_keyword", 36, 2_454_595),
        ("employment_class or employment_keyword or employment_keyword_sv", 2_645, 198_829_419),
        (
            r"""regexp_matches(lower(purpose),
                'osatyöky|palkkatu[ke]|työkokeil|kuntouttav\w* työtoimin|työvalmen|työnha[ku]')
            and not (employment_class or employment_keyword or employment_keyword_sv)""",
            *(16, 3_703_402),
        ),
    ],
)
def test_what_each_word_of_the_employment_heuristic_adds(
    con: duckdb.DuckDBPyConnection, which: str, targets: int, euros: int
) -> None:
    """The numbers of docs/methodology.md; those of Swedish were counted straight from the workbook, too."""
    query = f"select count(*), sum(granted_eur) from marts.grants where granted_eur > 0 and ({which})"
    assert con.execute(query).fetchall() == [(targets, euros)]
    said = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    assert "2,645 (198.8 M€)" in said
    assert "36 of them (2.5 M€, ten organisations)" in said
    assert "16 granted targets (3.7 M€)" in said


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        ("työpaja", (31, 5_664_179)),
        ("klubitalo", (205, 37_612_251)),
        ("^paikka auki -hakemus", (0, 0)),
    ],
)
def test_what_the_employment_heuristic_leaves_out(
    con: duckdb.DuckDBPyConnection, words: str, counted: tuple[int, int]
) -> None:
    """Further numbers of docs/methodology.md; the 925 applications were refused, all of them."""
    left_out = "not (employment_class or employment_keyword or employment_keyword_sv)"
    query = f"""select count(*), count(*) filter (where granted_eur > 0), coalesce(sum(granted_eur), 0)
        from marts.grants where regexp_matches(lower(purpose), ?) and granted_eur is not null and {left_out}"""
    applied, *granted = con.execute(query, [words]).fetchall()[0]
    assert tuple(granted) == counted
    assert applied == 925 or not words.startswith("^")


@pytest.mark.parametrize(
    ("purpose", "found"),
    [
        ("Svårsysselsatta unga", True),
        ("Stöd för SYSSELSÄTTNING", True),
        ("långtidsarbetslösas delaktighet", True),
        ("delaktighet i arbetslivet", True),
        ("anställning av unga/partiellt arbetsföra personer", True),
        ("personer i arbetsför ålder, samarbetsförmåga", False),
        ("Työttömien palkkaamiseen", False),
        ("", False),
    ],
)
def test_swedish_words_of_employment(purpose: str, found: bool) -> None:
    """The rule as ``sql/core/grants.sql`` has it, on purposes of its own."""
    text = (PROJECT / "sql" / "core" / "grants.sql").read_text(encoding="utf-8")
    rule = re.search(r"regexp_matches\(\s*lower\(t\.purpose\), '([^']+)'\s*\) as employment_keyword_sv", text)
    assert rule
    assert duckdb.execute("select regexp_matches(lower(?), ?)", [purpose, rule[1]]).fetchone() == (found,)


def test_the_regions_add_up_to_the_year_to_the_euro(con: duckdb.DuckDBPyConnection) -> None:
    sums = "sum(granted_eur), sum(proposed_eur), sum(applied_eur)"
    regions = con.execute(f"select year, {sums} from marts.grants_by_year_region group by 1 order by 1").fetchall()
    years = con.execute(f"select year, {sums} from marts.grants group by 1 order by 1").fetchall()
    assert len(years) == 10
    assert regions == years
    named = con.execute("select count(distinct region) from marts.grants_by_year_region").fetchone()
    assert named == (18,)  # nothing is aimed at Åland
    unmapped = con.execute("select year, sum(applied_eur) from marts.grant_places_unmapped group by 1").fetchall()
    area = con.execute("select year, applied_eur from marts.grants_by_year_region where area = 'unmapped'").fetchall()
    assert unmapped == area == []


def test_a_municipality_that_was_gone_before_2017_lies_where_its_successor_lies(con: duckdb.DuckDBPyConnection) -> None:
    """Six of 2017's target areas had merged into others in 2016 and 2017; 374 246 euros stood as unmapped."""
    query = """select distinct place, area from (
            select unnest(string_split(scope, ', ')) as place, unnest(string_split(areas, ',')) as area
            from marts.grant_scopes where year = 2017
        ) where place in ('Hämeenkoski', 'Nastola', 'Jalasjärvi', 'Juankoski', 'Köyliö', 'Luvia') order by place"""
    assert con.execute(query).fetchall() == [
        *(("Hämeenkoski", "07"), ("Jalasjärvi", "14"), ("Juankoski", "11")),
        *(("Köyliö", "04"), ("Luvia", "04"), ("Nastola", "07")),
    ]


def test_two_coverages_of_themes_never_share_a_year(con: duckdb.DuckDBPyConnection) -> None:
    query = "select coverage, min(year), max(year) from marts.grants_by_year_theme group by 1 order by 1"
    assert con.execute(query).fetchall() == [("themes_2017_2020", 2017, 2020), ("themes_2021", 2021, 2026)]


def test_flows_add_up_to_the_recipients_of_the_year(con: duckdb.DuckDBPyConnection) -> None:
    query = "select year, sum(recipients) from marts.recipient_flow where flow <> 'left' group by 1 order by 1"
    expected = {2018: 993, 2019: 887, 2020: 895, 2021: 823, 2022: 784, 2023: 797, 2024: 789, 2025: 724}
    assert dict(con.execute(query).fetchall()) == expected


def test_every_grant_has_an_organisation(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select count(*) from marts.grants where organisation_id is null").fetchone() == (0,)
    lost = "select count(*) from marts.grants anti join marts.organisations using (organisation_id)"
    assert con.execute(lost).fetchone() == (0,)
    assert con.execute("select count(*) from marts.organisations where not business_id_valid").fetchone() == (3,)


def question(words: str) -> str:
    """The SQL of docs/methodology.md that stands next after these words: the doc's own, not a copy of it."""
    text = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    parts = text.split("\n## Grants\n")[1].split("\n## ")[0].split(words)
    assert len(parts) == 2, f"docs/methodology.md, Grants: {words!r} stands there {len(parts) - 1} times, expected once"
    found = re.search(r"```sql\n(.*?)```", parts[1], re.DOTALL)
    assert found, f"docs/methodology.md, Grants: no SQL after {words!r}"
    return found[1]


def test_how_much_for_employment_work_aimed_at_pohjois_karjala(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(question("aimed at Pohjois-Karjala, by any of them:")).fetchall()
    print("\nPohjois-Karjala:", rows)
    assert [row[0] for row in rows] == list(range(2017, 2026))
    assert all(0 < row[1] < 10_000_000 for row in rows)


def test_who_lost_more_than_half_of_ay_and_ak_grants(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(question("fell by more than half from 2024 to 2025")).fetchall()
    print(f"\n{len(rows)} recipients lost more than half")
    own: dict[str, list[int]] = {}
    for name, year, eur in con.execute(
        """select organisation_id, year, granted_eur from marts.grants
           where grant_type in ('Ay', 'Ak') and year in (2024, 2025)"""
    ).fetchall():
        own.setdefault(name, [0, 0])[year - 2024] += eur
    assert {row[0] for row in rows} == {name for name, (a, b) in own.items() if a > 0 and 2 * b < a}
    assert rows


def test_without_a_workbook_the_sums_are_those_transcribed_and_say_so(built_once: Path) -> None:
    compared = 0
    with warehouse.connect(built_once / "marts") as opened:
        for series, table, key, column in CELLS:
            query = f"select year, {key}, {column} from marts.grants_by_year_{table} where {column} is not null"
            found = {(year, category): float(value) for year, category, value in opened.execute(query).fetchall()}
            assert found == printed(series), series
            compared += len(found)
        for table in ("type", "theme", "class"):
            query = f"select distinct basis, applied_eur from marts.grants_by_year_{table}"
            assert opened.execute(query).fetchall() == [("transcribed", None)]
    assert compared > 900


def test_without_a_workbook_the_tables_of_targets_are_there_and_empty(built_once: Path) -> None:
    names = (
        "organisations",
        "applied_vs_granted",
        "grants_by_year_region",
        "recipient_flow",
        "organisation_uncertain",
    )
    with warehouse.connect(built_once / "marts") as opened:
        for name in names:
            assert opened.execute(f"select count(*) from marts.{name}").fetchone() == (0,)
        kinds = opened.execute(
            "select typeof(granted_eur) from (select null) left join marts.grants_by_year_type on true"
        )
        assert kinds.fetchone() == ("BIGINT",)


def test_a_purpose_is_found_by_any_form_of_its_words(con: duckdb.DuckDBPyConnection) -> None:
    """Against the purposes themselves, without the stems: every form that is there finds every other one."""
    found = con.execute(
        """select count(distinct (w.year, w.sheet_row))
        from marts.grant_purpose_words as w
        where w.stem in (
            select stem from marts.purpose_words
            where family = (select family from marts.purpose_words where word = 'kuntoutuksella')
        )"""
    ).fetchone()
    endings = "s|sta|kse(n|na|ssa|sta|en|lla)|a|ja(|n|t|na)|ji(a|en|lle)"
    by_text = con.execute(
        "select count(*) from marts.grants where regexp_matches(lower(purpose), ?)",
        [f"(^|[^a-zà-öø-ÿšž])kuntoutu({endings})($|[^a-zà-öø-ÿšž])"],
    ).fetchone()
    assert found == by_text
    assert found is not None
    assert found[0] > 100


def test_one_grant_can_be_followed_into_its_regions(con: duckdb.DuckDBPyConnection) -> None:
    """The areas of ``grant_scopes``, in order, give the sums of ``grants_by_year_region`` to the euro."""
    by_hand = con.execute(
        """with parts as (
            select g.year, g.granted_eur, s.places, unnest(string_split(s.areas, ',')) as area,
                generate_subscripts(string_split(s.areas, ','), 1) as ordinal
            from marts.grants as g inner join marts.grant_scopes as s on g.year = s.year and g.scope = s.scope
        )
        select year, area,
            sum(granted_eur // places + case when ordinal <= granted_eur % places then 1 else 0 end) as granted_eur
        from parts where granted_eur is not null group by all order by all"""
    ).fetchall()
    sums = con.execute(
        """select year, coalesce(region_code, area), granted_eur
        from marts.grants_by_year_region where decision_state = 'granted' order by all"""
    ).fetchall()
    assert by_hand == sums
    assert len(sums) > 150


def test_the_api_has_a_file_an_organisation_as_described(con: duckdb.DuckDBPyConnection) -> None:
    import json

    from pipelines.product import api
    from tests.test_api import problems

    files = api.files(con).files
    index = json.loads(files["api/v1/organisations.json"])["organisations"]
    assert not problems("api/v1/organisations.json", {"api_version": 1, "organisations": index[:50]})
    assert len(index) == sum(path.startswith("api/v1/organisations/") for path in files) > 2300
    read = [(f"api/v1/{entry['href']}", json.loads(files[f"api/v1/{entry['href']}"])) for entry in index]
    for path, content in sorted(read, key=lambda pair: -len(pair[1]["grants"]))[:40:4]:
        assert not problems(path, content), path
        assert {target["edition"] for target in content["grants"]} == {one["edition"] for one in content["provenance"]}
        assert all(len(one["snapshot_sha256"]) == 64 and one["licence"] for one in content["provenance"])
    told = sum(target["granted_eur"] or 0 for _, content in read for target in content["grants"])
    assert [(told,)] == con.execute("select sum(granted_eur) from marts.grants").fetchall()
    region = json.loads(files["api/v1/regions/12.json"])
    assert not problems("api/v1/regions/12.json", region)
    assert region["grants"]
    print(f"{len(read)} organisations with {sum(len(content['grants']) for _, content in read)} targets")


def test_what_the_record_claims_holds_with_the_workbook_too(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select passed, detail from meta.checks where name = 'dictionary_holds'").fetchall() == [
        (True, "none found")
    ]
