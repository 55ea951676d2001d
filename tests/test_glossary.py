"""The glossary: whole in three languages, with sources, unchecked facts said; and the table of changes."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines import reference
from pipelines.errors import InputError
from tests.conftest import PROJECT

pytestmark = pytest.mark.unit

REFERENCE = PROJECT / "data" / "raw" / "reference"


def terms() -> list[dict[str, str]]:
    with (REFERENCE / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_concept_of_the_handbook_is_there() -> None:
    ids = {row["id"] for row in terms() if row["section"] == "concepts"}
    assert ids == {
        *("osatyokykyinen", "valityomarkkinat", "valityomarkkinakoordinaattori", "kolmas-sektori"),
        *("sosiaalinen-yritys", "yhteiskunnallinen-yritys", "tyollistamisehto", "kilpailutus", "markkinavuoropuhelu"),
        *("palveluntuotanto", "sib"),
    }


def test_what_has_been_read_has_a_source_with_an_address() -> None:
    assert [row["id"] for row in terms() if row["verified"] == "read" and not row["source_url"]] == []


def test_languages_agree_on_numbers() -> None:
    """A date or a percentage that one language lost is a mistake of translation."""
    import re

    def numbers(text: str) -> set[str]:
        text = text.replace("\u00a0", " ")
        months = {name: str(n) for n, name in enumerate(("January", "February", "March"), 1)}
        months |= {"januari": "1", "mars": "3"}
        for name, number in months.items():
            text = re.sub(rf"\b{name}\b", f"{number}", text)
        text = re.sub(r"(?<=\d)[ ,](?=\d{3}\b)", "", text)
        return set(re.findall(r"\d+", text))

    for row in terms():
        for part in ("then", "now"):
            finnish = numbers(row[f"{part}_fi"])
            assert numbers(row[f"{part}_sv"]) == finnish, row["id"]
            assert numbers(row[f"{part}_en"]) == finnish, row["id"]


Spoil = Callable[[str, str], Path]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Return a copy of the reference folder in which one text of the glossary is another."""

    def run(old: str, new: str) -> Path:
        folder = tmp_path / "reference"
        shutil.copytree(REFERENCE, folder)
        text = (folder / "glossary.csv").read_text(encoding="utf-8")
        assert old in text
        (folder / "glossary.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return run


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",read\n", ",maybe\n", "verified 'maybe'"),
        ("2023-07-01,Laki", "1.7.2023,Laki", "since '1.7.2023'"),
        (",https://www.stea.fi", ",javascript:x", "source_url 'javascript:x"),
        ("STEA-understöd,STEA grant", ",STEA grant", "term_sv of 'stea-avustus' is empty"),
        ("\n2,stea", "\nx,stea", "ordinal 'x'"),
        ("\n2,stea-avustuslajit", "\n2,stea-avustus", "is there twice"),
    ],
)
def test_a_broken_row_is_told_with_its_line(spoil: Spoil, old: str, new: str, told: str) -> None:
    with pytest.raises(InputError, match=r"glossary\.csv:\d+: ") as raised:
        reference.load(spoil(old, new))
    assert told in str(raised.value)


def test_a_day_of_the_timeline_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    """It failed in the SQL of a table, in DuckDB's words."""
    shutil.copytree(REFERENCE, tmp_path / "reference")
    path = tmp_path / "reference" / "palkkatuki_timeline.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2025-03-01", "2025-13-01"), encoding="utf-8")
    with pytest.raises(InputError, match=r"palkkatuki_timeline\.csv:\d+: date '2025-13-01'; expected YYYY-MM-DD"):
        reference.load(tmp_path / "reference")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",301,Kurikka", ",302,Kurikka", ":2: no municipality 302 Kurikka in 2017; expected one of"),
        (",051,Eurajoki", ",051,Eura", ":7: no municipality 051 Eura in 2017"),
        ("2016-01-01,532", "1.1.2016,532", ":5: merged_on '1.1.2016'; expected YYYY-MM-DD"),
    ],
)
def test_a_merger_into_no_municipality_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    shutil.copytree(REFERENCE, tmp_path / "reference")
    path = tmp_path / "reference" / "municipality_merger.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        reference.load(tmp_path / "reference")
    assert f"municipality_merger.csv{told}" in str(raised.value)


