"""The workbook of STEA: what a reader of the figures would notice if it, or our reading of it, went wrong."""

import csv
import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.observations import DRAFT
from pipelines.sources import stea, xlsx_guard
from pipelines.sources.base import Edition, Reading
from pipelines.sources.stea_workbook import GRANTS
from tests.sources import stea_files
from tests.sources.stea_files import Grant, org_json, workbook, year, years

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT.parent / "shared" / "data" / "samples" / "stea" / "STEA_2026.xlsx"
TRANSCRIBED = ROOT / "data" / "raw" / "transcribed" / "stea.csv"
URL = "https://avustukset.stea.fi/aineisto.xlsx"


def read(body: bytes, page: str = "workbook", published_on: date | None = None) -> Reading:
    return stea.SOURCE.read(Edition("stea", page, (body,), (URL,), published_on))


def refusal(body: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(body)
    assert URL in str(caught.value)
    return str(caught.value)


def values(reading: Reading, series: str) -> dict[str, float]:
    rows = reading.observations.filter(pl.col("series") == series)
    return dict(zip(rows["period"].to_list(), rows["value"].to_list(), strict=True))


# -- the real workbook -------------------------------------------------------------------------------------------

# granted €, targets, recipients: sources/stea.md §1.5, which agrees with the ministry's releases
RELEASES = {
    2017: (322_719_393, 1904, 864),
    2018: (353_273_084, 2166, 993),
    2019: (361_850_000, 2060, 887),
    2020: (385_000_000, 2264, 895),
    2021: (362_440_000, 1888, 823),
    2022: (362_440_000, 1778, 784),
    2023: (373_600_000, 1782, 797),
    2024: (383_588_000, 1797, 789),
    2025: (304_088_000, 1434, 724),
}


@pytest.fixture(scope="module")
def real() -> Reading:
    if not SAMPLE.is_file():
        pytest.skip("the sample workbook ../shared/data/samples/stea/STEA_2026.xlsx is not here")
    return read(SAMPLE.read_bytes(), published_on=date(2025, 12, 19))


def test_the_real_workbook_is_admitted_and_gives_the_ministrys_totals(real: Reading) -> None:
    assert real.problems == ()
    assert (real.rows, real.reference, real.published_on) == (26_487, "2026", date(2025, 12, 19))
    series = ("grants_awarded_total", "grants_awarded_count", "recipients_awarded")
    by_series = [values(real, name) for name in series]
    assert {int(y): tuple(found[y] for found in by_series) for y in by_series[0]} == RELEASES
    closed = dict(real.panels["stea-totals"].iter_rows())
    assert {key: closed[key] for key in closed if key.endswith("granted")} == {
        f"{y}|granted": granted for y, (granted, _, _) in RELEASES.items()
    }


def test_the_real_workbook_coincides_with_the_transcribed_rows_cell_by_cell(real: Reading) -> None:
    cells = ("series", "geo", "dimension", "category", "coverage", "period", "as_of", "unit", "bound", "status")
    with TRANSCRIBED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["series"] in stea.SERIES]
    transcribed = {(*(row[c] for c in cells), float(row["value"])) for row in rows}
    assert len(transcribed) == 69
    assert {(*(row[c] for c in cells), row["value"]) for row in real.observations.iter_rows(named=True)} == transcribed


def test_the_real_workbook_keeps_wrong_business_ids_and_names_them(real: Reading) -> None:
    told = "4149 of 26487 rows have a business id, 784 of 2374 organisations"
    assert any(text.startswith(told) for text in real.remarks)
    remark = next(text for text in real.remarks if "Y-tunnus" in text)
    assert remark.count("-") == 4  # three numbers and Y-tunnus
    for name in ("ROCK CAMP RY 3072556-6", "Puhevammaisten Vertaistukiyhdistys ry 3164288-1", "Tunne ry 2919356-7"):
        assert name in remark
    grants = real.tables["grants"]
    assert grants.filter(pl.col("business_id").is_not_null()).height == 4149
    assert "2919356-7" in grants["business_id"]


