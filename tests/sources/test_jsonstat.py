"""JSON-stat 2.0 and PxWeb's older json: what the reader makes of real and of broken files."""

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.sources import jsonstat

pytestmark = pytest.mark.unit

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "samples"


def sample(name: str) -> bytes:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"sample {name} is not on this machine: ../shared is absent")
    return path.read_bytes()


def dataset(**changes: Any) -> dict[str, Any]:
    """2 areas × 3 years, values 1 to 6; ``changes`` replace keys, None removes one."""
    content: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "id": ["area", "year"],
        "size": [2, 3],
        "role": {"time": ["year"]},
        "dimension": {
            "area": {"label": "Alue", "category": {"index": {"B": 1, "A": 0}, "label": {"A": "Akaa", "B": "Byrå"}}},
            "year": {"category": {"index": ["2018", "2019", "2020"]}},
        },
        "updated": "2026-08-25T05:00:00Z",
        "value": [1, 2, 3, 4, 5, 6],
    }
    content.update(changes)
    return {key: value for key, value in content.items() if value is not None}


def parse(content: Any) -> jsonstat.Cube:
    return jsonstat.parse(content if isinstance(content, bytes) else json.dumps(content).encode(), "http://x/t.px")


def cell(cube: jsonstat.Cube, **codes: str) -> dict[str, Any]:
    found = cube.frame.filter(**codes)
    assert found.height == 1
    return found.row(0, named=True)


# -- JSON-stat ---------------------------------------------------------------------------------------------------


def test_cells_are_row_major_and_codes_follow_their_index() -> None:
    cube = parse(dataset())
    assert cube.dimensions == ("area", "year")
    assert cell(cube, area="A", year="2020")["value"] == 3
    assert cell(cube, area="B", year="2018")["value"] == 4
    assert cube.frame.schema == {"area": pl.String, "year": pl.String, "status": pl.String, "value": pl.Float64}
    assert (cube.time, cube.titles["area"], cube.labels["area"]["B"]) == ("year", "Alue", "Byrå")


def test_position_of_every_cell_in_the_official_order_sample() -> None:
    # The sample's cells spell their position; as numbers, since a text is no value (one is mislabelled upstream).
    text = re.sub(rb'"A(\d)B(\d)C(\d)"', rb"\1\2\3", sample("jsonstat_samples/jsonstatorg_order.json"))
    cube = parse(text)
    assert cube.frame.height == 24
    wrong = cube.frame.filter((pl.col("A") + pl.col("B") + pl.col("C")).cast(pl.Float64) != pl.col("value"))
    assert wrong.select("A", "B", "C", "value").rows() == [("2", "1", "4", 114.0)]


def test_official_sample_with_status_by_position() -> None:
    cube = parse(sample("jsonstat_samples/jsonstatorg_oecd.json"))
    assert cube.frame.height == 432
    assert cube.frame["value"].null_count() == 0
    assert cell(cube, area="AU", year="2013")["status"] == "e"
    assert cube.updated == date(2012, 11, 27)


@pytest.mark.parametrize("value", [[1, None, 3, 4, None, 6], {"0": 1, "2": 3, "3": 4, "5": 6}])
def test_null_and_left_out_cells_are_missing_not_zero(value: Any) -> None:
    cube = parse(dataset(value=value))
    assert cube.frame["value"].to_list() == [1, None, 3, 4, None, 6]


@pytest.mark.parametrize(
    ("status", "marks"),
    [
        ({"1": "...", "4": ".."}, ["", "...", "", "", "..", ""]),
        (["", "...", "", "", "..", ""], ["", "...", "", "", "..", ""]),
        ("p", ["p"] * 6),
        (["p"], ["p"] * 6),
        (None, [""] * 6),
    ],
)
def test_status_as_object_list_or_one_for_all(status: Any, marks: list[str]) -> None:
    assert parse(dataset(status=status)).frame["status"].to_list() == marks


def test_dimension_of_one_category_needs_no_index_and_extra_dimensions_do_not_count() -> None:
    content = dataset(id=["sex", "area", "year"], size=[1, 2, 3])
    content["dimension"]["sex"] = {"category": {"label": {"SSS": "Yhteensä"}}}
    content["dimension"]["ContentsCode"] = {"label": "EliminatedContents"}
    cube = parse(content)
    assert cube.dimensions == ("sex", "area", "year")
    assert cube.frame["sex"].unique().to_list() == ["SSS"]


