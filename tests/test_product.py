"""The data product: complete, described, valid for the plain libraries of others, the same bytes every time."""

import csv
import hashlib
import json
import re
from pathlib import Path

import duckdb
import pytest

from pipelines import run, settings, warehouse
from pipelines.product import tables

pytestmark = pytest.mark.pipeline


def test_frictionless_finds_the_package_valid(built_once: Path):
    from frictionless import Package

    report = Package(str(built_once / "marts" / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "type", "note"])[:5]
    read = [task for task in report.tasks if task.type == "table"]
    assert len(read) > 15
    print(f"{len(read)} tables validated by frictionless")


def test_every_file_is_as_its_description_says(built_once: Path):
    marts = built_once / "marts"
    resources = json.loads((marts / "datapackage.json").read_text())["resources"]
    for resource in resources:
        body = (marts / resource["path"]).read_bytes()
        if resource["format"] == "duckdb":
            assert {"bytes", "hash"}.isdisjoint(resource)
            continue
        assert resource["bytes"] == len(body)
        assert resource["hash"] == "sha256:" + hashlib.sha256(body).hexdigest()
    described = {resource["path"] for resource in resources}
    assert described == {path.name for path in marts.iterdir()} - {"datapackage.json", "SHA256SUMS"}
    assert all(field["description"] for r in resources if r["type"] == "table" for field in r["schema"]["fields"])
    assert not any("licenses" in resource for resource in resources), "no licence is claimed for a producer"
    [starts] = [r for r in resources if r["path"] == "wage_subsidy_starts.csv"]
    assert {"id", "title", "terms"} == set(starts["sources"][0])
    assert starts["sources"][0]["title"] not in {"statfin", "transcribed"}, "the producer's name, not our word for it"
    assert not [r["path"] for r in resources if r.get("description", "").startswith("Purpose:")]


def test_csv_holds_what_the_table_holds(built_once: Path):
    marts = built_once / "marts"
    with warehouse.connect(marts) as con:
        want = con.execute("select id, value, text_fi, items from marts.figures").fetchall()
    with (marts / "figures.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, strict=True))
    assert (marts / "figures.csv").read_bytes().endswith(b"\r\n")
    assert len(found) == len(want) == 17
    for row, (name, value, text, items) in zip(found, want, strict=True):
        assert (row["id"], row["text_fi"]) == (name, text)
        assert row["value"] == ("" if value is None else str(value))
        assert (json.loads(row["items"]) if row["items"] else None) == items


def test_texts_with_quotes_lines_and_formula_signs_are_untouched(tmp_path: Path):
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute("create table marts.x as select '=1+1' a, 'x\r\n\"y\",z' b, null::varchar c, [1, 2] d")
        tables.write_csv(con, "marts", "x", tmp_path / "x.csv")
    body = (tmp_path / "x.csv").read_bytes()
    assert body == b'a,b,c,d\r\n=1+1,"x\r\n""y"",z",,"[1,2]"\r\n'


def test_a_second_build_changes_no_file(built: settings.Settings):
    before = {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()}
    assert not run.run(built, lambda _: None).changed
    assert {path.name: path.stat().st_mtime_ns for path in built.marts.iterdir()} == before


WRITES = {
    "create table marts.x as select 1": "read-only",
    "delete from marts.figures": "read-only",
    "attach '/tmp/x.duckdb'": "disabled",
    "copy marts.figures to '/tmp/x.csv'": "disabled",
    "select * from read_csv('/etc/passwd')": "disabled",
    "install httpfs": "disabled",
}


@pytest.mark.parametrize("query", WRITES)
def test_the_command_line_refuses_whatever_does_not_only_read(built_once: Path, query: str):
    from pipelines import answers
    from pipelines.errors import InputError

    with pytest.raises(InputError, match="a query that only reads") as refused:
        answers.sql(built_once / "marts", query)
    assert WRITES[query] in str(refused.value)


def _fences(language: str) -> list[str]:
    text = (Path(__file__).parent.parent / "docs" / "recipes.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("query", _fences("sql"))
def test_each_sql_recipe_gives_rows(built_once: Path, query: str):
    with warehouse.connect(built_once / "marts") as con:
        assert con.execute(query).fetchall()


@pytest.mark.parametrize("code", _fences("python"))
def test_each_python_recipe_runs_beside_the_files(built_once: Path, monkeypatch: pytest.MonkeyPatch, code: str):
    monkeypatch.chdir(built_once / "marts")
    names: dict[str, object] = {}
    exec(code, names)
    assert len(names["rows"])  # pyright: ignore[reportArgumentType]


def test_what_was_known_and_what_was_recorded_about_associations_by_the_recipe(built_once: Path):
    known, said, origin = _fences("sql")[:3]
    with warehouse.connect(built_once / "marts") as con:
        value, bound, day, sha, address = con.execute(known).fetchone()
        assert con.execute(said).fetchall() == [(0,)], "nothing was in our record by then"
        rows = con.execute(origin).fetchall()
    assert value
    assert bound
    assert day
    assert len(sha) == 64
    assert address.startswith("https://")
    assert sha in {row[1] for row in rows}
    print(f"known on 1.1.2023: {bound} {value:.0f} of {day}; {len(rows)} figures with edition, sha256 and address")


def test_the_citation_file_has_the_keys_that_cff_requires():
    import yaml

    from pipelines import __version__

    cff = yaml.safe_load((Path(__file__).parent.parent / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cff)
    assert all(author["name"] for author in cff["authors"])
    assert cff["version"] == __version__
