"""Killed, disk full, refused, half written: at every write of the raw store, and what a restart makes of it.

What belongs here: faults injected at writes, the lock of a killed run, the nights when clocks change. What does not:
what a publisher can do wrong (test_matrix.py).
"""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import visits
from pipelines.lock import held
from pipelines.raw import Answer, RawStore
from pipelines.verify import problems, sweep
from tests.failures import measured

AT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
OPERATIONS = ("open", "fsync", "replace", "mkdir", "chmod", "truncate", "unlink")


class Killed(BaseException):
    """The process is gone: nothing that it would have done afterwards happens."""


class Faults:
    """Fail at the n-th operation: ``killed`` also makes every later one fail, so that no clean-up helps."""

    def __init__(self, patch: pytest.MonkeyPatch, root: Path, at: int, kind: str) -> None:
        self.count, self.at, self.kind, self.dead, self.root = 0, at, kind, False, str(root)
        for name in OPERATIONS:
            patch.setattr(os, name, self._wrapped(getattr(os, name), name))

    def _wrapped(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def operation(target: Any, *more: Any, **named: Any) -> Any:
            if not isinstance(target, int) and not str(target).startswith(self.root):
                return real(target, *more, **named)
            if self.dead:
                raise Killed
            self.count += 1
            if self.count == self.at:
                self._fail(target, name)
            return real(target, *more, **named)

        return operation

    def _fail(self, target: Any, name: str) -> None:
        if self.kind == "half written" and name == "fsync":
            size = os.fstat(target).st_size
            if size and not os.path.isdir(f"/proc/self/fd/{target}"):  # noqa: PTH112
                os.ftruncate(target, size // 2)
        if self.kind in ("killed", "half written"):
            self.dead = True
            raise Killed
        code = errno.ENOSPC if self.kind == "disk full" else errno.EACCES
        raise OSError(code, os.strerror(code))


def nights(store: RawStore) -> None:
    """Two pages of one source, a new content, an unchanged night and a failure with its rejected bytes."""
    for page, body in (("a", b"one"), ("b", b"two"), ("a", b"three"), ("a", b"three")):
        store.record("prh", page, [Answer(body, "https://x.example/", "https://x.example/")], body.hex(), AT, "none")
    store.record_failure("prh", "b", "no", AT, b"bad")


def said(store: RawStore) -> set[tuple[str, bytes]]:
    known = store.snapshots("prh")
    return {(v.page, store.body(known[sha])) for v in store.visits("prh") for sha in v.snapshots}


@pytest.mark.parametrize("kind", ["killed", "disk full", "refused", "half written"])
def test_no_write_of_the_raw_store_can_lose_or_spoil_anything(tmp_path: Path, kind: str):
    whole = {("a", b"one"), ("b", b"two"), ("a", b"three")}
    tried = 0
    while True:
        tried += 1
        root = tmp_path / f"{tried}"
        (root / "prh").mkdir(parents=True)
        store = RawStore(root)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(visits, "SAVED_EVERY", 600)  # the gist of the log is written on some nights, too
            faults = Faults(patch, root, tried, kind)
            with suppress(Killed, OSError):
                nights(store)
        logged = said(store)
        assert logged <= whole
        sweep(store)
        assert list(problems(store)) == [], f"{kind} at operation {tried}"
        assert said(store) == logged, "a snapshot that was logged is lost"
        nights(store)
        assert said(store) == whole
        assert list(problems(store)) == []
        if faults.count < tried:
            break
    assert tried > 50
    measured.note("store", kind, tried - 1)
    print(f"{kind}: {tried - 1} faults injected, nothing lost")


def test_a_killed_run_is_named_by_the_next_one(tmp_path: Path):
    script = (
        "import sys, time; from pathlib import Path; from pipelines.lock import held\n"
        "with held(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    assert run.stdout.readline() == "in\n"
    run.send_signal(signal.SIGKILL)
    run.wait()
    told: list[str] = []
    with held(tmp_path, told.append):
        pass
    assert f"process {run.pid} since" in told[0]
    assert "killed" in told[0]
    told.clear()
    with held(tmp_path, told.append):
        pass
    assert told == []


def test_nights_when_the_clock_changes_are_neither_skipped_nor_doubled():
    from dagster._utils.schedules import schedule_execution_time_iterator

    from pipelines.defs.schedules import SCHEDULE

    zone = SCHEDULE.execution_timezone
    assert zone == "Europe/Helsinki"
    for start in (datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)):
        found = schedule_execution_time_iterator(start.timestamp(), str(SCHEDULE.cron_schedule), zone, True)
        ticks = [next(found) for _ in range(7)]
        days = [tick.date() for tick in ticks]
        assert [(day - days[0]).days for day in days] == list(range(7))
        assert {(tick.hour, tick.minute) for tick in ticks} == {(2, 30)}
