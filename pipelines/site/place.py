"""Putting a finished site in place: at every moment ``out`` is the old site or the new one, whole.

What belongs here: writing or linking the files of a site. What does not: what is in them, how the folder is exchanged
(pipelines/folders.py).
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import folders


@dataclass(frozen=True)
class Placed:
    """How the files of the new site compare with those of the old."""

    written: int
    unchanged: int
    removed: int


def put(files: Mapping[str, bytes | Path], out: Path) -> Placed:
    """Write ``files`` (by relative path; a Path is linked or copied) as the folder ``out``, all at once.

    A file whose bytes are the same keeps its time of change, so that readers' caches stay valid.
    """
    new = folders.beside(out)
    try:
        for folder in sorted({path.rpartition("/")[0] for path in files}):
            (new / folder).mkdir(parents=True, exist_ok=True)
        unchanged = sum(_write(f"{new}/{path}", content, f"{out}/{path}") for path, content in sorted(files.items()))
        old = listing(out)
        folders.exchange(new, out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Placed(len(files) - unchanged, unchanged, len(old - set(files)))


def listing(out: Path) -> set[str]:
    """Return the files of a site by their path in it; none when there is no site."""
    found: set[str] = set()
    folders = [""] if out.is_dir() else []
    while folders:
        folder = folders.pop()
        with os.scandir(f"{out}/{folder}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{folder}{entry.name}/")
                elif entry.is_file():
                    found.add(f"{folder}{entry.name}")
    return found


def _write(path: str, content: bytes | Path, before: str) -> bool:
    """Write one file; return whether the old site had the same bytes."""
    if isinstance(content, Path):
        _link(content, path)
        return os.fspath(content) == before or _same(before, path)
    if _size(before) != len(content) or Path(before).read_bytes() != content:
        Path(path).write_bytes(content)
        return False
    _link(before, path)  # the very file of the old site: nothing is written
    return True


def _link(content: Path | str, path: str) -> None:
    try:
        os.link(content, path)
    except OSError:
        shutil.copy2(content, path)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 called for every file of the site
    except OSError:
        return None


def _same(first: str, second: str) -> bool:
    if _size(first) != _size(second):
        return False
    return Path(first).samefile(second) or Path(first).read_bytes() == Path(second).read_bytes()
