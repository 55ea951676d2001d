"""A night in which nothing changed: the published build is used again instead of being built once more.

What belongs here: the digest of all that a build is made of, the record of what was published from it, telling whether
that still stands. What does not: building and publishing (warehouse.py).

The digest covers the input tables, the checks of the sources, every SQL and Python file of the project and the versions
of the two engines. What a figure says on a day, "overdue" included, is in the input tables, so a new day with the same
states has the same digest. The record lies in the work folder: without it, or when any published file differs from it,
everything is built anew. A wrong digest can therefore cost time, never a figure.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines import remembered, warehouse
from pipelines.checks import Check
from pipelines.files import write_atomic
from pipelines.stage import Frames
from pipelines.warehouse import Built

NAME = "published.json"


def digest(frames: Frames, before: Iterable[Check], sql: Path) -> str:
    """Return the digest of all that a build is made of."""
    found = hashlib.sha256(remembered.code(sql).encode())
    for name, frame in sorted(frames.items()):
        found.update(f"\n{name} {frame.schema}\n".encode())
        found.update(remembered.content(frame))
    found.update(repr(list(before)).encode())
    return found.hexdigest()


def published(record: Path, marts: Path, inputs: str) -> Built | None:
    """Return what is published when it was made from ``inputs`` and every file is as it was put there; else None."""
    try:
        known: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        if known["inputs"] != inputs or _files(marts, known["files"]) != known["files"]:
            return None
        checks = tuple(Check(**check) for check in known["checks"])
        return Built(marts, checks, known["hashes"], known["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(record: Path, marts: Path, inputs: str, built: Built) -> None:
    """Keep what the published files were made from."""
    names = [*built.hashes, warehouse.DATABASE, warehouse.SUMS]
    known = {
        "inputs": inputs,
        "files": _files(marts, names),
        "checks": [asdict(check) for check in built.checks],
        "hashes": dict(built.hashes),
        "counts": dict(built.counts),
    }
    write_atomic(record, json.dumps(known, ensure_ascii=False).encode())


def _files(marts: Path, names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        with (marts / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
