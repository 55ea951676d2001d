"""The hand-kept CSVs: checked row by row, and remembered when people edit them (R3)."""

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import settings, take_in
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.verify import problems

HEADER = (
    "series,geo,dimension,category,coverage,period,as_of,published_on,value,unit,bound,status,publisher,citation,"
    "source_url,note\n"
)
SERIES = (
    "series,file,kind,unit,dimensions,coverages,publishers,rows,first_reference,last_reference,example_note\n"
    "members,x,stock,count,,as_defined,PRH,1,,,\n"
)
GOOD = "members,FI,,,as_defined,,2024-01-02,2024-01-02,100,count,exact,ok,PRH,,https://prh.fi/x,\n"


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    folder = tmp_path / "raw" / "transcribed"
    folder.mkdir(parents=True)
    (folder / "series.csv").write_text(SERIES, encoding="utf-8")
    (folder / "x.csv").write_text(HEADER + GOOD, encoding="utf-8")
    return RawStore(tmp_path / "raw")


def edit(store: RawStore, body: str) -> None:
    (store.root / "transcribed" / "x.csv").write_text(HEADER + body, encoding="utf-8")


def at(day: int) -> datetime:
    return datetime(2026, 1, day, 12, tzinfo=UTC)


def test_an_edited_value_is_two_rows_with_their_days(store: RawStore):
    take_in.take_in(store, at(1))
    edit(store, GOOD.replace(",100,", ",101,"))
    assert [visit.page for visit in take_in.take_in(store, at(5))] == ["x"]
    rows, _ = take_in.history(store)
    assert rows.sort("value").select("value", "recorded_from", "withdrawn_on").rows() == [
        (100.0, date(2026, 1, 1), date(2026, 1, 5)),
        (101.0, date(2026, 1, 5), None),
    ]
    assert list(problems(store)) == []


def test_an_added_row_leaves_the_others_days_alone(store: RawStore):
    take_in.take_in(store, at(1))
    edit(store, GOOD + GOOD.replace("2024-01-02", "2025-01-02"))
    take_in.take_in(store, at(9))
    rows, _ = take_in.history(store)
    assert rows.sort("recorded_from")["recorded_from"].to_list() == [date(2026, 1, 1), date(2026, 1, 9)]


def test_bundled_content_that_comes_back_is_recorded_on_the_day_it_came_back(store: RawStore):
    folder = store.root / "transcribed"
    sha = hashlib.sha256((folder / "x.csv").read_bytes()).hexdigest()
    record = {"file": "x.csv", "sha256": sha, "recorded_on": "2025-12-24"}
    (folder / "bundled.jsonl").write_text(json.dumps(record) + "\n")
    take_in.take_in(store, at(1))
    edit(store, GOOD.replace(",100,", ",101,"))
    take_in.take_in(store, at(3))
    edit(store, GOOD)
    take_in.take_in(store, at(5))
    rows, _ = take_in.history(store)
    assert sorted(rows.select("value", "recorded_from", "withdrawn_on").rows(), key=str) == [
        (100.0, date(2025, 12, 24), date(2026, 1, 3)),
        (100.0, date(2026, 1, 5), None),
        (101.0, date(2026, 1, 3), date(2026, 1, 5)),
    ]


def test_nothing_new_adds_nothing(store: RawStore):
    take_in.take_in(store, at(1))
    before = sorted(p.name for p in store.root.rglob("*"))
    assert take_in.take_in(store, at(2)) == []
    assert sorted(p.name for p in store.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            GOOD.replace("members", "membres", 1),
            "x.csv:2: series: unknown series 'membres'; expected perhaps 'members'",
        ),
        (GOOD.replace(",count,", ",eur,"), "x.csv:2: unit: 'eur'"),
        (GOOD.replace(",100,", ",1OO,"), "x.csv:2: value: '1OO' is not a number"),
        (GOOD.replace(",100,", ",1 000,"), "x.csv:2: value: '1 000' is not a number"),
        (GOOD.replace(",exact,", ",over,"), "x.csv:2: bound: 'over'"),
        (GOOD.replace(",ok,", ",good,"), "x.csv:2: status: 'good'"),
        (GOOD.replace(",,2024-01-02,", ",,2.1.2024,"), "x.csv:2: as_of: '2.1.2024' is not a reference"),
        (GOOD.replace("2024-01-02,100", "2024-13-02,100"), "x.csv:2: published_on: '2024-13-02' is not a date"),
        (GOOD.replace("as_defined,,", "as_defined,2024,"), "x.csv:2: period: both period and as_of"),
        (GOOD.replace("https://prh.fi/x", ""), "x.csv:2: citation: neither citation nor source_url"),
        (GOOD + GOOD, "x.csv:3: same key as line 2"),
        (GOOD.replace(",PRH,", ",PRH,,"), "x.csv:2: 17 cells; expected 16"),
        (GOOD.replace(",PRH,", ',"PRH,'), "x.csv:2: not valid CSV"),
        (GOOD.replace(",PRH,", ",,"), "x.csv:2: publisher: empty"),
    ],
)
def test_a_wrong_row_is_named_by_file_line_and_column_and_nothing_is_taken_in(store: RawStore, row: str, said: str):
    take_in.take_in(store, at(1))
    before = (store.root / "transcribed" / "seen.jsonl").read_bytes()
    edit(store, row)
    with pytest.raises(InputError) as caught:
        take_in.take_in(store, at(2))
    assert said in str(caught.value)
    assert (store.root / "transcribed" / "seen.jsonl").read_bytes() == before


def test_a_file_that_is_not_utf8_or_has_another_header_is_refused(store: RawStore):
    (store.root / "transcribed" / "x.csv").write_bytes((HEADER + GOOD).encode() + "Ähtäri".encode("latin-1"))
    with pytest.raises(InputError, match=r"x\.csv:3: not UTF-8"):
        take_in.take_in(store, at(1))
    (store.root / "transcribed" / "x.csv").write_text(HEADER.replace("value", "arvo") + GOOD, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv:1: header: unknown column 'arvo'"):
        take_in.take_in(store, at(1))


def test_the_bundled_figures_are_recorded_on_the_day_the_project_recorded_them(world: settings.Settings):
    folder = world.raw / "transcribed"
    recorded = [json.loads(line) for line in (folder / "bundled.jsonl").read_text().splitlines()]
    assert {record["file"] for record in recorded} >= {path.name for path in folder.glob("*.csv")}
    take_in.take_in(RawStore(world.raw), datetime(2031, 1, 1, tzinfo=UTC))
    rows, series = take_in.history(RawStore(world.raw))
    assert rows["recorded_from"].unique().to_list() == [date(2026, 11, 24)]
    assert rows.height == sum(len(p.read_text().splitlines()) - 1 for p in folder.glob("*.csv")) - len(series)
    assert rows.filter(pl.col("basis") == "quoted").height > 50


def test_a_disk_that_fills_while_the_bundled_files_are_copied_leaves_no_half_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    raw = tmp_path / "raw"
    take_in.seed(raw)
    lost = raw / "reference" / "publishers.csv"
    whole = lost.read_bytes()
    lost.unlink()  # as an earlier version had none

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(OSError, match=r"No space left on device: '.*/publishers\.csv'"):
            take_in.seed(raw)
    assert not lost.exists()
    assert take_in.seed(raw)
    assert lost.read_bytes() == whole