def test_the_kinds_of_series_are_those_of_the_transcribed_ones() -> None:
    with (ROOT / "data" / "raw" / "transcribed" / "series.csv").open(encoding="utf-8", newline="") as file:
        known = {row["series"]: (row["kind"], row["unit"]) for row in csv.DictReader(file)}
    assert {name: (s.kind, s.unit) for name, s in stea.SERIES.items()} == {name: known[name] for name in stea.SERIES}


# -- a good workbook ---------------------------------------------------------------------------------------------


def test_a_plausible_workbook_has_no_problems() -> None:
    reading = read(workbook(years(2023, 2025)))
    assert reading.problems == ()
    assert dict(reading.observations.schema) == dict(DRAFT)
    assert dict(reading.tables["grants"].schema) == dict(GRANTS)
    assert values(reading, "grants_awarded_total") == {"2023": 540 * 2023, "2024": 540 * 2024}
    assert values(reading, "applicants") == {"2023": 300, "2024": 300, "2025": 300}


def test_a_purpose_that_begins_like_a_formula_stays_the_text_it_is() -> None:
    purposes = ["=1+1", "+358 40", "-", "@nimi"]
    rows = [Grant(kind=f"Ak {n}", purpose=text) for n, text in enumerate(purposes)]
    body = workbook({2025: rows})
    assert stea.SOURCE.imported(body, "x.xlsx") == "workbook"
    assert read(body).tables["grants"]["purpose"].to_list() == purposes


def test_an_empty_cell_is_undecided_and_a_zero_is_refused() -> None:
    rows = [Grant(kind="Ak 1", granted=None), Grant(kind="Ak 2", granted=0), Grant(kind="Ak 3", granted=7)]
    grants = read(workbook({2025: rows})).tables["grants"]
    assert grants["decision_state"].to_list() == ["undecided", "refused", "granted"]
    assert grants["granted_eur"].to_list() == [None, 0, 7]
    assert grants["sheet_row"].to_list() == [2, 3, 4]


def test_a_year_without_decisions_gives_proposals_and_never_a_granted_sum() -> None:
    reading = read(workbook(years(2024, 2025)))
    newest = reading.observations.filter(pl.col("period") == "2025")
    proposed = newest.filter(pl.col("status") == "proposed")
    assert set(proposed["series"]) == {"grants_proposed_total", "grants_proposed_count", "recipients_proposed"}
    assert not [name for name in newest["series"] if "awarded" in name]
    decided = reading.observations.filter(pl.col("period") == "2024")
    assert set(decided["status"]) == {"derived"}
    assert "grants_proposed_count" not in decided["series"]


def test_a_year_that_is_decided_in_part_is_at_least_what_was_granted() -> None:
    rows = year(600, decided=True)
    sheets = {2025: [replace(rows[0], granted=None), *rows[1:]], 2024: year()}
    reading = read(workbook(sheets))
    bounds = dict(
        reading.observations.filter(pl.col("period") == "2025").select("series", "bound").iter_rows()  # R4
    )
    assert bounds["grants_awarded_total"] == bounds["recipients_awarded"] == "at_least"
    assert bounds["grants_applied_total"] == bounds["grants_proposed_total"] == "exact"
    assert "year 2025 has decisions, but 1 rows are still undecided" in reading.remarks


def test_a_year_at_the_stage_of_applications_proposes_nothing() -> None:
    rows = [replace(row, proposed=None, granted=None) for row in year()]
    reading = read(workbook({2026: rows, 2025: year()}))
    found = reading.observations.filter(pl.col("period") == "2026")["series"].to_list()
    assert sorted(found) == ["applicants", "applications", "grants_applied_total"]


def test_only_closed_years_are_frozen() -> None:
    """An extra round within the newest year (2017, 2018, 2020, 2021) must not put the edition in quarantine."""
    reading = read(workbook(years(2023, 2025, newest_decided=True)))
    frozen = reading.panels["stea-totals"]
    assert sorted(frozen["key"]) == ["2023|applied", "2023|granted", "2024|applied", "2024|granted"]
    assert reading.tolerance == 0.0
    assert dict(frozen.iter_rows())["2023|granted"] == 540 * 2023


