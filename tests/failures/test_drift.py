"""The shape of a page that changes and is still read: said for a month, once, whether or not the content changed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines import drift
from pipelines.observations import DRAFT
from pipelines.raw import Answer, RawStore
from pipelines.sources import prh, statfin, stea
from pipelines.sources.base import Edition, Reading
from pipelines.verify import problems
from tests.sources import prh_pages, stea_files

AT = datetime(2026, 11, 24, tzinfo=UTC)


def shape(**parts: tuple[str, ...]) -> str:
    return Reading(pl.DataFrame(schema=DRAFT), "x", "", schema=parts).shape


def test_what_changed_is_named():
    assert drift.changes(shape(columns=("a", "b")), shape(columns=("a", "c"))) == "columns: + c, − b"
    assert drift.changes(shape(columns=("a", "b")), shape(columns=("b", "a"))) == "columns: another order"
    assert drift.changes(shape(a=("1",)), shape(b=("2",))) == "a: − 1; b: + 2"
    assert drift.changes(shape(a=("1",)), shape(a=tuple("123456789"))).endswith("+ 7 and 2 more")
    assert drift.changes(shape(a=("1",)), shape(a=("1",))) == ""


def test_a_change_is_logged_once_also_when_the_content_is_the_same_and_said_for_a_month(tmp_path: Path):
    store = RawStore(tmp_path)
    answer = [Answer(b"x", "u", "u")]
    for day, columns in enumerate(("ab", "ab", "ac", "ac")):
        store.record("prh", "p", answer, "same", AT + timedelta(days=day), "none", shape(columns=tuple(columns)))
    visits = store.visits("prh")
    assert [bool(v.schema) for v in visits] == [True, False, True, False]
    assert [v.outcome for v in visits] == ["new", "unchanged", "unchanged", "unchanged"]
    said = ["p: the schema changed on 2026-11-26 (columns: + c, − b), it is read"]
    assert drift.lately(visits, AT + timedelta(days=3)) == said
    assert drift.lately(visits, AT + timedelta(days=40)) == []
    assert drift.lately(visits[:2], AT) == [], "the first shape is no change"
    lines = (tmp_path / "prh" / "seen.jsonl").read_text(encoding="utf-8").splitlines()
    assert ["schema" in json.loads(line) for line in lines] == [True, False, True, False]
    assert list(problems(store)) == []


@pytest.mark.parametrize("lang", ["fi", "sv"])
def test_prh_tells_columns_and_regions_but_no_numbers(lang: str):
    def read(day: str) -> Reading:
        page = prh_pages.render(day, prh_pages.edition(day), lang)
        return prh.SOURCE.read(Edition("prh", "regions-fi", (page.encode(),), ("u",)))

    older, newer = read("2022-08-31").shape, read("2025-01-02").shape
    assert "columns: + unclassified" in drift.changes(older, newer)
    assert "107851" not in newer
    assert read("2025-01-02").shape == newer


def test_stea_tells_code_lists_and_no_names():
    def read(**faults: object) -> Reading:
        body = stea_files.workbook(stea_files.years(2025, 2026), **faults)  # pyright: ignore[reportArgumentType]
        return stea.SOURCE.read(Edition("stea", "workbook", (body,), ("u",)))

    usual, turned = read(), read(order=stea_files.HEADINGS[::-1])
    assert usual.content == turned.content
    assert drift.changes(usual.shape, turned.shape) == "sheets in another order of columns: + 2026, + 2025"
    assert "Yhdistys 0000" not in usual.shape


def test_statfin_tells_variables_and_codes_and_no_periods():
    dimension = {
        "Vuosi": {"category": {"index": {str(year): year - 2006 for year in range(2006, 2022)}}},
        "Laji": {"label": "Laji", "category": {"index": {"SSS": 0, "5T": 1, "6T": 2}}},
        "Tiedot": {"category": {"index": {"SIJOITALKOIVV": 0}, "label": {"SIJOITALKOIVV": "Alkaneet"}}},
    }
    content = {
        "version": "2.0", "class": "dataset", "id": list(dimension), "size": [16, 3, 1], "dimension": dimension,
        "role": {"time": ["Vuosi"], "metric": ["Tiedot"]}, "value": [1] * 48, "updated": "2022-04-17T05:00:00Z",
    }  # fmt: skip
    reading = statfin.SOURCE.read(Edition("statfin", "12va", (json.dumps(content).encode(),), ("u",)))
    assert reading.schema["variable Laji"] == ("SSS", "5T", "6T")
    assert reading.schema["variables"] == ("Vuosi", "Laji", "Tiedot")
    assert "2021" not in reading.shape
