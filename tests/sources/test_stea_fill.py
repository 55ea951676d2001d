"""Totals from the endpoint for years that the workbook lacks (R6)."""

from datetime import date

import polars as pl
import pytest

from pipelines.sources.stea_fill import fill

pytestmark = pytest.mark.unit

PUBLISHED = date(2027, 2, 3)


def grants(**euros: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": [int(year[1:]) for year in euros],
            "organisation": ["A ry"] * len(euros),
            "applied_eur": list(euros.values()),
            "proposed_eur": list(euros.values()),
            "granted_eur": list(euros.values()),
        }
    )


def totals(frame: pl.DataFrame) -> dict[str, float]:
    return dict(frame.filter(pl.col("series") == "grants_awarded_total").select("period", "value").iter_rows())


def test_a_whole_crawl_fills_the_year_after_the_newest_known_one():
    found = fill(grants(y2025=300, y2026=270), {2025: 304.0}, "u", PUBLISHED)
    assert totals(found) == {"2026": 270.0}
    assert set(found["basis"]) == {"publication"}
    assert all("lacks the year" in note for note in found["note"])


def test_a_crawl_that_lacks_euros_of_a_known_year_says_nothing():
    assert fill(grants(y2025=30, y2026=270), {2025: 304.0}, "u", PUBLISHED).height == 0


def test_a_year_that_is_known_is_left_to_the_workbook():
    assert fill(grants(y2024=390, y2025=300), {2024: 383.0, 2025: 304.0}, "u", PUBLISHED).height == 0


def test_without_a_common_year_nothing_can_be_said():
    assert fill(grants(y2026=270), {2025: 304.0}, "u", PUBLISHED).height == 0
    assert fill(grants(y2026=270), {}, "u", PUBLISHED).height == 0