def test_the_same_rows_are_the_same_edition_whatever_their_order_and_packing() -> None:
    sheets = years(2024, 2025)
    shuffled = {y: random.Random(1).sample(rows, len(rows)) for y, rows in reversed(sheets.items())}
    reordered = workbook(shuffled, order=stea_files.HEADINGS[::-1], row_titles=False)
    one, other = read(workbook(sheets)), read(reordered)
    assert one.content == other.content
    assert one.observations.equals(other.observations)
    assert any("another order" in remark for remark in other.remarks)
    sheets[2025][5] = replace(sheets[2025][5], purpose="Jotain muuta")
    assert read(workbook(sheets)).content != one.content


def test_white_space_macros_and_blank_rows_do_not_change_what_is_read() -> None:
    padded = Grant(" Yhdistys ry ", "Ak7", " 1000 ", "900", "", purpose=" Kahdelle\nriville & <muuta> \n")
    grants = read(workbook({2025: [Grant("Toinen ry"), padded]}, blank_rows=2, macros=True)).tables["grants"]
    row = grants.row(1, named=True)
    assert (row["organisation"], row["grant_type"], row["grant_number"]) == ("Yhdistys ry", "Ak", 7)
    assert (row["applied_eur"], row["granted_eur"], row["sheet_row"]) == (1000, None, 5)
    assert row["purpose"] == "Kahdelle\nriville & <muuta>"


@pytest.mark.parametrize(
    ("number", "right"),
    [
        *(("0116589-4", True), ("0116589-5", False), ("2919356-7", False)),
        *(("1234567-1", True), ("0000006-0", False)),  # remainder 1: no check digit is right
        *(("0116589", False), ("0116589-x", False)),
    ],
)
def test_the_check_digit_of_a_business_id_is_checked_and_the_number_kept(number: str, right: bool) -> None:
    reading = read(workbook({2025: [Grant(business_id=number)]}))
    assert reading.tables["grants"]["business_id"].to_list() == [number]
    assert any(number in remark for remark in reading.remarks) is not right


# -- wrong workbooks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["1 000", "1\u00a0000", "1000,50", "1.000", "tuhat", "-5", "1e3", "１２", "9" * 13])
@pytest.mark.parametrize("column", ["applied", "granted"])
def test_an_amount_that_is_no_whole_number_is_named_with_its_place(amount: str, column: str) -> None:
    rows = [Grant(kind="Ak 1"), replace(Grant(kind="Ak 2"), **{column: amount})]
    message = refusal(workbook({2024: year(3), 2025: rows}))
    heading = {"applied": "Haettu", "granted": "Myönnetty"}[column]
    assert f"sheet 2025, row 3, column {heading}" in message
    assert " ".join(repr(amount).split()) in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drop": {"Y-tunnus"}}, ["'Y-tunnus' is missing"]),
        ({"rename": {"Haettu": "Haettu eur"}}, ["'Haettu eur'", "nearest known: 'Haettu'", "'Haettu' is missing"]),
        ({"extra": {"Kohderyhmä": "nuoret"}}, ["unknown column 'Kohderyhmä'"]),
        ({"rename": {"Ehdotettu": "Haettu"}}, ["'Haettu' stands twice", "'Ehdotettu' is missing"]),
        ({"extra": {"": "jotain"}}, ["row 2", "right of the headings"]),
    ],
)
def test_other_headings_are_refused_by_name(options: dict[str, Any], said: list[str]) -> None:
    message = refusal(workbook({2025: [Grant()]}, **options))
    assert "sheet 2025" in message
    assert [text for text in said if text not in message] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (workbook({2025: [Grant(), Grant(kind="B 2", year=2024)]}), ["sheet 2025, row 3, column Vuosi", "'2024'"]),
        (workbook({"Ohje": [Grant(year=2025)]}), ["'Ohje'", "not a year"]),
        (workbook({2025: [Grant(kind="D 3")]}), ["sheet 2025, row 2, column Avustuslaji", "'D 3'"]),
        (workbook({2025: [Grant(organisation="  ")]}), ["sheet 2025, row 2, column Järjestö"]),
        (workbook({2025: [Grant("A"), Grant("B"), Grant("A ")]}), ["sheet 2025, rows 2 and 4", "'A'", "'Ak 1' twice"]),
        (workbook({2025: [Grant(kind="Ak7"), Grant(kind="Ak 7")]}), ["rows 2 and 3"]),
    ],
)
def test_a_row_that_contradicts_the_contract_is_named(body: bytes, said: list[str]) -> None:
    message = refusal(body)
    assert [text for text in said if text not in message] == []


