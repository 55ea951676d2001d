"""Stored bytes that changed are noticed by a night that does not open them."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import integrity
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