def test_real_zero_beside_marks_and_numbers_as_text() -> None:
    cube = parse(dataset(value=["0", "...", "0.0", "-", 12.5, "-3"]))
    assert cube.frame["value"].to_list() == [0, None, 0, None, 12.5, -3]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-08-25T05:00:00Z", date(2026, 8, 25)),
        ("2026-07-21T05.00.00Z", date(2026, 7, 21)),
        ("2026-08-24T22:30:00Z", date(2026, 8, 25)),  # half past one at night in Helsinki
        ("2026-06-06T21:04:30", date(2026, 6, 6)),
        ("2012-11-27", date(2012, 11, 27)),
        ("2026-13-01", None),
        ("eilen", None),
        (None, None),
    ],
)
def test_updated_stamp_becomes_the_day_in_helsinki(text: str | None, day: date | None) -> None:
    assert jsonstat.parse_stamp(text) == day


# -- PxWeb json --------------------------------------------------------------------------------------------------


def px(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "columns": [
            {"code": "timeperiod_m", "text": "Kuukausi", "type": "t"},
            {"code": "Alue", "text": "Alue", "type": "d"},
            {"code": "LKM", "text": "Lukumäärä", "type": "c", "comment": "x\r\n"},
            {"code": "OSUUS", "text": "Osuus", "type": "c"},
        ],
        "comments": [],
        "data": [
            {"key": ["2026M06", "SSS"], "values": ["12053", "8.5"]},
            {"key": ["2026M06", "MK91"], "values": ["...", "."]},
        ],
        "metadata": [{"updated": "2026-07-21T05.00.00Z", "label": "Otsikko", "source": "KEHA-keskus"}],
    }
    return content | changes


def test_older_json_becomes_one_row_a_value() -> None:
    cube = parse(px())
    assert cube.dimensions == ("timeperiod_m", "Alue", jsonstat.MEASURE)
    assert cell(cube, Alue="SSS", contentscode="OSUUS")["value"] == 8.5
    hidden = cell(cube, Alue="MK91", contentscode="LKM")
    assert (hidden["value"], hidden["status"]) == (None, "...")
    assert cell(cube, Alue="MK91", contentscode="OSUUS")["value"] is None
    assert (cube.time, cube.measure, cube.updated) == ("timeperiod_m", jsonstat.MEASURE, date(2026, 7, 21))
    assert (cube.source, cube.label, cube.labels[jsonstat.MEASURE]["LKM"]) == ("KEHA-keskus", "Otsikko", "Lukumäärä")


def test_municipalities_sum_to_regions_as_published() -> None:
    """formats.md §2.1, end to end: 18 mainland regions exactly, Åland short by what is suppressed."""
    cube = parse(sample("statfin_pxweb_json2026/unemployment_register_kunnat_12r5.json"))
    assert cube.frame.height == 421 * 23
    assert cube.frame["value"].null_count() == 904
    rows = cube.frame.filter(contentscode="TYOTTOMATLOPUSSA").select("Alue", "value").rows()
    values = {area: value for area, value in rows if value is not None}
    regions: dict[str, float] = {}
    key = sample("region_codes/municipality_key_2026.csv").decode("utf-8-sig").splitlines()
    for row in csv.DictReader(key):  # leading zeros were lost in that file
        region = f"MK{int(row['maakunta_code']):02d}"
        regions[region] = regions.get(region, 0) + values.get(f"KU{int(row['kunta']):03d}", 0)
    assert len(regions) == 19
    assert {region for region, value in regions.items() if value != values[region]} == {"MK21"}
    assert (regions["MK21"], values["MK21"]) == (787, 800)
    municipal = sum(value for area, value in values.items() if area.startswith("KU"))
    regional = sum(value for area, value in values.items() if area.startswith("MK"))
    assert (values["SSS"], municipal, regional) == (352_001, 351_968, 351_981)


def test_real_file_with_two_dimensions_and_heavy_suppression() -> None:
    cube = parse(sample("statfin_pxweb_json2026/software_occupations_register_kunnat_12ti.json"))
    assert cube.frame.height == 421 * 3 * 2
    assert cube.frame["value"].null_count() == 395
    row = cell(cube, Alue="SSS", Ammattiryhmä="2514", contentscode="AVPAIKATLOPUSSA")
    assert row["value"] == 34
    assert cube.source == "KEHA-keskus, Työnvälitystilasto"


