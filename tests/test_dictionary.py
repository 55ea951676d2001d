"""The schema record: whole, in both languages, declared in the file, checked against the data, current in the docs."""

from pathlib import Path

import duckdb
import pytest

from pipelines import claims, dictionary, warehouse
from pipelines.errors import InputError
from pipelines.product import guide
from pipelines.settings import PROJECT

RECORD = dictionary.load(PROJECT / "sql")
COLUMNS = "year: {en: Year., fi: Vuosi.}\n"
WARNINGS = "".join(f"  {word}: {{en: x, fi: x, sv: x}}\n" for word in dictionary.WARNINGS)
TABLES = f"warnings:\n{WARNINGS}tables:\n  marts.x: {{warnings: [closed], key: [year], sources: []}}\n"


def record(folder: Path, columns: str = COLUMNS, tables: str = TABLES) -> dictionary.Record:
    (folder / "dictionary.yaml").write_text(columns, encoding="utf-8")
    (folder / "tables.yaml").write_text(tables, encoding="utf-8")
    return dictionary.load(folder)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("year: Year.\n", r"dictionary\.yaml:1: year: no Finnish text"),
        ("year: {en: Year.}\n", r"dictionary\.yaml:1: year: no Finnish text"),
        ("# x\nyear: {fi: Vuosi.}\n", r"dictionary\.yaml:2: year: no English text"),
        ("year: {en: Y., fi: V., missing: {en: none}}\n", r"year: missing: no Finnish text"),
        ("year: {en: Y., fi: V., allowed: [a]}\n", r"year: 'allowed'; expected only en, fi, missing, unit, values"),
        ("year: {en: Y., fi: V., values: [1]}\n", r"year: values; expected a list of texts"),
        (COLUMNS + COLUMNS, r"dictionary\.yaml:2: year is there twice"),
        ("- x\n", "is no mapping"),
    ],
)
def test_a_bad_column_is_named_with_file_and_line(tmp_path: Path, columns: str, said: str):
    with pytest.raises(InputError, match=said):
        record(tmp_path, columns)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (TABLES.replace("[closed]", "[dangerous]"), r"marts\.x: warning 'dangerous'; expected series_break"),
        (TABLES.replace("  closed: {en: x, fi: x, sv: x}\n", ""), "other words than the vocabulary's"),
        (TABLES.replace("closed: {en: x, fi: x, sv: x}", "closed: {en: x, fi: x}"), "closed: no Swedish text"),
        (TABLES.replace("key: [year]", "keys: [year]"), "'keys'; expected only key"),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, tables: str, said: str):
    with pytest.raises(InputError, match=said):
        record(tmp_path, tables=tables)


def test_an_own_entry_of_a_table_comes_before_the_common_one(tmp_path: Path):
    made = record(tmp_path, COLUMNS + "marts.x.year: {en: Own., fi: Oma.}\n")
    assert (made.column("marts.x", "year").fi, made.column("marts.y", "year").fi) == ("Oma.", "Vuosi.")
    with pytest.raises(InputError, match=r"no meaning for marts\.x\.nameless"):
        made.column("marts.x", "nameless")


CLAIMS = """
year: {en: Y., fi: V.}
kind: {en: K., fi: L., values: [a, b], missing: {en: none, fi: ei}}
place: {en: P., fi: P., missing: {en: none, fi: ei}}
"""
CLAIMED = TABLES.replace("{warnings: [closed], key: [year], sources: []}", "{key: [year]}")


@pytest.mark.parametrize(
    ("rows", "broken", "declared"),
    [
        ("(1, 'a'), (2, null)", [], {"NOT NULL", "CHECK", "PRIMARY KEY"}),
        ("(1, 'c'), (2, null)", ["marts.x.kind is one of a, b"], {"NOT NULL", "PRIMARY KEY"}),
        ("(1, 'a'), (1, 'b')", ["marts.x has one row a year"], {"NOT NULL", "CHECK"}),
        ("(1, 'a'), (null, 'b'), (1, 'c')", None, set()),
    ],
)
def test_what_holds_is_declared_and_what_does_not_is_named(
    tmp_path: Path, rows: str, broken: list[str] | None, declared: set[str]
):
    made = record(tmp_path, CLAIMS, CLAIMED)
    with duckdb.connect() as con:
        con.execute("create schema marts")
        found = claims.create(con, made, "marts.x", f"select * from (values {rows}) as t(year, kind)")
        kinds = {kind for (kind,) in con.execute("select constraint_type from duckdb_constraints()").fetchall()}
        assert con.execute("select count(*) from marts.x").fetchone() == (rows.count("("),)
    assert kinds == declared
    assert len(found) == 3 if broken is None else found == broken


