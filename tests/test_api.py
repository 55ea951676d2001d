"""The JSON API as files: its description is strict, and every real file is as it says."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from pipelines import warehouse
from pipelines.product import api, openapi

pytestmark = pytest.mark.pipeline
DOCUMENT: Any = json.loads(openapi.description(None))


def schema_of(path: str) -> str:
    """The schema of a file; every file has exactly one path of the description."""
    address = path.removeprefix(api.FOLDER)
    found = [
        schema
        for pattern, (schema, _, _) in openapi.PATHS.items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(pattern)), address)
    ]
    assert len(found) == 1, path
    return found[0]


def problems(path: str, content: object) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{schema_of(path)}", "components": DOCUMENT["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(content)]


@pytest.fixture(scope="module")
def files(built_once: Path) -> dict[str, bytes]:
    with warehouse.connect(built_once / "marts") as con:
        return api.files(con).files


def test_the_description_is_openapi_3_1():
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["servers"] == [{"url": "."}]
    assert json.loads(openapi.description("https://luvut.example"))["servers"][0]["url"].startswith("https://luvut")


def test_every_real_file_is_as_described(files: dict[str, bytes]):
    for path, body in files.items():
        assert not problems(path, json.loads(body)), path
    seen = {schema_of(path) for path in files}
    assert seen == {schema for schema, _, _ in openapi.PATHS.values()} - {"OrganisationFile"}, "see test_grants.py"
    print(f"{len(files)} files validated against {len(seen)} schemas")


def test_the_description_would_notice_a_change_of_the_files(files: dict[str, bytes]):
    figure = json.loads(files["api/v1/figures/yhdistykset.json"])
    for change in (
        lambda f: f["figure"].update(value="107851"),
        lambda f: f["figure"]["provenance"].pop("licence"),
        lambda f: f["figure"]["provenance"].update(snapshot_sha256="x"),
        lambda f: f["figure"].update(extra=1),
    ):
        changed = copy.deepcopy(figure)
        change(changed)
        assert problems("api/v1/figures/yhdistykset.json", changed)


def test_figures_have_value_bound_and_provenance(files: dict[str, bytes], built_once: Path):
    figures = {figure["id"]: figure for figure in json.loads(files["api/v1/figures.json"])["figures"]}
    with warehouse.connect(built_once / "marts") as con:
        want = con.execute(
            "select id, value, bound, published_on::text, recorded_at::text from marts.figures"
        ).fetchall()
        kept = {sha for (sha,) in con.execute("select sha256 from meta.snapshots").fetchall()}
    assert len(want) == len(figures) == 17
    for name, value, bound, published, recorded in want:
        told = figures[name]["provenance"]
        assert (figures[name]["value"], figures[name]["bound"]) == (value, bound)
        assert (told["published_on"], told["recorded_on"]) == (published, recorded)
        assert told["producer"]
        assert bool(told["licence"]) == bool(told["edition"]), "a sentence of our own record has neither"
        assert told["snapshot_sha256"] is None or told["snapshot_sha256"] in kept
    assert figures["palkkatuki-nimikkeet"]["value"] is None, "a list has no value, and never 0 (R7)"
    assert figures["palkkatuki-nimikkeet"]["items"]
    assert json.loads(files["api/v1/figures/yhdistykset.json"])["figure"] == figures["yhdistykset"]


def test_vintages_tell_both_clocks(files: dict[str, bytes]):
    vintages = json.loads(files["api/v1/figures/yhdistykset/vintages.json"])["vintages"]
    assert {one["clock"] for one in vintages} == {"known", "said"}
    assert any(one["value"] == 106_617 and one["valid_from"] <= "2019-11-30" for one in vintages)


def test_a_region_names_the_edition_of_each_number(files: dict[str, bytes]):
    index = json.loads(files["api/v1/regions.json"])["regions"]
    assert len(index) == 19
    for entry in index:
        region = json.loads(files[f"api/v1/{entry['href']}"])
        told = {one["edition"]: one for one in region["provenance"]}
        assert region["associations"]
        for cell in region["associations"]:
            assert told[cell["edition"]]["producer"] == "PRH"
            assert len(told[cell["edition"]]["snapshot_sha256"]) == 64


def test_the_same_data_gives_the_same_bytes_and_addresses_follow_the_base(built_once: Path, files: dict[str, bytes]):
    with warehouse.connect(built_once / "marts") as con:
        assert api.files(con).files == files
        based = api.files(con, "https://luvut.example/x").files
    pages = json.loads(based["api/v1/figures/yhdistykset.json"])["figure"]["pages"]
    assert pages["sv"] == "https://luvut.example/x/sv/luku/yhdistykset/"
    assert json.loads(files["api/v1/figures/yhdistykset.json"])["figure"]["pages"]["sv"] == "sv/luku/yhdistykset/"