@pytest.mark.parametrize(
    ("year", "area", "table", "helsinki", "day"),
    [
        (2025, "Alue", "statfin_vaerak_pxt_11re", 684_018, date(2025, 4, 4)),
        (2026, "alue_23_20260101", "11re", 694_392, date(2026, 4, 1)),
    ],
)
def test_the_same_query_before_and_after_the_change(year: int, area: str, table: str, helsinki: int, day: date) -> None:
    cube = parse(sample(f"statfin_pxweb_v1/11re_three_cities_{year}schema.json"))
    assert cell(cube, **{area: "KU091"})["value"] == helsinki
    assert (cube.table, cube.updated, cube.source) == (table, day, "Tilastokeskus, väestörakenne")
    assert cube.labels[area]["KU091"] == "Helsinki"


# -- what is refused ---------------------------------------------------------------------------------------------


def without_index() -> dict[str, Any]:
    content = dataset()
    content["dimension"]["area"]["category"].pop("index")
    return content


def index(area: Any) -> dict[str, Any]:
    content = dataset()
    content["dimension"]["area"]["category"]["index"] = area
    return content


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "an empty answer"),
        (
            b"\xef\xbb\xbf <!DOCTYPE html><title>Kirjaudu\n sis\xc3\xa4\xc3\xa4n</title>",
            "HTML page titled 'Kirjaudu sis",
        ),
        (json.dumps(dataset()).encode()[:-20], "cut short"),
        ('{"class": "tietojoukko ä"}'.encode("latin-1"), "not UTF-8"),
        (b'{"value": NaN}', "NaN"),
        (b"[" * 100_000, "not valid JSON"),
        ([], "JSON list"),
        ({"title": "t", "variables": []}, "keys title, variables"),
        (dataset(**{"class": "collection"}), "class 'collection'"),
        (dataset(value=None), "value: missing"),
        (dataset(value=[1, 2, 3, 4, 5]), "5 entries; expected 6"),
        (dataset(value={"6": 1}), "position '6'"),
        (dataset(value=[1, 2, 3, 4, 5, "12 345"]), "cell 5: '12 345'"),
        (dataset(value=[1, 2, 3, 4, 5, True]), "cell 5: True"),
        (dataset(id=None), "id: missing"),
        (dataset(size=[2]), "2 id and 1 size"),
        (dataset(size=[3, 2]), "'area': 2 categories; expected size 3"),
        (dataset(dimension={}), "dimension: area: missing"),
        (dataset(dimension={"area": {}, "year": {}}), "'area': category: missing"),
        (without_index(), "category without index"),
        (index({"A": 0, "B": 2}), "no numbering"),
        (index(["A", "A"]), "twice"),
        (dataset(status=["a", "b"]), "status: 2 entries"),
        (px(columns=[]), "0 keys and 0 contents"),
        (px(data=[]), "makes 0 cells"),
        (px(data=[{"key": ["2026M06"], "values": ["1", "2"]}]), "data[0]: 1 keys"),
        (px(data=[{"key": ["2026M06", "SSS"], "values": ["1"]}]), "data[0]: 2 keys, 1 values"),
        (px(data=["x"]), "data[0]"),
        (px(metadata=7), "metadata"),
    ],
)
def test_malformed_answers_are_named(content: Any, named: str) -> None:
    with pytest.raises(InputError) as error:
        parse(content)
    assert named in str(error.value)
    assert str(error.value).startswith("http://x/t.px")
    assert "\n" not in str(error.value)


def test_a_small_answer_cannot_claim_a_huge_table() -> None:
    many = [str(n) for n in range(3000)]
    content = dataset(id=["a", "b"], size=[3000, 3000], value={})
    content["dimension"] = {name: {"category": {"index": many}} for name in "ab"}
    with pytest.raises(InputError, match="9000000 cells"):
        parse(content)


# -- parts -------------------------------------------------------------------------------------------------------


def test_parts_are_put_together_in_order_with_the_newest_stamp() -> None:
    later = dataset(value=[7, 8, 9, 10, 11, 12], updated="2026-09-01T05:00:00Z")
    later["dimension"]["year"]["category"]["index"] = ["2021", "2022", "2023"]
    cube = jsonstat.concat([parse(dataset()), parse(later)], "t")
    assert cube.frame["value"].to_list() == list(range(1, 13))
    assert list(cube.labels["year"]) == ["2018", "2019", "2020", "2021", "2022", "2023"]
    assert cube.updated == date(2026, 9, 1)


def test_parts_of_different_tables_are_refused() -> None:
    with pytest.raises(InputError, match="timeperiod_m"):
        jsonstat.concat([parse(dataset()), parse(px())], "t")
    with pytest.raises(InputError, match="no data"):
        jsonstat.concat([], "t")