def test_a_key_with_gaps_and_a_reference_are_checked_without_an_index(tmp_path: Path):
    key = "{key: [year, place], references: {place: marts.towns.name}}"
    made = record(tmp_path, CLAIMS, CLAIMED.replace("{key: [year]}", key))
    with duckdb.connect() as con:
        con.execute("create schema marts; create table marts.towns as select 'Oulu' as name")
        query = "select * from (values (1, 'Oulu'), (1, null), (2, 'Atlantis')) as t(year, place)"
        assert claims.create(con, made, "marts.x", query) == []
        assert claims.references(con, made, "marts.x") == ["marts.x.place is in marts.towns.name"]
        twice = query.replace("(2, 'Atlantis')", "(1, null)")
        assert claims.create(con, made, "marts.x", twice) == ["marts.x has one row a year, place"]


@pytest.mark.pipeline
class TestBuilt:
    """What the published file of the bundled figures has of the record."""

    def test_every_column_has_its_entry_and_every_entry_a_column(self, built_once: Path):
        with warehouse.connect(built_once / "marts") as con:
            found = con.execute(
                "select schema_name || '.' || table_name, column_name from duckdb_columns() "
                "where schema_name in ('marts', 'meta') and not internal"
            ).fetchall()
            gaps = "select count(*) from meta.columns where meaning is null or meaning_fi is null"
            assert con.execute(gaps).fetchall() == [(0,)]
            assert con.execute("select count(*) from meta.columns").fetchall() == [(len(found),)]
        used = {f"{t}.{c}" if f"{t}.{c}" in RECORD.columns else c for t, c in found}
        assert used == set(RECORD.columns), "an entry that no column has"
        assert {table for table, _ in found} == set(RECORD.tables)
        print(f"{len(found)} columns of {len(RECORD.tables)} tables and views, {len(used)} meanings")

    def test_all_claims_hold_and_are_declared(self, built_once: Path):
        with warehouse.connect(built_once / "marts") as con:
            check = con.execute("select passed, detail from meta.checks where name = 'dictionary_holds'").fetchall()
            declared = dict(
                con.execute("select constraint_type, count(*) from duckdb_constraints() group by all").fetchall()
            )
            views = [
                name for (name,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()
            ]
        assert check == [(True, "none found")]
        keys = [
            name
            for name, table in RECORD.tables.items()
            if table.key
            and name.removeprefix("marts.") not in views
            and all(RECORD.column(name, column).required for column in table.key)
        ]
        assert declared["PRIMARY KEY"] == len(keys) > 20
        assert declared["NOT NULL"] > 190
        assert declared["CHECK"] > 50
        print(declared)

    def test_doubted_and_rival_rows_stand_apart(self, built_once: Path):
        with warehouse.connect(built_once / "marts") as con:

            def count(query: str) -> int:
                return con.execute(f"select count(*) from marts.{query}").fetchall()[0][0]

            assert count("suspect_observations") == count("observations where status = 'suspect'") > 0
            assert count("rival_observations") == count("observations where is_rival") > 0
            assert count("quarantined") > 0
            doubted = "current_observations where status = 'suspect' or is_rival or not is_current"
            assert count(doubted) == 0
            assert count("current_observations") > 5000
            described = con.execute(
                "select table_name, purpose from meta.tables where table_kind = 'view' order by all"
            ).fetchall()
            key = ", ".join(RECORD.tables["marts.current_observations"].key)
            twice = f"select 1 from marts.current_observations group by {key} having count(*) > 1"
            assert con.execute(twice).fetchall() == []
        assert [name for name, _ in described] == ["current_observations", "rival_observations", "suspect_observations"]
        assert all(len(purpose) > 40 for _, purpose in described)

    def test_the_documentation_is_current(self, built_once: Path):
        """``lukuina run``, then ``python -m pipelines.product.guide > docs/dictionary.md`` brings it up to date."""
        with warehouse.connect(built_once / "marts") as con:
            assert (PROJECT / "docs" / "dictionary.md").read_text(encoding="utf-8") == guide.page(con)
