"""The log of visits and its gist: the gist says what the whole log says, and a night reads little more than it.

What belongs here: seen.jsonl and seen.gist.json. What does not: snapshots and their bytes (test_raw.py).
"""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import backup, visits
from pipelines.raw import Answer, RawStore
from pipelines.verify import problems, sweep

DAY = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
PAGES = ("a", "b", "c")


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    visits.forget()
    return RawStore(tmp_path / "data" / "raw")


def live(store: RawStore, nights: int, seed: int = 7) -> None:
    """Nights of three pages that change, fail, come back, and change their shape."""
    chance = random.Random(seed)
    said = dict.fromkeys(PAGES, "0")
    for night in range(nights):
        at = DAY + timedelta(days=night)
        for page in PAGES:
            what = chance.random()
            if what < 0.1:
                store.record_failure("prh", page, "answered 503", at)
                continue
            if what < 0.2:
                said[page] = str(chance.randint(0, 5))
            shape = "{}" if what < 0.6 else '{"columns": ["x"]}'
            answers = [Answer(said[page].encode(), "https://a.test/", "https://a.test/")]
            store.record("prh", page, answers, said[page], at, "none", shape)


def gist_of(store: RawStore) -> Path:
    return store.root / "prh" / visits.GIST


def told(store: RawStore) -> list[Any]:
    asked = (store.spells, store.changes, store.firsts, store.lasts, store.lasts_good)
    return [*(ask("prh") for ask in asked), store.newest()]


def test_the_gist_says_what_the_whole_log_says(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "SAVED_EVERY", 2000)
    live(store, 100)
    known = told(store)
    every = store.visits("prh")
    good = [v for v in every if v.outcome != "failed"]
    assert store.lasts("prh") == {v.page: v for v in every}
    assert store.lasts_good("prh") == {v.page: v for v in good}
    assert store.firsts("prh") == {v.page: v for v in reversed(every)}
    assert store.changes("prh") == [v for v in every if v.outcome == "new"]
    assert store.newest() == every[-1].at
    assert [s.began.visit for s in store.spells("prh")] == [every[s.began.number - 1] for s in store.spells("prh")]
    assert {v.schema for v in every if v.schema} == {"{}", '{"columns": ["x"]}'}
    assert [s.began.visit for s in store.spells("prh") if s.began.visit.schema] == [v for v in every if v.schema]
    assert gist_of(store).is_file()
    visits.forget()
    assert told(store) == known, "another process, with the gist"
    gist_of(store).unlink()
    visits.forget()
    assert told(store) == known, "and without it"


def test_a_night_reads_a_bounded_part_of_a_long_log(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    live(store, 3)
    log = store.log("prh")
    last = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()][-3:]
    rest = [{**row, "outcome": "unchanged", "schema": ""} for row in last if row["outcome"] != "failed"]
    with log.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for _ in range(10_000) for row in rest)
    store.record_unchanged("prh", "a", DAY + timedelta(days=9))  # the first night reads the whole, and keeps the gist
    read = {"lines": 0, "bytes": 0}
    _count(monkeypatch, log, read)
    for night in range(10, 13):  # each a process of its own
        visits.forget()
        at = store.not_before(DAY + timedelta(days=night))
        sweep(store)
        told(store)
        for page in PAGES:
            store.record_unchanged("prh", page, at)
    assert log.stat().st_size > 4_000_000
    assert 0 < read["lines"] < 150
    assert 0 < read["bytes"] < 3 * (visits.SAVED_EVERY + 10_000)


def _count(patch: pytest.MonkeyPatch, log: Path, read: dict[str, int]) -> None:
    """Count the lines that are parsed, and the bytes that are read of the log."""
    opened, parsed = Path.open, visits._of  # pyright: ignore[reportPrivateUsage]

    def opening(path: Path, *args: Any, **named: Any) -> Any:
        file = opened(path, *args, **named)
        return _Counting(file, read) if path == log and args[:1] == ("rb",) else file

    def parsing(record: dict[str, Any]) -> visits.Visit:
        read["lines"] += 1
        return parsed(record)

    patch.setattr(Path, "open", opening)
    patch.setattr(visits, "_of", parsing)


class _Counting:
    """A file that counts what is read of it."""

    def __init__(self, file: Any, read: dict[str, int]) -> None:
        self.file, self.counted, self.seek = file, read, file.seek

    def __enter__(self) -> "_Counting":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def read(self, *size: int) -> bytes:
        body = self.file.read(*size)
        self.counted["bytes"] += len(body)
        return body


def test_a_gist_that_is_not_of_this_log_is_not_used(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "SAVED_EVERY", 1)
    live(store, 5)
    foreign = gist_of(store).read_bytes()
    other = RawStore(store.root.with_name("other"))
    live(other, 8, seed=8)
    known = told(other)
    for damaged in (foreign, foreign[:100], b"[]", b'{"version": 0}', b"\xff"):
        gist_of(other).write_bytes(damaged)
        visits.forget()
        assert told(other) == known
        assert list(problems(other)) == []


def test_verify_names_a_gist_that_is_wrong_and_no_named_bytes_are_put_aside_for_it(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "SAVED_EVERY", 1)
    live(store, 20)
    record = json.loads(gist_of(store).read_text(encoding="utf-8"))
    record["visits"] = record["visits"][-1:]
    gist_of(store).write_text(json.dumps(record), encoding="utf-8")
    visits.forget()
    found = list(problems(store))
    assert [(one.kind, one.path) for one in found] == [("altered", "prh/seen.gist.json")]
    assert found[0].detail == "does not say what the log says; delete it, it is made again"
    assert sweep(store) == []
    gist_of(store).unlink()
    visits.forget()
    assert list(problems(store)) == []


def test_a_log_that_another_process_wrote_to_is_read_on(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "SAVED_EVERY", 1)
    live(store, 3)
    known = store.spells("prh")
    line = store.log("prh").read_bytes().splitlines(keepends=True)[0]
    with store.log("prh").open("ab") as log:
        log.write(line)
    assert [one.began.number for one in store.spells("prh")] == [*(one.began.number for one in known), 10]
    assert list(problems(store)) == []


def test_a_disk_too_full_for_the_gist_costs_no_visit(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    live(store, 2)
    monkeypatch.setattr(visits, "SAVED_EVERY", 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(visits, "write_atomic", full)
    store.record_failure("prh", "a", "answered 503", DAY + timedelta(days=2))
    assert len(store.visits("prh")) == 7
    assert not gist_of(store).exists()


def test_the_gist_is_in_no_backup(store: RawStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(visits, "SAVED_EVERY", 1)
    live(store, 3)
    backup.backup(store.root, tmp_path / "backup")
    assert not list((tmp_path / "backup").rglob(visits.GIST))
    back = RawStore(tmp_path / "new" / "raw")
    backup.restore(tmp_path / "backup", back.root)
    assert told(back) == told(store)
