"""Putting a finished site in place: at every moment ``out`` is the old site or the new one, whole.

What belongs here: folders and renames. What does not: what is in the files.

The new site is written beside ``out`` and the two folders change names in one step (renameat2 with RENAME_EXCHANGE on
Linux, renamex_np with RENAME_SWAP on macOS). Where a file system can't do that, two renames follow each other.
"""

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InputError

_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2


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
    if out.exists() and not out.is_dir():
        raise InputError(str(out), "is a file", "a folder for the site")
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".site-building-", dir=out.parent))
    try:
        new.chmod(0o755)
        for folder in sorted({path.rpartition("/")[0] for path in files}):
            (new / folder).mkdir(parents=True, exist_ok=True)
        unchanged = sum(_write(f"{new}/{path}", content, f"{out}/{path}") for path, content in sorted(files.items()))
        old = listing(out)
        if out.is_dir():
            _exchange(new, out)
        else:
            new.rename(out)
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


def _exchange(new: Path, out: Path) -> None:
    """Let two folders change names, in one step where the system can."""
    if _exchange_at_once(os.fsencode(new), os.fsencode(out)):
        return
    aside = new.with_name(new.name + ".old")
    out.rename(aside)
    try:
        new.rename(out)
    except OSError:
        aside.rename(out)
        raise
    aside.rename(new)


def _exchange_at_once(first: bytes, second: bytes) -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            return library.renamex_np(first, second, _RENAME_SWAP) == 0
        return library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE) == 0
    except AttributeError:
        return False
