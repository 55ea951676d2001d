"""TEM's register is closed: nobody is asked, nothing is read, and a value after the end is noticed."""

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.http import Http
from pipelines.sources import tem
from pipelines.sources.base import Edition

pytestmark = pytest.mark.unit

TRANSCRIBED = Path(__file__).resolve().parents[2] / "data" / "raw" / "transcribed" / "handbook.csv"


class NoHttp(Http):
    """A client that nobody may use."""

    def __init__(self) -> None:
        super().__init__(None, None)

    def get(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise AssertionError("a closed source was asked")


def observed(*rows: tuple[str, str, str]) -> pl.DataFrame:
    known = [{"series": tem.REGISTER, "as_of": a, "period": p, "edition": e} for a, p, e in rows]
    return pl.DataFrame(known, schema=dict.fromkeys(("series", "as_of", "period", "edition"), pl.String()))


def test_nothing_is_fetched_and_nothing_is_read() -> None:
    assert tem.SOURCE.pages == ()
    assert list(tem.SOURCE.fetch(NoHttp(), None)) == []  # type: ignore[arg-type]
    with pytest.raises(InputError, match="closed source yields nothing"):
        tem.SOURCE.read(Edition("tem", "register", (b"0",), ("https://tem.fi/",)))


def test_the_transcribed_values_are_before_the_end() -> None:
    with TRANSCRIBED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["series"] == tem.REGISTER]
    assert rows
    assert tem.silent(observed(*((row["as_of"], row["period"], "transcribed:handbook") for row in rows))) == []


@pytest.mark.parametrize("reference", ["2023-07-02", "2023-08", "2024", "2026-11-24"])
def test_a_value_after_the_end_is_a_complaint(reference: str) -> None:
    (complaint,) = tem.silent(observed(("2019-10-17", "", "x"), (reference, "", "x")))
    assert reference in complaint
    assert len(tem.silent(observed(("", reference, "x")))) == 1


@pytest.mark.parametrize("reference", ["2019-10-17", "2023", "2023-06-30", "2023-07-01"])
def test_a_value_that_may_lie_before_the_end_is_none(reference: str) -> None:
    assert tem.silent(observed((reference, "", "x"))) == []


def test_any_edition_of_the_source_is_a_complaint() -> None:
    assert tem.silent(observed(("2019-10-17", "", "tem:register:2019-10-17:abcd"))) == [
        "edition tem:register:2019-10-17:abcd came from the closed source tem"
    ]
    with_source = pl.DataFrame({"series": ["muu"], "as_of": ["2019"], "period": [""], "source": ["tem"]})
    assert len(tem.silent(with_source)) == 1


def test_the_reason_is_said_in_three_languages_and_the_law_is_marked_as_unread() -> None:
    assert set(tem.REASON) == {"fi", "sv", "en"}
    assert all("2023" in text for text in tem.REASON.values())
    assert date(2023, 7, 1) == tem.CLOSED_SINCE
    assert not tem.LEGAL_BASIS_VERIFIED
