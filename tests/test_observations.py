"""The observation schema at the boundary, and vintages on both clocks (R1–R3)."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.observations import DRAFT, RECORDED, check, vintages

pytestmark = pytest.mark.unit

ROW: dict[str, Any] = {
    "series": "s", "geo": "FI", "dimension": "", "category": "", "coverage": "as_defined", "period": "2020",
    "as_of": "", "published_on": date(2021, 1, 1), "value": 10.0, "unit": "count", "bound": "exact", "status": "ok",
    "basis": "publication", "publisher": "THL", "citation": "", "source_url": "u", "note": "", "line": 2,
    "edition": "e", "snapshot_sha256": "0" * 64, "recorded_from": date(2026, 1, 1), "withdrawn_on": None, "sequence": 0,
    "lineage": "thl", "source": "transcribed",
}  # fmt: skip


def rows(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**ROW, **change} for change in changes], schema=dict(RECORDED), orient="row")


def told(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.sort("published_on", "recorded_from").select(columns).rows()


def test_a_new_value_from_the_same_producer_closes_one_vintage_and_opens_the_next():
    found = vintages(rows({}, {"value": 12.0, "published_on": date(2022, 1, 1), "recorded_from": date(2026, 5, 1)}))
    assert told(found, "value", "known_from", "known_to", "recorded_to", "vintage", "change_kind", "is_current") == [
        (10.0, date(2021, 1, 1), date(2022, 1, 1), date(2026, 5, 1), 1, "new", False),
        (12.0, date(2022, 1, 1), None, None, 2, "tarkentuminen", True),
    ]


def test_the_same_value_again_is_no_new_vintage():
    assert vintages(rows({}, {"published_on": date(2022, 1, 1)})).height == 1


def test_a_then_b_then_a_is_three_vintages():
    found = vintages(
        rows(
            {},
            {"value": 11.0, "published_on": date(2021, 2, 1)},
            {"value": 10.0, "published_on": date(2021, 3, 1)},
        )
    )
    assert [row[0] for row in told(found, "value")] == [10.0, 11.0, 10.0]


def test_another_reference_is_another_observation_and_no_revision():
    found = vintages(rows({}, {"period": "2021", "value": 20.0}))
    assert found["change_kind"].to_list() == ["new", "new"]


def test_somebody_elses_value_is_a_rival_ranked_by_provenance():
    found = vintages(
        rows(
            {"lineage": "lehti", "publisher": "Lehti", "basis": "quoted", "value": 9.0},
            {"lineage": "prh", "publisher": "PRH", "basis": "register", "value": 10.0},
        )
    )
    assert {r["lineage"]: (r["is_rival"], r["is_current"]) for r in found.iter_rows(named=True)} == {
        "lehti": (True, False),
        "prh": (False, True),
    }


def test_an_undated_row_is_kept_and_never_current():
    found = vintages(rows({"published_on": None}))
    assert told(found, "change_kind", "is_current", "known_from") == [("undated", False, None)]


def test_a_row_keyed_late_with_an_old_date_is_recorded_only_from_then():
    found = vintages(rows({"published_on": date(2022, 1, 1), "value": 12.0}, {"recorded_from": date(2026, 9, 9)}))
    late = found.filter(pl.col("value") == 10.0).row(0, named=True)
    assert late["known_from"] == date(2021, 1, 1)
    assert late["recorded_from"] == late["recorded_to"] == date(2026, 9, 9)


def test_an_edited_row_leaves_its_earlier_self_behind():
    edited = date(2026, 6, 1)
    found = vintages(rows({"withdrawn_on": edited}, {"value": 11.0, "recorded_from": edited}))
    assert sorted(found.select("value", "change_kind", "is_current").rows()) == [
        (10.0, "withdrawn", False),
        (11.0, "new", True),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "tonnes"}, "row 2: unit: 'tonnes'"),
        ({"bound": "roughly"}, "row 2: bound: 'roughly'"),
        ({"status": "fine"}, "row 2: status"),
        ({"value": float("nan")}, "row 2: value"),
        ({"value": None}, "row 2: value"),
        ({"geo": ""}, "row 2: geo"),
        ({"as_of": "2020-01-01"}, "row 2: period"),
    ],
)
def test_a_row_that_breaks_the_schema_is_refused_with_row_and_column(change: dict[str, Any], said: str):
    frame = rows({}, change).select(list(DRAFT))
    with pytest.raises(InputError) as caught:
        check(frame, "prh/regions-fi")
    assert str(caught.value).startswith("prh/regions-fi: " + said)


def test_a_missing_or_mistyped_column_is_refused():
    frame = rows({}).select(list(DRAFT))
    with pytest.raises(InputError, match="column 'value' is missing"):
        check(frame.drop("value"), "x")
    with pytest.raises(InputError, match="x: value: type String"):
        check(frame.with_columns(value=pl.lit("10")), "x")
