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
        unchanged = sum(_write(new / path, content, out / path) for path, content in sorted(files.items()))
        old = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} if out.is_dir() else set()
        if out.is_dir():
            _exchange(new, out)
        else:
            new.rename(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Placed(len(files) - unchanged, unchanged, len(old - set(files)))


def _write(path: Path, content: bytes | Path, before: Path) -> bool:
    """Write one file; return whether the old site had the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        try:
            os.link(content, path)
        except OSError:
            shutil.copy2(content, path)
        return before.is_file() and before.stat().st_size == path.stat().st_size and _same(before, path)
    same = before.is_file() and before.stat().st_size == len(content) and before.read_bytes() == content
    if not same:
        path.write_bytes(content)
        return False
    try:
        os.link(before, path)  # the very file of the old site: nothing is written
    except OSError:
        shutil.copy2(before, path)
    return True


def _same(first: Path, second: Path) -> bool:
    return first.samefile(second) or first.read_bytes() == second.read_bytes()


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
