"""Which observations a figure's value came from, as its page tells the way back to the publisher's bytes."""

from datetime import date

from pipelines import registry
from pipelines.figures import Value
from pipelines.settings import PROJECT
from pipelines.site.components.figure_page import own_rows
from pipelines.site.tables import Table
from pipelines.site.values import Figure

REGISTRY = registry.load(PROJECT / "dashboards" / "figures")
COLUMNS = (
    *("series", "coverage", "edition", "reference", "geo", "category", "status", "is_rival"),
    *("published_on", "known_from", "known_to"),
)
FIRST, SECOND, THIRD = date(2025, 12, 19), date(2026, 2, 1), date(2026, 3, 1)


def figure(name: str, series: str, coverage: str, reference: str, edition: str, published: date) -> Figure:
    value = Value(
        name, 1.0, series=series, coverage=coverage, edition=edition, published_on=published,
        period=reference if len(reference) == 4 else None, as_of=reference if len(reference) > 4 else None,
    )  # fmt: skip
    return Figure(REGISTRY[name], value, None, (), "fi")


def grant(edition: str, start: date, end: date | None, status: str = "ok", rival: bool = False) -> tuple[object, ...]:
    series = ("grants_awarded_total", "as_defined", edition, "2025")
    return (*series, "FI", "", status, rival, start, start, end)


def told(rows: list[tuple[object, ...]], one: Figure) -> list[tuple[object, object]]:
    data = Table("observed", COLUMNS, tuple(rows))
    return [(row["edition"], row["geo"]) for row in own_rows(one, data)]


def test_an_edition_that_repeats_a_value_leads_to_the_observation_that_stands() -> None:
    """STEA's workbook repeats what the bundled rows say; its page said "0 observations, not published on the web"."""
    rows = [grant("bundled", FIRST, THIRD), grant("revised", THIRD, None)]
    one = figure("stea-avustukset", "grants_awarded_total", "as_defined", "2025", "workbook", SECOND)
    assert told(rows, one) == [("bundled", "FI")]


def test_the_edition_s_own_observation_comes_alone() -> None:
    rows = [grant("bundled", FIRST, SECOND), grant("workbook", SECOND, None)]
    one = figure("stea-avustukset", "grants_awarded_total", "as_defined", "2025", "workbook", SECOND)
    assert told(rows, one) == [("workbook", "FI")]


def test_rivals_and_suspect_rows_are_no_source() -> None:
    rows = [grant("rival", FIRST, None, rival=True), grant("wrong", FIRST, None, status="suspect")]
    one = figure("stea-avustukset", "grants_awarded_total", "as_defined", "2025", "workbook", SECOND)
    assert told(rows, one) == []


def test_a_sum_of_which_one_region_was_revised_has_all_its_regions() -> None:
    name, coverage, at = "associations_by_region_and_class", "all_registered", "2025-01-02"

    def region(edition: str, geo: str, start: date, end: date | None) -> tuple[object, ...]:
        return (name, coverage, edition, at, geo, "Yhteensä", "ok", False, start, start, end)

    rows = [
        region("first", "Kainuu", FIRST, SECOND),
        region("first", "Lappi", FIRST, None),
        region("second", "Kainuu", SECOND, None),
    ]
    one = figure("yhdistykset", name, coverage, at, "second", SECOND)
    assert told(rows, one) == [("second", "Kainuu"), ("first", "Lappi")]
