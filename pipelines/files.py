"""Writing one file so that a crash leaves the old or the new, and adding a line to one that only grows.

What belongs here: the atomic write, the appended line, a last line without its end, the name of a file in the error
of a full disk, the seal of a cache. What does not: whole folders (folders.py), what any file says.
"""

import hashlib
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def named(path: Path) -> Generator[None]:
    """Let an error of writing in the with block name ``path``: that of a full disk names no file by itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_atomic(path: Path, body: bytes, *, may_be_lost: bool = False) -> None:
    """Write ``body`` so that ``path`` is at every moment absent, the old file or the new one, whole.

    ``may_be_lost``: a cache, whose reader takes a damaged file for none: the disk is not waited for, so that after a
    power cut the file may be gone or torn.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with named(path), os.fdopen(handle, "wb") as file:
            file.write(body)
            if not may_be_lost:
                file.flush()
                os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if may_be_lost:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_sealed(path: Path, body: bytes) -> None:
    """Write a file of a cache with its digest before it."""
    write_atomic(path, hashlib.sha256(body).digest() + body, may_be_lost=True)


def read_sealed(path: Path) -> bytes:
    """Return what ``write_sealed`` wrote. Raises ValueError when it is not that, OSError when there is none.

    A format does not tell by itself: of single bits turned over in a Parquet file, one in ten gave other values without
    an error, and some ended the process.
    """
    sealed = path.read_bytes()
    if hashlib.sha256(sealed[32:]).digest() != sealed[:32]:
        raise ValueError(f"{path}: not as it was written")
    return sealed[32:]


def append_line(path: Path, line: str) -> int:
    """Add a line, once a torn last one is cut; return how many bytes were added. The folder is made where needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drop_torn_line(path)
    body = line.encode() + b"\n"
    with named(path), path.open("ab") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    return len(body)


def drop_torn_line(path: Path) -> None:
    """Cut a last line that a crash left without its end: it was never said. A whole log is not read for that."""
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb+") as log:
        log.seek(-1, os.SEEK_END)
        if log.read(1) != b"\n":
            body = path.read_bytes()
            os.truncate(path, body.rfind(b"\n") + 1)


def stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when somebody writes to a file: inode, size and time."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
