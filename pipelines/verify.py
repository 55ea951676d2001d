"""Examining a raw store: what is missing, altered, orphaned or unreadable; putting aside what a killed run left.

What belongs here: the whole examination (every byte hashed, every line of the logs read) and the short one before each
night. What does not: keeping anything (raw.py), copies to mend a store with (backup.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines import visits
from pipelines.errors import InputError
from pipelines.raw import RawStore, Snapshot, sidecars


@dataclass(frozen=True)
class Problem:
    """Something that was found: ``kind`` is missing, altered, orphaned or unreadable; ``path`` below the store."""

    kind: str
    path: str
    detail: str


def problems(store: RawStore) -> Iterator[Problem]:
    """Hash every snapshot, read every log whole, and yield what is wrong."""
    for source in _sources(store):
        known: dict[str, Snapshot] = {}
        for path in sidecars(store.root / source):
            try:
                snapshot = store.sidecar(path)
            except InputError as error:
                yield Problem("unreadable", _below(store, path), error.problem)
                continue
            known[snapshot.sha256] = snapshot
            yield from _hashed(store, snapshot)
        yield from _of_log(store, source, known)
        yield from _orphans(store, source, known)


def sweep(store: RawStore) -> list[str]:
    """Put aside what a killed run left half written; return the paths. Only for the holder of the data folder.

    Temporary files go; bytes that no visit names move to ``rejected/``: the page is asked again. Neither the bytes of
    the others nor the whole logs are read: ten years of them are for ``problems``, not for every night.
    """
    swept: list[str] = []
    for path in sorted(store.root.glob("*/**/.writing-*")):
        path.unlink()
        swept.append(_below(store, path))
    found = [one for source in _sources(store) for one in _orphans(store, source, _readable(store, source))]
    for path in (store.root / problem.path for problem in found):
        aside = _aside(path)
        if path.is_file():
            aside.parent.mkdir(exist_ok=True)
            path.replace(aside)
            path.with_name(path.stem + ".meta.json").unlink(missing_ok=True)
            swept.append(_below(store, path))
    return swept


def is_aside(store: RawStore, path: str) -> bool:
    """Tell whether ``sweep`` put these bytes aside."""
    return _aside(store.root / path).is_file()


def _aside(path: Path) -> Path:
    return path.parents[1] / "rejected" / f"{path.parent.name}-{path.name}"


def _sources(store: RawStore) -> list[str]:
    folders = store.root.iterdir() if store.root.is_dir() else ()
    return sorted(path.name for path in folders if path.is_dir() and path.name != "reference")


def _readable(store: RawStore, source: str) -> dict[str, Snapshot]:
    found: dict[str, Snapshot] = {}
    for path in sidecars(store.root / source):
        try:
            snapshot = store.sidecar(path)
        except InputError:
            continue
        found[snapshot.sha256] = snapshot
    return found


def _hashed(store: RawStore, snapshot: Snapshot) -> Iterator[Problem]:
    try:
        store.body(snapshot)
    except InputError as error:
        kind = "altered" if (store.root / snapshot.path).is_file() else "missing"
        yield Problem(kind, snapshot.path, error.problem)


def _of_log(store: RawStore, source: str, known: dict[str, Snapshot]) -> Iterator[Problem]:
    """Yield the lines that say no visit, the snapshots that a visit names in vain, and a gist that is wrong."""
    path = store.log(source)
    if fault := visits.fault(path):
        yield Problem("altered", _below(store, path.with_name(visits.GIST)), fault)
    told: set[str] = set()
    for number, (visit, line) in enumerate(visits.lines(path), 1):
        place = f"{source}/{visits.LOG}:{number}"
        if visit is None:
            yield Problem("unreadable", place, f"not a visit: {line[:60]!r}")
            continue
        for sha in visit.snapshots:
            if sha not in known and sha not in told:
                yield Problem("missing", place, f"snapshot {sha[:12]} of page {visit.page} is not in the store")
        told.update(visit.snapshots)


def _orphans(store: RawStore, source: str, known: dict[str, Snapshot]) -> Iterator[Problem]:
    unnamed = known.keys() - {sha for spell in store.spells(source) for sha in spell.began.visit.snapshots}
    if unnamed:  # seldom; the log itself decides, since what is named must never be put aside
        unnamed -= {sha for visit in store.visits(source) for sha in visit.snapshots}
    for sha in sorted(unnamed):
        yield Problem("orphaned", known[sha].path, "a snapshot that no visit names")
    named = {sha[:12] for spell in store.spells(source) for sha in spell.began.visit.snapshots}
    for path in sorted((store.root / source).glob("*/*")):
        sidecar = path.name.endswith(".meta.json")
        if path.parent.name == "rejected" or sidecar or path.is_dir():
            continue
        if path.name.startswith("."):
            yield Problem("orphaned", _below(store, path), "a write that was interrupted; may be deleted")
        elif path.stem.rpartition("-")[2] not in named and not path.with_name(path.stem + ".meta.json").is_file():
            yield Problem("orphaned", _below(store, path), "bytes without a sidecar")


def _below(store: RawStore, path: Path) -> str:
    return path.relative_to(store.root).as_posix()