def test_a_file_that_is_no_whole_workbook_is_refused() -> None:
    whole = workbook({2025: year(50)})
    assert "cut or damaged" in refusal(whole[: len(whole) // 2])
    assert "web page" in refusal(stea_files.html())
    assert "empty" in refusal(b"")
    assert "password" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64))


def test_bombs_are_refused_before_anything_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "zip bomb" in refusal(stea_files.bomb())
    assert "zip bomb" in refusal(stea_files.lying(workbook({2025: year(50)}), 2**31))
    assert "has 1000 sheets" in refusal(stea_files.many_sheets(1000))
    monkeypatch.setattr(xlsx_guard, "MAX_UNPACKED", 10_000)
    assert "zip bomb" in refusal(workbook({2025: year(50)}))


def test_an_implausible_workbook_is_read_and_its_problems_are_named() -> None:
    sheets = years(2024, 2025)
    sheets[2024][3] = replace(sheets[2024][3], applied=10, granted=11)
    reading = read(workbook(sheets))
    assert reading.problems == ("Myönnetty exceeds Haettu in 1 rows: sheet 2024 row 5",)
    assert reading.rows == 1200


def test_lost_rows_are_a_problem() -> None:
    assert read(workbook(years(2024, 2025), lost_rows=1)).problems == (
        "sheet 2024 has 599 rows, but the workbook's row title names 600",
        "sheet 2025 has 599 rows, but the workbook's row title names 600",
    )
    assert read(workbook({2025: year(450), 2024: [], 2023: year(600)})).problems == (
        "sheet 2024 has 0 rows, fewer than 500",
        "sheet 2025 has 450 rows, fewer than 500",
    )
    assert read(workbook({2025: year(600)})).problems == ("the workbook has 600 rows, fewer than 1000",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (stea_files.damaged(workbook({2025: [Grant(granted=777)]}), b"777", b"778"), "sheet1.xml: is damaged"),
        (stea_files.lying(stea_files.bomb(), 100_000), "sheet1.xml: is damaged"),
        (stea_files.formula(), "sheet1.xml: has a formula"),
        (stea_files.lying(workbook({2025: [Grant()]}), 2**32 - 1), "zip bomb"),
        (stea_files.stray_cell(row=2), "beyond column Z"),
        (stea_files.stray_cell("A"), "beyond column Z or row 200000"),
    ],
)
def test_a_workbook_that_is_damaged_inside_does_not_enter(body: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        stea.SOURCE.imported(body, "STEA_2026.xlsx")


# -- files from a person ----------------------------------------------------------------------------------------


def test_a_hand_saved_file_finds_its_page() -> None:
    assert stea.SOURCE.imported(workbook({2025: [Grant()]}), "STEA_2026.xlsx") == "workbook"
    crawl = json.dumps({"id": 3, "body": json.dumps(org_json(3))}).encode()
    assert stea.SOURCE.imported(crawl, "crawl.jsonl") == "organisations"
    with pytest.raises(InputError, match=r"raha\.html.*web page"):
        stea.SOURCE.imported(stea_files.html(), "raha.html")
    with pytest.raises(InputError, match="no such page"):
        read(b"", "jotain")
