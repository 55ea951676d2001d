"""Whether the stored bytes are still those that were kept: a short look every night.

What belongs here: the look, and its memory of what held. What does not: examining a whole store (verify.py), telling
of what was found (alerts.py, night.py), mending it (docs/operate.md: a backup).

A night does not open bytes that it has read before (editions.py), so that damage would go unseen until somebody deletes
``data/work``. Hashing ten years of them every night would cost more than the night. So a snapshot is hashed when its
size or time of change is another than when it last held, and one in SHARES of all each night in turn, for the disk that
loses bytes without a trace. The memory is ``data/work/hashed.json``; without it everything is hashed once.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.errors import InputError
from pipelines.files import stamp, write_atomic
from pipelines.raw import RawStore, Snapshot, sidecars
from pipelines.verify import is_aside

NAME = "hashed.json"
SHARES = 30
"""In so many nights every snapshot is hashed at least once."""


@dataclass(frozen=True)
class Look:
    """What a look found. ``damaged``: path below the store → what is wrong; ``newly``: paths that held before."""

    damaged: Mapping[str, str]
    newly: tuple[str, ...]
    hashed: int


def look(store: RawStore, work: Path, day: date) -> Look:
    """Look whether the snapshots are as they were kept, and whether those that were there are there still."""
    held, before = _memory(work / NAME)
    now: dict[str, list[int]] = {}
    damaged: dict[str, str] = {}
    hashed = 0
    try:
        snapshots = _snapshots(store)
    except OSError as error:
        folder = str(store.root)
        return Look({folder: f"cannot be listed: {error.strerror}"}, () if folder in before else (folder,), 0)
    for snapshot in snapshots:
        try:
            found = list(stamp(store.root / snapshot.path))
            if held.get(snapshot.path) != found or int(snapshot.sha256[:8], 16) % SHARES == day.toordinal() % SHARES:
                hashed += 1
                store.body(snapshot)
            now[snapshot.path] = found
        except OSError as error:
            damaged[snapshot.path] = f"cannot be read: {error.strerror}"
        except InputError as error:
            damaged[snapshot.path] = error.problem
    listed = {snapshot.path for snapshot in snapshots}
    for path in sorted({*held, *before} - listed):
        if not is_aside(store, path):
            damaged[path] = "its sidecar is gone or cannot be read"
    if (now, list(damaged)) != (held, before):
        memory = json.dumps({"held": now, "damaged": list(damaged)}, separators=(",", ":"))
        with suppress(OSError):  # a full disk: all is hashed once more
            write_atomic(work / NAME, memory.encode(), may_be_lost=True)
    return Look(damaged, tuple(path for path in damaged if path not in before), hashed)


def _snapshots(store: RawStore) -> list[Snapshot]:
    folders = sorted(path for path in store.root.iterdir() if path.is_dir()) if store.root.is_dir() else []
    found: list[Snapshot] = []
    for path in (path for folder in folders for path in sidecars(folder)):
        with suppress(InputError):
            found.append(store.sidecar(path))
    return found


def _memory(path: Path) -> tuple[dict[str, list[int]], list[str]]:
    """Return which stamp each snapshot had when it last held, and which were damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        record: Any = json.loads(path.read_bytes())
        return dict(record["held"].items()), list(record["damaged"])
    return {}, []
