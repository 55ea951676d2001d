"""Stored bytes that changed are noticed by a night that does not open them."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import integrity, verify
from pipelines.raw import Answer, RawStore

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 24)


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    made = RawStore(tmp_path / "raw")
    for number in range(20):
        body = Answer(f"<p>{number}</p>".encode(), "https://a.test/p", "https://a.test/p")
        made.record("prh", f"page-{number}", [body], str(number), datetime(2026, 11, 1, tzinfo=UTC), "not stated")
    return made


def test_damage_is_new_once_and_over_when_the_file_is_restored(store: RawStore, tmp_path: Path) -> None:
    first, second = (integrity.look(store, tmp_path, TODAY) for _ in range(2))
    assert (first.damaged, first.hashed) == ({}, 20)
    assert second.hashed < 5, "what held and was not touched is not hashed again, a share in turn apart"
    paths = sorted(snapshot.path for snapshot in store.snapshots("prh").values())
    whole = (store.root / paths[0]).read_bytes()
    (store.root / paths[0]).write_bytes(whole[:-1])
    (store.root / paths[1]).unlink()
    found = integrity.look(store, tmp_path, TODAY)
    assert found.newly == tuple(found.damaged) == (paths[0], paths[1])
    assert "differ from the recorded sha256" in found.damaged[paths[0]]
    assert "No such file" in found.damaged[paths[1]]
    again = integrity.look(store, tmp_path, TODAY + timedelta(days=1))
    assert (set(again.damaged), again.newly) == ({*paths[:2]}, ())
    (store.root / paths[0]).write_bytes(whole)
    assert set(integrity.look(store, tmp_path, TODAY).damaged) == {paths[1]}
    (tmp_path / integrity.NAME).write_bytes(b'{"held": [')
    assert integrity.look(store, tmp_path, TODAY).hashed >= 19, "a memory that is damaged is none"


def test_a_byte_that_changed_without_a_trace_is_found_within_a_month(store: RawStore, tmp_path: Path) -> None:
    integrity.look(store, tmp_path, TODAY)
    path = store.root / next(iter(store.snapshots("prh").values())).path
    times = path.stat()
    with path.open("rb+") as file:
        file.write(b"?")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    nights = [integrity.look(store, tmp_path, TODAY + timedelta(days=n)).newly for n in range(integrity.SHARES)]
    assert [len(newly) for newly in nights].count(1) == 1


def test_a_snapshot_that_is_gone_with_its_sidecar_stays_told_until_it_is_back(store: RawStore, tmp_path: Path) -> None:
    integrity.look(store, tmp_path, TODAY)
    path = next(iter(store.snapshots("prh").values())).path
    sidecar = (store.root / path).with_suffix(".meta.json")
    kept = [(one, one.read_bytes()) for one in (store.root / path, sidecar)]
    for one, _ in kept:
        one.unlink()
    looks = [integrity.look(store, tmp_path, TODAY + timedelta(days=n)) for n in range(3)]
    assert [list(one.damaged) for one in looks] == [[path]] * 3
    assert [len(one.newly) for one in looks] == [1, 0, 0]
    for one, body in kept:
        one.write_bytes(body)
    assert integrity.look(store, tmp_path, TODAY).damaged == {}


def test_bytes_that_lost_their_sidecar_are_told_and_left_where_they_lie(store: RawStore, tmp_path: Path) -> None:
    integrity.look(store, tmp_path, TODAY)
    path = next(iter(store.snapshots("prh").values())).path
    (store.root / path).with_suffix(".meta.json").unlink()
    assert verify.sweep(store) == [], "a visit names them: they were not half written"
    assert list(integrity.look(store, tmp_path, TODAY).damaged) == [path]
    assert [problem.kind for problem in verify.problems(store)] == ["missing"]


def test_what_was_put_aside_is_not_gone(store: RawStore, tmp_path: Path) -> None:
    log = store.log("prh")
    lines = log.read_bytes().splitlines(keepends=True)
    integrity.look(store, tmp_path, TODAY)
    log.write_bytes(b"".join(lines[:-1]))  # the disk was full when the visit was to be logged
    log.with_name("seen.gist.json").unlink(missing_ok=True)
    assert len(verify.sweep(store)) == 1
    assert integrity.look(store, tmp_path, TODAY).damaged == {}


def test_a_store_that_cannot_be_listed_is_damage_and_no_traceback(
    store: RawStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", broken)
    found = integrity.look(store, tmp_path, TODAY)
    assert found.damaged == {str(store.root): "cannot be listed: Input/output error"}
