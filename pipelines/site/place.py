"""Putting a finished site in place: at every moment ``out`` is the old site or the new one, whole.

What belongs here: writing or linking the files of a site. What does not: what is in them, how the folder is exchanged
(pipelines/folders.py).

The old folder stays, as ``.<name>-spare``, for the next site to be written into: of thousands of pages then only those
are touched that differ. Files that are the same in both are one file with two names, so that the spare takes no room,
and none is ever written into: it is replaced. The spare may be deleted at any time.
"""

import os
import shutil
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from pipelines import folders

OURS = ("assets/site.css", "status.json")
"""Files of which every site has one: by them a folder is known as a site that may be replaced."""

Stat = tuple[int, int, int, int]
"""Of a file: device and number, size, time of change in nanoseconds. Two names with the same are one file."""


@dataclass(frozen=True)
class Placed:
    """How the files of the new site compare with those of the old; ``there``: what ``look`` gives of the new one."""

    written: int
    unchanged: int
    removed: int
    there: Mapping[str, Stat]


def put(
    files: Mapping[str, bytes | Path],
    out: Path,
    old: Mapping[str, Stat] | None = None,
    taken: Set[str] = frozenset(),
    exchange: folders.Exchange = folders.exchange,
) -> Placed:
    """Write ``files`` (by relative path; a Path is linked or copied) as the folder ``out``, all at once.

    ``old``: what ``look`` gave of ``out``, when somebody looked already. ``taken``: those of ``files`` that stay as
    they lie there. ``exchange``: what puts the finished folder in the place of ``out``.

    A file whose bytes are the same keeps its time of change, so that readers' caches stay valid.
    """
    out = folders.checked(out)
    old = look(out) if old is None else old
    spare = folders.spare(out)
    spare.mkdir(parents=True, exist_ok=True)
    spare.chmod(0o755)
    names = set(files)
    before = _clear(spare, names, old)
    same = {path for path in taken if path in before and before[path] == old.get(path)}  # one file with two names
    unchanged = len(same)
    for path in sorted(names - same):
        there = f"{out}/{path}" if path in old else None
        unchanged += _write(f"{spare}/{path}", files[path], there, path in before)
        before[path] = _told(Path(f"{spare}/{path}"))
    exchange(spare, out)
    return Placed(len(names) - unchanged, unchanged, len(old.keys() - names), before)


def renew(
    files: Mapping[str, bytes | Path],
    out: Path,
    there: Mapping[str, Stat],
    exchange: folders.Exchange = folders.exchange,
) -> Placed:
    """Write ``files`` over the site ``out``, all at once; the others stay as they are.

    ``there``: what ``look`` gave of ``out``; ``files`` are among them. ``exchange``: as of ``put``.
    """
    out = folders.checked(out)
    spare = folders.spare(out)
    spare.mkdir(parents=True, exist_ok=True)
    spare.chmod(0o755)
    before = _clear(spare, there.keys(), there)
    for path, stat in there.items():
        if path not in files and before.get(path) != stat:
            _link(f"{out}/{path}", f"{spare}/{path}")
    unchanged = sum(
        _write(f"{spare}/{path}", content, f"{out}/{path}", path in before) for path, content in sorted(files.items())
    )
    written = {path: _told(Path(f"{spare}/{path}")) for path in files}
    exchange(spare, out)
    return Placed(len(files) - unchanged, len(there) - len(files) + unchanged, 0, {**there, **written})


def _folders(files: Set[str]) -> set[str]:
    """Return the folders of these files, and those above them."""
    found = {path.rpartition("/")[0] for path in files}
    for folder in list(found):
        while (folder := folder.rpartition("/")[0]) not in found:
            found.add(folder)
    return found - {""}


def _clear(spare: Path, files: Set[str], old: Mapping[str, Stat]) -> dict[str, Stat]:
    """Drop what the new site does not have or what stands in its way, and make its folders; return what is left.

    ``old``: what ``look`` gave of the site beside. Same name and number: the same file, known.
    """
    folders, kept, device = _folders(files), dict[str, Stat](), spare.stat().st_dev
    there, left = set[str](), [""]
    while left:
        above = left.pop()
        with os.scandir(f"{spare}/{above}") as entries:
            for entry in entries:
                path = above + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if path in folders:
                        there.add(path)
                        left.append(f"{path}/")
                    else:
                        shutil.rmtree(entry.path)
                elif path not in files:
                    Path(entry.path).unlink()
                else:
                    same = old.get(path)
                    if same is None or same[:2] != (device, entry.inode()):
                        same = _told(entry)
                    kept[path] = same
    for folder in sorted(folders - there):
        (spare / folder).mkdir()
    return kept


def _told(entry: os.DirEntry[str] | Path) -> Stat:
    stat = entry.stat(follow_symlinks=False)
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def look(out: Path) -> dict[str, Stat]:
    """Return what tells each file of a site from any other, by its path in it."""
    found: dict[str, Stat] = {}
    folders = [""] if out.is_dir() else []
    while folders:
        folder = folders.pop()
        with os.scandir(f"{out}/{folder}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{folder}{entry.name}/")
                else:
                    found[folder + entry.name] = _told(entry)
    return found


def _write(path: str, content: bytes | Path, before: str | None, lies: bool) -> bool:
    """Write one file, or leave it when it is the right one already; return whether the old site had the same bytes.

    ``before``: the file of the old site, where it had one; ``lies``: whether ``path`` is a file already.
    """
    if isinstance(content, Path):
        _link(content, path)
        return before is not None and _same(before, path)
    if before is not None:
        there = _stat(before)
        if there is not None and there.st_size == len(content) and Path(before).read_bytes() == content:
            _link(before, path)  # the very file of the old site: nothing is written
            return True
    if lies:
        Path(path).unlink()  # never into the old file: it may have other names
    try:
        with open(path, "xb") as file:  # noqa: PTH123 called for every file of the site
            file.write(content)
    except OSError as error:
        error.filename = error.filename or path  # that of a full disk names no file by itself
        raise
    return False


def _link(content: Path | str, path: str) -> None:
    """Make ``path`` another name of a file, or a copy where the file system has one name a file."""
    if _one_file(content, path):
        return
    Path(path).unlink(missing_ok=True)
    try:
        os.link(content, path)
    except OSError:
        shutil.copy2(content, path)


def _stat(path: Path | str) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=False)  # noqa: PTH116 called for every file of the site
    except OSError:
        return None


def _one_file(first: Path | str, second: str) -> bool:
    one, other = _stat(first), _stat(second)
    return one is not None and other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _same(first: str, second: str) -> bool:
    if _one_file(first, second):
        return True
    one, other = _stat(first), _stat(second)
    alike = one is not None and other is not None and one.st_size == other.st_size
    return alike and Path(first).read_bytes() == Path(second).read_bytes()
