"""Drawings as PNG: every standalone SVG of the site rendered with resvg and the project's own fonts.

What belongs here: rendering, and keeping what was rendered. What does not: drawing (charts.py, og.py), which pictures
there are (build.py lists them).

Bytes depend on the SVG, our font files and the version of resvg, and on nothing of the machine: no system font is
looked at. The same three make the name in the cache, so an unchanged picture is not rendered again; the cache may be
deleted at any time. resvg holds Python's lock while it draws, so many new pictures are shared among processes.
"""

import os
import re
import signal
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from pipelines import folders
from pipelines.errors import InputError
from pipelines.files import write_atomic
from pipelines.site import fonts
from pipelines.site.draft import Draft, Files

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

MANY = 40
"""From how many new pictures on it pays to start processes (one takes about 0.3 s to start, a picture 0.02 s)."""

WIDTH = 960
"""How many pixels wide a picture is at least; a wider SVG keeps its size."""

_PNG = b"\x89PNG\r\n\x1a\n"
_WIDTH = re.compile(rb'<svg\b[^>]*? width="([0-9.]+)(?:px)?"')


@dataclass(frozen=True)
class Drawing:
    """One picture to be made: its path in the site, and the SVG with its size in pixels."""

    path: str
    svg: bytes

    @property
    def key(self) -> str:
        """The name of its rendering in the cache."""
        return sha256(f"{_version()} {fonts.digest()} {WIDTH}\n".encode() + self.svg).hexdigest()

    @property
    def zoom(self) -> float:
        """How many pixels a unit of the SVG is."""
        found = _WIDTH.search(self.svg)
        if found is None:
            raise InputError(self.path, "its SVG has no width in pixels", '<svg … width="640" height="…">')
        return max(1.0, WIDTH / float(found[1]))


def make(draft: Draft) -> Files:
    """Return every picture of the site as PNG beside its SVG."""
    drawings: list[Drawing] = []
    for picture in draft.pictures:
        content = draft.files[picture.path]
        svg = content if isinstance(content, bytes) else content.read_bytes()
        drawings.append(Drawing(f"{picture.path.removesuffix('.svg')}.png", svg))
    return paint(drawings, kept_in(draft.database))


def kept_in(database: Path, kind: str = "png") -> Path | None:
    """Return a cache of an installation, ``work/<kind>`` beside its marts; None for a database that lies elsewhere."""
    marts = folders.home(database.absolute().parent)  # perhaps of a build that is not put in place yet
    return marts.parent / "work" / kind if marts.name == "marts" else None


@cache
def _version() -> str:
    import resvg_py

    return f"{resvg_py.__version__} {resvg_py.__resvg_version__}"


def paint(pictures: Sequence[Drawing], kept: Path | None = None) -> dict[str, bytes | Path]:
    """Return every picture as PNG by its path: bytes, or with a cache folder ``kept`` a file in it.

    Raises InputError naming the picture that can't be drawn.
    """
    if kept is None:
        return {picture.path: render(picture) for picture in pictures}
    kept.mkdir(parents=True, exist_ok=True)
    files = {picture.path: kept / f"{picture.key}.png" for picture in pictures}
    new = list({files[picture.path]: picture for picture in pictures if not whole(files[picture.path])}.values())
    with _mapped(len(new)) as rendered:
        for picture, content in zip(new, rendered(new), strict=True):
            write_atomic(files[picture.path], content, may_be_lost=True)
    forget(kept, set(files.values()))
    return dict(files)


def render(picture: Drawing) -> bytes:
    """Return one picture as PNG. Raises InputError naming it."""
    import resvg_py

    try:
        return resvg_py.svg_to_bytes(
            svg_string=picture.svg.decode("utf-8"),
            zoom=picture.zoom,
            skip_system_fonts=True,
            font_files=[str(path) for path in fonts.FILES.values()],
            font_family=fonts.SANS,
            sans_serif_family=fonts.SANS,
            serif_family=fonts.SERIF,
        )
    except ValueError as error:
        raise InputError(picture.path, f"cannot be drawn: {error}", "an SVG with its size and xmlns") from None


class _Mapped:
    """Renders pictures one after the other, or shared among processes."""

    def __init__(self, pool: "ProcessPoolExecutor | None") -> None:
        self._pool = pool

    def __call__(self, pictures: Sequence[Drawing]) -> Iterable[bytes]:
        return map(render, pictures) if self._pool is None else self._pool.map(render, pictures, chunksize=8)


@contextmanager
def _mapped(count: int) -> Generator[_Mapped]:
    workers = min(os.cpu_count() or 1, 4, count // MANY + 1)
    if workers < 2:
        yield _Mapped(None)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Ctrl-C reaches all processes: the first one ends the others
    quiet = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, quiet) as pool:
        yield _Mapped(pool)


def whole(path: Path) -> bool:
    """Whether a file of the cache is a whole PNG by its own checksums: after a power cut it may be empty or torn."""
    try:
        body = path.read_bytes()
    except OSError:
        return False
    at, kind = len(_PNG), b""
    if not body.startswith(_PNG):
        return False
    while kind != b"IEND":
        size, kind = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8]
        end = at + 8 + size
        if len(body) < end + 4 or crc32(body[at + 4 : end]) != int.from_bytes(body[end : end + 4]):
            return False
        at = end + 4
    return at == len(body)


def forget(kept: Path, used: set[Path]) -> None:
    """Drop pictures that neither this build nor another site (a link of the same file) uses."""
    for path in kept.iterdir():
        if path not in used and path.stat().st_nlink == 1:
            path.unlink(missing_ok=True)
