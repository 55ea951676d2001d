"""Replacing whole folders: at every moment one is the old one or the new one, and several change together.

What belongs here: a folder made beside another, their exchange, and what is left of runs that were killed. What does
not: what is in the folders (warehouse.py, site/place.py).

The new folder is filled as ``.NAME-building-…`` beside NAME, and the two change names in one step (renameat2 with
RENAME_EXCHANGE on Linux, renamex_np with RENAME_SWAP on macOS). Where a file system can't do that, two renames follow
each other; a run killed between them leaves no folder, and ``sweep`` at the next start brings the old one back.
"""

import ctypes
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipelines.errors import InputError
from pipelines.files import write_atomic

Exchange = Callable[[Path, Path], None]
"""Puts a new folder, the first, in the place of another."""

_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
_ASIDE = ".old"
_BUILDING = re.compile(r"\.(.+)-building-[^.]+")


def checked(out: Path) -> Path:
    """Return the folder itself: a link to one stays a link. Raises InputError when ``out`` is a file."""
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise InputError(str(out), "is a file", "a folder, or nothing yet")
    return out


def check(out: Path, signs: Iterable[str], *kept: Path) -> None:
    """Check that ``out`` may be replaced as a whole: it is empty, or has one of our ``signs``.

    Raises InputError when it is the folder of something else, or holds one of the files ``kept``: a wrong word in a
    setting must not cost anybody a folder.
    """
    out = checked(out)
    if out.is_mount():
        raise InputError(str(out), "is a mount point, whose place nothing can take", "a folder inside it")
    held = next((path for path in kept if path.resolve().is_relative_to(out)), None)
    if held is not None:
        raise InputError(str(out), f"holds {held.name}, and would be replaced", "a folder of its own")
    there = {path.name for path in out.iterdir()} if out.is_dir() else set[str]()
    if there - {".gitkeep"} and not any((out / sign).is_file() for sign in signs):
        expected, fix = "an empty folder, or one of an earlier run", "Name another in the settings, or empty this one"
        raise InputError(str(out), "is the folder of something else", expected, fix)


def spare(out: Path) -> Path:
    """Return where the folder before is kept, for those who fill it again (site/place.py)."""
    return out.with_name(f".{out.name}-spare")


def beside(out: Path) -> Path:
    """Make an empty folder in which the next ``out`` is built. Raises InputError when ``out`` is a file."""
    out = checked(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{out.name}-building-", dir=out.parent))
    new.chmod(0o755)
    return new


def home(folder: Path) -> Path:
    """Return the place for which a folder was made by ``beside``; another folder is its own."""
    found = _BUILDING.fullmatch(folder.name)
    return folder.with_name(found[1]) if found else folder


def exchange(new: Path, out: Path) -> None:
    """Put ``new`` in the place of ``out``; what was there is then at ``new``, for the caller to remove."""
    out = out.resolve()
    if not out.is_dir():
        new.rename(out)
    elif not _at_once(os.fsencode(new), os.fsencode(out)):
        aside = new.with_name(new.name + _ASIDE)
        out.rename(aside)
        try:
            new.rename(out)
        except OSError:
            aside.rename(out)
            raise
        aside.rename(new)


def exchange_all(pairs: Sequence[tuple[Path, Path]], journal: Path) -> None:
    """Put each new folder in the place of its old one: all of them, or none when one cannot be put.

    ``journal``: the file that says so until all are put. A run that is killed meanwhile leaves it for ``finish``.
    """
    if len(pairs) == 1:
        exchange(*pairs[0])
        return
    told = [(new.absolute(), out.absolute(), new.stat().st_ino) for new, out in pairs]
    write_atomic(journal, json.dumps([(str(new), str(out), number) for new, out, number in told]).encode())
    try:
        for new, out, _ in told:
            exchange(new, out)
    except BaseException:
        for new, out, number in reversed(told):
            if _is(out, number):
                exchange(out, new)
        journal.unlink()
        raise
    journal.unlink()


def finish(journal: Path) -> list[Path]:
    """Do the rest of an exchange that a kill cut off; return the folders put. Only for the holder of the data folder.

    Before ``sweep``, which removes what is left.
    """
    try:
        told: list[tuple[str, str, int]] = json.loads(journal.read_bytes())
        left = [(Path(new), Path(out)) for new, out, number in told if _is(Path(new), number)]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError):  # damaged by another hand: the run that follows makes both anew
        left = []
    for new, out in left:
        exchange(new, out)
    journal.unlink()
    return [out for _, out in left]


def _is(folder: Path, number: int) -> bool:
    """Tell whether it is the folder of that number, under whichever name it was made."""
    return folder.is_dir() and folder.stat().st_ino == number


def sweep(out: Path) -> list[Path]:
    """Remove what killed runs left beside ``out``; return the paths. Only for the holder of the data folder."""
    out = out.resolve()
    names = (f".{out.name}-building-*", f"{spare(out).name}{_ASIDE}")
    left = sorted(path for name in names for path in out.parent.glob(name)) if out.parent.is_dir() else []
    for aside in left:
        if aside.name.endswith(_ASIDE) and not out.exists():
            aside.rename(out)
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return left


def _at_once(first: bytes, second: bytes) -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            return library.renamex_np(first, second, _RENAME_SWAP) == 0
        return library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE) == 0
    except AttributeError:
        return False
