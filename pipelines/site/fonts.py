"""The fonts of pictures and PDF: which files there are, how wide a text is, where a long one breaks.

What belongs here: the project's own font files (``dashboards/fonts``) and measures read from them. What does not:
drawing (charts.py, og.py), fonts of pages (the reader's own, dashboards/assets/site.css).

SVG does not wrap text, and a picture must not depend on the fonts of the machine, so widths come from the files: the
table of advance widths (hmtx) and the character map (cmap, format 4). Kerning is left out; it only makes text narrower.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from pipelines.settings import PROJECT

FOLDER = PROJECT / "dashboards" / "fonts"
SANS, SERIF = "Lukuina Sans", "Lukuina Serif"
FILES: Mapping[tuple[str, int], Path] = {
    (SANS, 400): FOLDER / "lukuina-sans-400.ttf",
    (SANS, 600): FOLDER / "lukuina-sans-600.ttf",
    (SERIF, 600): FOLDER / "lukuina-serif-600.ttf",
}


@dataclass(frozen=True)
class Face:
    """Advance widths of one font file, in units of the em; ``missing`` is that of the empty box."""

    widths: Mapping[int, float]
    missing: float

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is at a size, in the unit of the size."""
        return size * sum(self.widths.get(ord(character), self.missing) for character in text)

    def wrap(self, text: str, size: float, room: float) -> list[str]:
        """Break a text into lines that fit ``room``; a word that does not fit a line is cut with a hyphen."""
        lines: list[str] = []
        for word in text.split(" "):
            joined = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(joined, size) <= room:
                lines[-1] = joined
            else:
                lines += self._pieces(word, size, room)
        return lines

    def fit(self, text: str, sizes: Sequence[float], room: float, lines: int) -> tuple[float, list[str]]:
        """Return the largest of ``sizes`` (falling) at which the text fits, and its lines; the last size if none."""
        for size in sizes[:-1]:
            wrapped = self.wrap(text, size, room)
            if len(wrapped) <= lines and not any(line.endswith("-") for line in wrapped[:-1]):
                return size, wrapped
        return sizes[-1], self.wrap(text, sizes[-1], room)

    def _pieces(self, word: str, size: float, room: float) -> list[str]:
        pieces: list[str] = []
        while self.width(word, size) > room and len(word) > 1:
            end = next((n for n in range(len(word) - 1, 1, -1) if self.width(word[:n] + "-", size) <= room), 1)
            pieces.append(word[:end].rstrip("-") + "-")
            word = word[end:]
        return [*pieces, word]


@cache
def face(family: str = SANS, weight: int = 400) -> Face:
    """Return the measures of one of FILES."""
    data = FILES[family, weight].read_bytes()
    count = struct.unpack(">H", data[4:6])[0]
    records = (struct.unpack(">4sLLL", data[12 + 16 * n : 28 + 16 * n]) for n in range(count))
    tables = {tag: data[start : start + length] for tag, _, start, length in records}
    em = struct.unpack(">H", tables[b"head"][18:20])[0]
    long = struct.unpack(">H", tables[b"hhea"][34:36])[0]
    advances = [struct.unpack(">H", tables[b"hmtx"][4 * n : 4 * n + 2])[0] / em for n in range(long)]
    glyphs = _characters(tables[b"cmap"])
    return Face({code: advances[min(glyph, long - 1)] for code, glyph in glyphs.items()}, advances[0])


def _characters(cmap: bytes) -> dict[int, int]:
    """Return glyph numbers by code point, from the subtable of format 4 (each of our files has one)."""
    count = struct.unpack(">H", cmap[2:4])[0]
    starts = (struct.unpack(">L", cmap[8 + 8 * n : 12 + 8 * n])[0] for n in range(count))
    table = next(cmap[start:] for start in starts if cmap[start : start + 2] == b"\x00\x04")
    segments = struct.unpack(">H", table[6:8])[0] // 2
    ends, begins, deltas, offsets = (
        struct.unpack(f">{segments}H", table[at : at + 2 * segments])
        for at in (14, 16 + 2 * segments, 16 + 4 * segments, 16 + 6 * segments)
    )
    found: dict[int, int] = {}
    for n in range(segments):
        for code in range(begins[n], min(ends[n], 0xFFFE) + 1):
            glyph = code
            if offsets[n]:
                at = 16 + 6 * segments + 2 * n + offsets[n] + 2 * (code - begins[n])
                glyph = struct.unpack(">H", table[at : at + 2])[0]
            if glyph:
                found[code] = (glyph + deltas[n]) % 0x10000
    return found


@cache
def digest() -> str:
    """Return a hash of all font files, for keys of caches."""
    return sha256(b"".join(path.read_bytes() for path in FILES.values())).hexdigest()
