"""Clocks: nights when they change, another time zone of the machine, a clock that goes back.

What belongs here: what the day of a record is. What does not: when a night starts (test_crash.py has the schedule).
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines import clock, run, take_in
from pipelines.raw import Answer, RawStore
from pipelines.settings import Settings
from pipelines.verify import problems

DAY = "2026-11-24T02:30:00+02:00"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let a test set TZ; the process's zone is put back."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("name", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Europe/Helsinki"])
@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-29T00:30:00+00:00", date(2026, 3, 29)),  # half an hour before the hour that is not
        ("2026-03-29T01:30:00+00:00", date(2026, 3, 29)),
        ("2026-10-24T23:30:00+00:00", date(2026, 10, 25)),  # 02.30 in summer time
        ("2026-10-25T00:30:00+00:00", date(2026, 10, 25)),  # 03.30 for the first time
        ("2026-10-25T01:30:00+00:00", date(2026, 10, 25)),  # and for the second
        ("2026-12-31T22:30:00+00:00", date(2027, 1, 1)),
    ],
)
def test_the_day_is_helsinkis_whatever_the_zone_of_the_machine(
    zone: pytest.MonkeyPatch, name: str, now: str, day: date
):
    zone.setenv("TZ", name)
    time.tzset()
    zone.setenv("LUKUINA_NOW", now)
    assert clock.today() == day
    assert clock.now() == at(now)


def test_the_two_half_past_threes_of_october_stay_in_order(tmp_path: Path):
    store = RawStore(tmp_path)
    for hour, body in enumerate((b"one", b"two")):
        moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        store.record("prh", "a", [Answer(body, "u", "u")], body.hex(), store.not_before(moment), "none")
    first, second = store.visits("prh")
    assert (second.at - first.at).total_seconds() == 3600
    assert first.at.astimezone(clock.HELSINKI).hour == second.at.astimezone(clock.HELSINKI).hour == 3
    assert list(problems(RawStore(tmp_path))) == []


def test_a_clock_that_went_back_is_said_and_changes_no_day_that_has_passed(
    world: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LUKUINA_NOW", DAY)
    run.prepare(world, lambda _: None)
    path = world.raw / "transcribed" / "prh.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",107851,", ",107852,"), encoding="utf-8")
    run.prepare(world, lambda _: None)
    path.write_text(path.read_text(encoding="utf-8").replace(",107852,", ",107853,"), encoding="utf-8")
    monkeypatch.setenv("LUKUINA_NOW", "2020-01-01T02:30:00+02:00")
    told: list[str] = []
    store = run.prepare(world, told.append)
    assert any("the clock went back: it says 2020-01-01 00:30 UTC, the last visit is of 2026-11-24" in t for t in told)
    rows, _ = take_in.history(store)
    edited = rows.filter(rows["value"].is_in([107851.0, 107852.0, 107853.0]))
    days = {v: (a, b) for v, a, b in edited.select("value", "recorded_from", "withdrawn_on").iter_rows()}
    assert days[107851.0][1] == days[107852.0][0] == date(2026, 11, 24), "not a day of 2020"
    assert days[107853.0] == (date(2026, 11, 24), None)
    told.clear()
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-25T02:30:00+02:00")
    run.prepare(world, told.append)
    assert told == []


def test_the_last_visit_is_found_behind_long_messages_and_torn_lines(tmp_path: Path):
    store = RawStore(tmp_path)
    assert store.newest() is None
    for day in (1, 2):
        store.record_failure("prh", "a", "x" * 20_000, datetime(2026, 11, day, tzinfo=UTC))
    with (tmp_path / "prh" / "seen.jsonl").open("ab") as log:
        log.write(b'{"torn')
    assert store.newest() == datetime(2026, 11, 2, tzinfo=UTC)
    assert store.not_before(datetime(2026, 11, 1, tzinfo=UTC)) == datetime(2026, 11, 2, tzinfo=UTC)
