"""Choosing what a figure says on a day (R4–R10), on small made rows."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import registry
from pipelines.figure_spec import FigureSpec
from pipelines.figures import Observed, Row, choose, combine, history

pytestmark = pytest.mark.unit

PROJECT = Path(__file__).resolve().parent.parent
SPECS = registry.load(PROJECT / "dashboards" / "figures")
REGIONS = ("Uusimaa", "Lappi", "Ahvenanmaa")
TODAY = date(2026, 11, 24)

TOTAL = Row(
    "associations_by_region_and_class", "Uusimaa", "Yhteensä", "all_registered", "2025-01-02", False,
    date(2025, 1, 2), 100.0, "count", "exact", "ok", "register", "PRH", "", "u", "e25", "s", date(2026, 1, 1), None,
    False,
)  # fmt: skip


def observed(*rows: Row, admitted: dict[str, list[tuple[date, bool]]] | None = None) -> Observed:
    return Observed(rows, admitted or {}, REGIONS)


def everywhere(edition: str, reference: str, *values: float) -> list[Row]:
    day = date.fromisoformat(reference)
    return [
        replace(TOTAL, geo=geo, value=value, reference=reference, published_on=day, edition=edition)
        for geo, value in zip(REGIONS, values, strict=False)
    ]


@pytest.fixture
def spec() -> FigureSpec:
    return SPECS["yhdistykset"]


def test_a_sum_over_all_regions_is_exact(spec: FigureSpec):
    value = choose(spec, observed(*everywhere("a", "2025-01-02", 100, 20, 3)), TODAY)
    assert (value.value, value.bound, value.missing, value.status) == (123, "exact", (), "derived")


def test_a_sum_that_lacks_a_region_is_at_least_and_says_which(spec: FigureSpec):
    value = choose(spec, observed(*everywhere("a", "2025-01-02", 100, 20)), TODAY)
    assert (value.value, value.bound, value.missing) == (120, "at_least", ("Ahvenanmaa",))


def test_a_suspect_cell_is_never_added(spec: FigureSpec):
    rows = everywhere("a", "2025-01-02", 100, 20, 163)
    value = choose(spec, observed(*rows[:2], replace(rows[2], status="suspect")), TODAY)
    assert (value.value, value.missing) == (120, ("Ahvenanmaa",))


def test_the_newest_edition_wins_and_the_old_one_still_answers_on_its_day(spec: FigureSpec):
    world = observed(*everywhere("a", "2024-01-02", 90, 20, 3), *everywhere("b", "2025-01-02", 100, 20, 3))
    assert choose(spec, world, TODAY).value == 123
    assert choose(spec, world, date(2024, 6, 1)).value == 113
    assert choose(spec, world, date(2023, 1, 1)).value is None


def test_a_quarantined_edition_changes_nothing(spec: FigureSpec):
    rows = [*everywhere("a", "2024-01-02", 90, 20, 3), *everywhere("b", "2025-01-02", 3, 90, 20)]
    world = observed(*rows, admitted={"b": [(date(2026, 1, 1), False)]})
    assert choose(spec, world, TODAY).as_of == "2024-01-02"


def test_said_on_judges_as_we_could_judge_on_that_day(spec: FigureSpec):
    rows = [replace(row, recorded_from=date(2026, 1, 1)) for row in everywhere("a", "2025-01-02", 100, 20, 3)]
    world = observed(*rows, admitted={"a": [(date(2026, 1, 1), True), (date(2026, 5, 1), False)]})
    assert choose(spec, world, date(2026, 2, 1), "said").value == 123
    assert choose(spec, world, date(2026, 6, 1), "said").value is None
    assert choose(spec, world, date(2026, 2, 1), "known").value is None
    assert choose(spec, world, date(2025, 12, 31), "said").value is None


def test_a_withdrawn_row_is_still_what_we_said(spec: FigureSpec):
    rows = [replace(row, withdrawn_on=date(2026, 3, 1)) for row in everywhere("a", "2025-01-02", 100, 20, 3)]
    world = observed(*rows)
    assert choose(spec, world, date(2026, 2, 1), "said").value == 123
    assert choose(spec, world, TODAY, "said").value is None
    assert choose(spec, world, TODAY, "known").value is None


def test_second_hand_values_are_context_and_not_the_figure(spec: FigureSpec):
    quoted = replace(
        TOTAL, series="yhdistykset_rekisteri", geo="FI", category="", coverage="associations", reference="2026",
        value=108_000.0, basis="quoted", published_on=date(2026, 1, 1),
    )  # fmt: skip
    assert choose(spec, observed(quoted, *everywhere("a", "2025-01-02", 100, 20, 3)), TODAY).value == 123


def test_an_automatic_figure_turns_stale_on_its_day_and_not_before(spec: FigureSpec):
    world = observed(*everywhere("a", "2025-01-02", 100, 20, 3))
    value = choose(spec, world, TODAY)
    assert value.stale_from is not None
    assert value.state == "stale"
    assert choose(spec, world, date.fromordinal(value.stale_from.toordinal() - 1)).state == "current"


def test_the_closed_register_was_open_before_its_closing():
    closed = SPECS["sosiaaliset-yritykset"]
    row = replace(
        TOTAL, series="sosiaaliset_yritykset_rekisteri", geo="FI", category="", coverage="as_defined",
        reference="2019-10-17", value=28.0, published_on=date(2019, 10, 17), basis="publication",
    )  # fmt: skip
    assert choose(closed, observed(row), date(2023, 6, 30)).state == "current"
    now = choose(closed, observed(row), TODAY)
    assert (now.value, now.as_of, now.state) == (28, "2019-10-17", "closed")


def test_a_list_is_one_unit_without_a_value():
    spec = SPECS["palkkatuki-nimikkeet"]
    base = replace(
        TOTAL, series="palkkatuki_yleisimmat_tehtavanimikkeet", geo="FI", coverage="as_defined", reference="2018",
        is_period=True, unit="rank", published_on=date(2019, 9, 12), basis="publication",
    )  # fmt: skip
    world = observed(replace(base, category="Myyjä", value=2.0), replace(base, category="Kierrätys", value=1.0))
    value = choose(spec, world, TODAY)
    assert value.value is None
    assert value.bound is None
    assert [(item.rank, item.name) for item in value.items] == [(1, "Kierrätys"), (2, "Myyjä")]


def test_a_corrected_list_replaces_the_old_one_whole():
    spec = SPECS["palkkatuki-nimikkeet"]
    base = replace(
        TOTAL, series="palkkatuki_yleisimmat_tehtavanimikkeet", geo="FI", coverage="as_defined", reference="2018",
        is_period=True, unit="rank", published_on=date(2019, 9, 12), basis="publication",
    )  # fmt: skip
    old = [replace(base, category=name, value=rank) for rank, name in enumerate(("Myyjä", "Kierrätys"), 1)]
    new = [
        replace(base, category=name, value=rank, published_on=date(2020, 1, 1), edition="korjattu")
        for rank, name in enumerate(("Kierrätys", "Kotiavustaja"), 1)
    ]
    assert [item.name for item in choose(spec, observed(*old, *new), TODAY).items] == ["Kierrätys", "Kotiavustaja"]


def share_rows() -> list[Row]:
    base = replace(
        TOTAL, geo="FI", coverage="started_periods", reference="2018", is_period=True, basis="publication",
        unit="periods", published_on=date(2019, 9, 12), category="kolmas_sektori",
    )  # fmt: skip
    printed = replace(base, series="palkkatuki_aloitetut_jaksot_osuus", value=22.0, unit="percent", bound="about")
    third = replace(base, series="palkkatuki_aloitetut_jaksot", value=7926.0)
    starts = [
        replace(base, series="alkaneet_vuosi_sektori", category=sector, value=value, published_on=date(2022, 4, 17))
        for sector, value in (("yksityinen", 21411.0), ("kunta", 14005.0), ("valtio", 706.0))
    ]
    return [printed, third, *starts]


def test_the_computed_share_stands_beside_the_printed_one():
    value = choose(SPECS["palkkatuki-osuus"], observed(*share_rows()), TODAY)
    assert (value.value, value.bound) == (22, "about")
    assert [share.value for share in value.computed] == [22.4, 21.9]
    assert any("alkaneet_vuosi_sektori kunta 2018 = 14005" in text for text in value.computed[0].inputs)


def test_the_share_is_not_computed_from_what_was_not_public_yet():
    assert choose(SPECS["palkkatuki-osuus"], observed(*share_rows()), date(2019, 11, 30)).computed == ()


def test_a_share_of_a_denominator_that_is_at_least_is_at_most():
    rows = [replace(r, bound="at_least") if r.category == "kunta" else r for r in share_rows()]
    assert [s.bound for s in choose(SPECS["palkkatuki-osuus"], observed(*rows), TODAY).computed] == ["at_most"] * 2


def test_bounds_of_a_sum():
    assert combine(["exact", "exact"]) == "exact"
    assert combine(["exact", "at_least"]) == "at_least"
    assert combine(["at_least", "about"]) == "about"
    with pytest.raises(ValueError, match="no bound"):
        combine(["at_least", "at_most"])


def test_a_sentence_has_dates_and_no_value():
    value = choose(SPECS["kuntouttava-tyotoiminta-rooli"], observed(TOTAL), date(2019, 11, 30))
    assert (value.value, value.published_on) == (None, date(2018, 12, 31))
    assert choose(SPECS["kuntouttava-tyotoiminta-rooli"], observed(TOTAL), date(2018, 1, 1)).published_on is None


def test_history_has_a_row_a_change_and_none_for_the_passing_of_time(spec: FigureSpec):
    world = observed(*everywhere("a", "2024-01-02", 90, 20, 3), *everywhere("b", "2025-01-02", 100, 20, 3))
    steps = history(spec, world, "known")
    assert [(day, value.value) for day, value in steps] == [(date(2024, 1, 2), 113), (date(2025, 1, 2), 123)]
