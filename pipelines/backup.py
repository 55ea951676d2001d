"""Copies of the raw store: what a backup holds, and getting an installation back from one.

What belongs here: copying ``data/raw`` to a folder and back, incrementally, every byte verified by hash. What does not:
where a backup is kept or how often (docs/operate.md); marts and site, which are made again from the raw store.

A backup only grows: nothing in it is ever deleted. The gist of a log (visits.py) is made again, so it is not in it. A
hand-kept file that was edited is replaced; what it said before is kept in the store as a snapshot. A log is replaced by
one that goes on from it, never by a shorter or another one. A snapshot's bytes never change: one that differs from its
copy is damaged on one of the two sides, and the backup stops, naming it.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines import verify
from pipelines.errors import InputError
from pipelines.files import write_atomic
from pipelines.raw import RawStore
from pipelines.visits import GIST

_STORE = "raw"


@dataclass(frozen=True)
class Copied:
    """What was done: files that were new or changed, bytes copied, files that were there already."""

    copied: int
    size: int
    same: int


def backup(raw: Path, destination: Path) -> Copied:
    """Copy what is new of the raw store into ``destination/raw``; nothing there is deleted.

    Raises InputError, with nothing copied, when there is no store, it does not verify, or the destination lies in it.
    """
    if not raw.is_dir():
        raise InputError(str(raw), "no raw store", fix="Run: lukuina run")
    _check_apart(raw.parent, destination)
    _check_whole(raw)
    copied = _copy(raw, destination / _STORE, replace=True)
    _check_whole(destination / _STORE)
    return copied


def restore(source: Path, raw: Path) -> Copied:
    """Copy a backup into an empty raw store, or complete one that has nothing else.

    Raises InputError, with nothing copied, when the backup is not whole or the store holds anything that differs.
    """
    held = source / _STORE
    if not held.is_dir():
        raise InputError(str(source), "no backup", "a folder with raw in it, made by: lukuina backup")
    _check_apart(raw.parent, source)
    _check_whole(held)
    for path in _files(raw) if raw.is_dir() else ():
        twin = held / path.relative_to(raw)
        if not twin.is_file() or _sha(twin) != _sha(path):
            problem = "the raw store is not empty, and this file is not as in the backup"
            raise InputError(str(path), problem, fix="Restore into another data folder, with --data")
    return _copy(held, raw, replace=False)


def _check_apart(data: Path, other: Path) -> None:
    inside, around = other.resolve(), data.resolve()
    if inside.is_relative_to(around) or around.is_relative_to(inside / _STORE):
        raise InputError(str(other), f"lies in the data folder {data}", "a folder elsewhere, best on another disk")


def _check_whole(raw: Path) -> None:
    bad = [problem for problem in verify.problems(RawStore(raw)) if problem.kind != "orphaned"]
    if bad:
        raise InputError(str(raw / bad[0].path), f"{bad[0].kind}: {bad[0].detail}", fix="See: lukuina verify")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise InputError(str(path), "a symbolic link", "plain files only")
        if path.is_file() and not path.name.startswith(".writing-") and path.name != GIST:
            yield path


def _copy(origin: Path, target: Path, *, replace: bool) -> Copied:
    """Copy file by file, logs last, so that a copy that was interrupted names no snapshot that it lacks."""
    wanted: list[tuple[Path, Path]] = []
    same = 0
    for path in sorted(_files(origin), key=lambda path: (path.suffix == ".jsonl", path)):
        twin = target / path.relative_to(origin)
        if twin.is_file() and _sha(twin) == _sha(path):
            same += 1
            continue
        if twin.exists() and (not replace or path.with_name(path.stem + ".meta.json").is_file()):
            raise InputError(str(twin), f"differs from {path}", "the same bytes: a snapshot never changes")
        if twin.exists() and not _goes_on(path, twin):
            problem, fix = f"{path} does not go on from it", "Each installation needs a destination of its own"
            raise InputError(str(twin), problem, "a log that only grew since the last backup", fix)
        wanted.append((path, twin))
    size = sum(path.stat().st_size for path, _ in wanted)
    room = shutil.disk_usage(_existing(target)).free
    if size > room:
        raise InputError(str(target), f"{room} bytes free", f"{size} for what is new")
    for path, twin in wanted:
        body = path.read_bytes()
        write_atomic(twin, body)
        if _sha(twin) != hashlib.sha256(body).hexdigest():
            raise InputError(str(twin), "was not written as it was read", fix="Look at the disk")
    return Copied(len(wanted), size, same)


def _goes_on(path: Path, twin: Path) -> bool:
    """Whether a file may take the place of its copy: a log only when it says all that the copy says.

    A last line without its end was never said (files.py). The list of the bundled files comes with the code.
    """
    if path.suffix != ".jsonl" or path.name == "bundled.jsonl":
        return True
    before = twin.read_bytes()
    return path.read_bytes().startswith(before[: before.rfind(b"\n") + 1])


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.is_dir())


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
