"""Frames that cost much and depend on known things alone: kept in the work folder for the next night.

What belongs here: keeping and finding them, and the digest of our code, which is part of every key: a new version of
anything makes them anew. What does not: what is in them. The published build as a whole is in reuse.py, readings of
editions in editions.py.

Everything here may be deleted at any time, and a file that is not as it was written is as good as none: a frame is then
made anew, the same.
"""

import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

import duckdb
import polars as pl

from pipelines.files import read_sealed, write_sealed
from pipelines.settings import PROJECT

FOLDER = "frames"


def frames(
    work: Path | None, name: str, asked: Iterable[pl.DataFrame | str], make: Callable[[], Mapping[str, pl.DataFrame]]
) -> Mapping[str, pl.DataFrame]:
    """Return what ``make`` gives, or what it gave when everything in ``asked`` was the same.

    ``work``: the folder of an installation for what may be deleted; null remembers nothing. ``name``: of the maker,
    as a folder; one set of frames a name is kept. ``asked``: all that ``make`` looks at.
    """
    if work is None:
        return make()
    found = hashlib.sha256(code(PROJECT / "sql").encode())
    for one in asked:
        found.update(one.encode() if isinstance(one, str) else f"{one.schema}".encode() + content(one))
    folder, key = work / FOLDER / name, found.hexdigest()[:32]
    with suppress(OSError, ValueError, pl.exceptions.PolarsError):
        names = read_sealed(folder / f"{key}.names").decode().split()
        if names:
            return {one: pl.read_parquet(read_sealed(folder / f"{key}-{one}.frame")) for one in names}
    made = make()
    with suppress(OSError):  # a full disk, or a reader who may not write here: made anew the next time, too
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        for one, frame in made.items():
            write_sealed(folder / f"{key}-{one}.frame", content(frame))
        write_sealed(folder / f"{key}.names", " ".join(made).encode())
    return made


def content(frame: pl.DataFrame) -> bytes:
    """Return the values of a frame and nothing else: Arrow's own bytes also hold what lies under a null."""
    target = io.BytesIO()
    frame.rechunk().write_parquet(target, compression="uncompressed", statistics=False)
    return target.getvalue()


@cache
def code(sql: Path) -> str:
    """Return the digest of the code that builds: all of our Python, ``sql``, both engines, Python and its stemmer."""
    stemmer = metadata.version("snowballstemmer")
    found = hashlib.sha256(f"{duckdb.__version__} {pl.__version__} {stemmer} {sys.version}".encode())
    texts: Mapping[str, Path] = {
        str(path.relative_to(root)): path
        for root, pattern in ((PROJECT / "pipelines", "*.py"), (sql, "*"))
        for path in root.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name, path in sorted(texts.items()):
        found.update(f"\n{name}\n".encode() + path.read_bytes())
    return found.hexdigest()
