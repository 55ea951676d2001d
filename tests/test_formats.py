"""Numbers, bounds, references and dates in three languages (handbook-figures §5)."""

from datetime import date

import pytest

from pipelines import cldr, formats
from pipelines.errors import InputError
from tools.cldr import tables

pytestmark = pytest.mark.unit

N = "\u00a0"


@pytest.mark.parametrize(
    ("value", "language", "decimals", "min_grouping", "printed"),
    [
        (106617, "fi", 0, 1, f"106{N}617"),
        (106617, "sv", 0, 1, f"106{N}617"),
        (106617, "en", 0, 1, "106,617"),
        (7926, "fi", 0, 1, f"7{N}926"),
        (7926, "fi", 0, 2, "7926"),
        (10000, "fi", 0, 2, f"10{N}000"),
        (999, "fi", 0, 1, "999"),
        (22.45, "fi", 1, 1, "22,5"),
        (22.44, "en", 1, 1, "22.4"),
        (0.5, "fi", 0, 1, "1"),
        (-1234, "fi", 0, 1, f"\u22121{N}234"),
        (-1234, "en", 0, 1, "-1,234"),
        (-0.2, "fi", 0, 1, "0"),
        (304088000, "sv", 0, 1, f"304{N}088{N}000"),
    ],
)
def test_number(value: float, language: str, decimals: int, min_grouping: int, printed: str) -> None:
    assert formats.number(value, language, decimals, min_grouping) == printed


@pytest.mark.parametrize(
    ("bound", "printed_word", "fi", "sv", "en"),
    [
        ("exact", True, f"22{N}%", f"22{N}%", "22%"),
        ("about", True, f"noin 22{N}%", f"cirka 22{N}%", "about 22%"),
        ("about", False, f"noin 22{N}%", f"cirka 22{N}%", "about 22%"),
        ("at_least", True, f"yli 22{N}%", f"över 22{N}%", "over 22%"),
        ("at_least", False, f"vähintään 22{N}%", f"minst 22{N}%", "at least 22%"),
        ("at_most", True, f"enintään 22{N}%", f"högst 22{N}%", "at most 22%"),
        (None, True, f"22{N}%", f"22{N}%", "22%"),
    ],
)
def test_a_bound_keeps_its_word(bound: str | None, printed_word: bool, fi: str, sv: str, en: str) -> None:
    for language, text in (("fi", fi), ("sv", sv), ("en", en)):
        assert formats.with_bound(22, bound, language, "percent", printed_word) == text


@pytest.mark.parametrize(
    ("text", "fi", "sv", "en"),
    [
        ("2018", "2018", "2018", "2018"),
        ("2019-08-31", "31.8.2019", "31.8.2019", "31 August 2019"),
        ("2025-01-02", "2.1.2025", "2.1.2025", "2 January 2025"),
        ("2019-08", "elokuu 2019", "augusti 2019", "August 2019"),
        ("2017/2019", "2017–2019", "2017–2019", "2017–2019"),
        ("2018-11/2019-02", "marraskuu 2018 – helmikuu 2019", "november 2018 – februari 2019", None),
        ("2023-07/..", "heinäkuu 2023 –", "juli 2023 –", "July 2023 –"),
        ("2014/..", "2014–", "2014–", "2014–"),
    ],
)
def test_reference(text: str, fi: str, sv: str, en: str | None) -> None:
    assert formats.reference(text, "fi") == fi
    assert formats.reference(text, "sv") == sv
    if en is not None:
        assert formats.reference(text, "en") == en


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018", date(2018, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2019-08-31", date(2019, 8, 31)),
        ("2017/2019", date(2019, 12, 31)),
        ("2014/..", date(2014, 12, 31)),
    ],
)
def test_reference_last_day(text: str, day: date) -> None:
    assert formats.reference_last_day(text) == day


def test_year() -> None:
    assert formats.year("2019-08-31") == "2019"
    assert formats.year("2017/2019") == "2017–2019"
    assert formats.year("2014/..") == "2014"


def test_dates_are_not_padded() -> None:
    assert formats.short_date(date(2019, 8, 1)) == "1.8.2019"


def test_wrong_input_is_loud() -> None:
    with pytest.raises(InputError, match="last spring"):
        formats.reference("last spring", "fi")
    with pytest.raises(InputError, match="unknown language"):
        formats.number(1, "de")
    with pytest.raises(InputError, match="unknown bound"):
        formats.with_bound(1, "roughly", "fi")


def test_signs_and_months_are_those_of_cldr() -> None:
    """Where Babel knows otherwise by now: ``python -m tools.cldr``, then look at what changes on the pages."""
    assert {name: getattr(cldr, name) for name in tables()} == tables()