VINTAGES = """
create schema input; create schema staging;
create table input.publishers as select 'prh' as id, 'P' as long_fi, 'P' as long_sv, 'P' as long_en;
create table input.figure_vintages as select *, 'said' as clock, 1 as ordinal, id as name_fi, id as name_sv,
    id as name_en, 't' || step as text_fi, 't' as text_sv, 't' as text_en, 'c' as citation_fi, 'c' as citation_sv,
    'c' as citation_en, 'prh' as publisher_id, 'u' as source_url, 's' as snapshot_sha256, null::varchar as period,
    null::integer[] as items
from (values
    ('a', 1, date '2026-01-01', 1.0, 'x', '2024', 'e1', 's1', date '2024-01-01', 'exact'),
    ('a', 2, date '2026-01-02', 2.0, 'x', '2025', 'e2', 's1', date '2025-01-01', 'exact'),
    ('a', 3, date '2026-01-03', 3.0, 'x', '2025', 'e3', 's1', date '2025-01-01', 'exact'),
    ('a', 4, date '2026-01-04', 4.0, 'x', '2025', 'e4', 's1', date '2025-01-01', 'exact'),
    ('a', 5, date '2026-01-05', 4.0, 'x', '2025', 'e5', 's1', date '2025-01-01', 'at_least'),
    ('a', 6, date '2026-01-06', 4.0, 'x', '2025', 'e5', 's1', date '2025-02-01', 'at_least'),
    ('a', 7, date '2026-01-07', 9.0, 'y', '2025', 'e7', 's1', date '2025-02-01', 'exact'),
    ('a', 8, date '2026-01-08', null, '', null, null, null, null, null),
    ('a', 9, date '2026-01-09', 1.0, 'x', '2024', 'e1', 's1', date '2024-01-01', 'exact'),
    ('b', 1, date '2026-01-01', 1.0, 'x', '2025', 'e1', 's1', date '2025-01-01', 'exact'),
    ('b', 2, date '2026-01-02', 1.0, 'x', '2024', 'e0', 's1', date '2024-01-01', 'exact')
) as t(id, step, valid_from, value, coverage, as_of, edition, series, published_on, bound);
alter table input.figure_vintages add column valid_to date;
update input.figure_vintages set valid_to = valid_from + 1 where not (id = 'a' and step = 9 or id = 'b' and step = 2);
create table input.figures as select * from (values
    ('a', 'stale', date '2025-06-01'), ('b', 'current', date '2025-06-01')) as t(id, state, stale_from);
create table input.corrections as select * from (values
    (['a', 'c'], date '2026-01-05', 'k1', 'menetelmä', 'confirmed', 'r1'),
    (['a'], date '2026-01-08', 'k2', 'korjaus', 'confirmed', 'r2'),
    (['a'], date '2026-01-09', 'k3', 'korjaus', 'confirmed', 'r3'),
    (['b'], date '2026-01-02', 'k4', 'korjaus', 'reported', 'r4')
) as t(figures, changed_on, correction, kind, correction_status, reason_fi);
alter table input.corrections add column reason_sv varchar;
alter table input.corrections add column reason_en varchar;
create table staging.observations as select * from (values
    ('s1', '2025', 'e3', 'tarkentuminen'), ('s1', '2025', 'e4', 'korjaus')
) as t(series, reference, edition, change_kind);
"""


def test_kinds_of_change() -> None:
    sql = (PROJECT / "sql" / "marts" / "figure_changes.sql").read_text(encoding="utf-8")
    with duckdb.connect() as con:
        con.execute(VINTAGES)
        rows = con.execute(
            f"select id, changed_on, change, previous_text_fi, reason_fi from ({sql}) order by id, changed_on, change"
        ).fetchall()
    told = [(day.day, change, before) for one, day, change, before, _ in rows if one == "a"]
    assert told == [
        *((1, "first", None), (2, "newer", "t1"), (3, "revision", "t2"), (4, "correction", "t3")),
        *((5, "method", "t4"), (6, "citation", "t5"), (7, "coverage", "t6"), (8, "correction", "t7")),
        *((9, "back", "t8"), (9, "overdue", None)),
    ]
    assert [row[2] for row in rows if row[0] == "b"] == ["first", "older"]
    assert {(row[1].day, row[4]) for row in rows if row[4]} == {(5, "r1"), (8, "r2")}


def test_no_change_is_told_before_it_was_recorded() -> None:
    """A figure that was overdue before we recorded it is overdue from the day on which we did."""
    sql = (PROJECT / "sql" / "marts" / "figure_changes.sql").read_text(encoding="utf-8")
    with duckdb.connect() as con:
        con.execute(VINTAGES)
        row = con.execute(f"select changed_on from ({sql}) where change = 'overdue'").fetchone()
    assert row == (date(2026, 1, 9),)
