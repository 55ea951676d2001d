"""One run at a time: a lock that a crash releases and that says who holds it.

What belongs here: that lock. What does not: what is run under it.
"""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from pipelines import clock, files
from pipelines.errors import LukuinaError


class BusyError(LukuinaError):
    """Another run holds the data folder."""


@contextmanager
def held(work: Path, say: Callable[[str], None] = lambda _: None) -> Generator[None]:
    """Hold the data folder for the with block. Raises BusyError naming the process that holds it.

    The kernel gives the lock back when the process ends, however it ends, so that nothing has to be cleaned up. A run
    that was killed leaves its line in the file: the next one says so, and does its work again.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "lock"
    with path.open("a+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise BusyError(f"{path}: held by {holder}. Wait until it is done, then try again") from None
        file.seek(0)
        if unfinished := file.read().strip():
            say(f"{path}: the run of {unfinished} was killed before its end; its work is done again")
        file.truncate(0)
        with files.named(path):
            os.write(
                file.fileno(), f"process {os.getpid()} since {clock.now().isoformat(timespec='seconds')}\n".encode()
            )
        try:
            yield
        finally:
            file.truncate(0)
