"""Judging editions by their neighbours (R8)."""

import random
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest

from pipelines import judge as judging
from pipelines.judge import Candidate, contradiction, judge, timeline

pytestmark = pytest.mark.unit

DAY = date(2026, 11, 24)


def edition(reference: str, *values: float, on: date = DAY, tolerance: float = 0.25, problems: tuple[str, ...] = ()):
    panel = {f"region {n}": value for n, value in enumerate(values)}
    return Candidate(reference, "prh", "regions", reference, on, {"regions": panel}, tolerance, problems)


def states(*candidates: Candidate) -> dict[str, str]:
    return {edition_id: judgement.state for edition_id, judgement in judge(candidates).items()}


def test_a_first_edition_is_unconfirmed():
    assert states(edition("2020", 100, 50)) == {"2020": "unconfirmed"}


def test_a_wrong_early_edition_does_not_condemn_the_good_ones_after_it():
    found = states(edition("2019", 100, 999), edition("2020", 101, 50), edition("2021", 102, 51))
    assert found == {"2019": "quarantined", "2020": "admitted", "2021": "admitted"}


def test_a_mispaired_edition_between_two_good_ones_is_quarantined():
    found = judge([edition("2020", 100, 50), edition("2021", 50, 100), edition("2022", 102, 51)])
    assert not found["2021"].admitted
    assert "region 1: 50 → 100 (+100 %)" in found["2021"].reason
    assert found["2020"].state == found["2022"].state == "admitted"


def test_of_two_that_contradict_each_other_the_first_recorded_stays():
    old, new = edition("2020", 100, on=date(2025, 1, 1)), edition("2021", 10, on=date(2026, 1, 1))
    assert states(new, old) == {"2020": "unconfirmed", "2021": "quarantined"}


def test_what_a_person_keyed_stays_against_a_file_of_the_same_day():
    keyed = Candidate("transcribed:x", "transcribed", "", "2025", DAY, {"regions": {"a": 100}}, 0.0)
    brought = Candidate("stea:workbook:x", "stea", "workbook", "2025", DAY, {"regions": {"a": 7}}, 0.0, sequence=1)
    assert states(brought, keyed) == {"transcribed:x": "unconfirmed", "stea:workbook:x": "quarantined"}


def test_a_real_change_is_admitted_once_a_third_edition_confirms_it():
    found = states(edition("2020", 100), edition("2021", 200), edition("2022", 201))
    assert found["2022"] == found["2021"] == "admitted"


def test_exactly_a_quarter_is_plausible_and_more_is_not():
    assert contradiction({"a": 100}, {"a": 125}, 0.25) == ""
    assert contradiction({"a": 100}, {"a": 126}, 0.25) == "a: 100 → 126 (+26 %)"
    euros = contradiction({"2024": 383_588_123.0}, {"2024": 383_588_124.5}, 0)
    assert euros == "2024: 383588123 → 383588124.5 (+0 %)", "all digits: they were 3.83588e+08 both"
    assert contradiction({"a": 100}, {"b": 900}, 0.25) == ""


def test_frozen_totals_must_be_equal():
    found = judge([edition("2025", 304_088_000, tolerance=0), edition("2026", 304_088_001, tolerance=0)])
    assert not found["2026"].admitted
    assert "must be equal" in found["2026"].reason


def test_an_edition_with_problems_of_its_own_is_quarantined_and_compared_with_nobody():
    found = judge([edition("2020", 100), edition("2021", 9, problems=("Uusimaa: 9 <> 10",)), edition("2022", 101)])
    assert found["2021"].reason == "Uusimaa: 9 <> 10"
    assert found["2020"].state == "admitted"


def test_quarantined_in_one_family_is_quarantined():
    both = Candidate("x", "prh", "p", "2021", DAY, {"regions": {"region 0": 900}, "zzz": {"a": 1}}, sequence=1)
    mate = Candidate("y", "prh", "p", "2022", DAY, {"zzz": {"a": 1}}, sequence=2)
    found = judge([edition("2020", 100), both, mate])
    assert not found["x"].admitted, "plausible in the second family, implausible in the first"
    assert found["2020"].admitted


def test_the_timeline_judges_each_day_with_what_was_recorded_by_then():
    wrong = edition("2019", 999, on=date(2026, 1, 1))
    good = edition("2020", 100, on=date(2026, 2, 1))
    better = edition("2021", 101, on=date(2026, 3, 1))
    steps = timeline([better, wrong, good])
    assert [(day.month, j.state) for day, j in steps["2019"]] == [(1, "unconfirmed"), (3, "quarantined")]
    assert [(day.month, j.state) for day, j in steps["2020"]] == [(2, "quarantined"), (3, "admitted")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_in_which_editions_are_given_does_not_matter(order: tuple[int, ...]):
    all_three = [edition("2019", 999), edition("2020", 100), edition("2021", 101)]
    assert states(*(all_three[i] for i in order)) == states(*all_three)


def test_the_timeline_says_of_every_day_what_judging_that_day_alone_says():
    chance = random.Random(8)
    for _ in range(40):
        days = [DAY + timedelta(days=chance.randint(0, 5)) for _ in range(7)]
        given = [edition(f"20{n}", chance.choice((100, 120, 160, 400)), on=day) for n, day in enumerate(days, 10)]
        steps = timeline(given)
        for day in sorted(set(days)):
            alone = judge(c for c in given if c.recorded_on <= day)
            assert {e: [j for since, j in own if since <= day][-1] for e, own in steps.items() if e in alone} == alone


def test_no_longer_chain_exists():
    chance = random.Random(9)
    for _ in range(40):
        values = [chance.choice((100, 120, 160, 400)) for _ in range(7)]
        found = states(*(edition(f"20{n}", value) for n, value in enumerate(values, 10)))
        fits = [
            len(chosen)
            for size in range(1, 8)
            for chosen in combinations(values, size)
            if not any(contradiction({"": a}, {"": b}, 0.25) for a, b in pairwise(chosen))
        ]
        assert sum(state != "quarantined" for state in found.values()) == max(fits)


def test_ten_years_of_editions_are_not_compared_anew_for_every_day(monkeypatch: pytest.MonkeyPatch):
    days = [DAY + timedelta(days=20 * n) for n in range(180)]
    given = [edition(day.isoformat(), 100 + n % 3, on=day) for n, day in enumerate(days)]
    compared: list[str] = []

    def counted(a: dict[str, float], b: dict[str, float], tolerance: float) -> str:
        compared.append("")
        return contradiction(a, b, tolerance)

    monkeypatch.setattr(judging, "contradiction", counted)
    assert all(steps[-1][1].admitted for steps in timeline(given).values())
    assert len(compared) < 2 * len(given)
