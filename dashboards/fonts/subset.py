"""Make the project's fonts out of the packages that README.md names: `python subset.py FOLDER` (needs fonttools).

FOLDER holds the unpacked npm packages as `sans/` and `serif/`. Same input and fonttools version, same bytes.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
FILES = {
    "lukuina-sans-400.ttf": ("sans/400Regular/SourceSans3_400Regular.ttf", "Lukuina Sans", "Regular"),
    "lukuina-sans-600.ttf": ("sans/600SemiBold/SourceSans3_600SemiBold.ttf", "Lukuina Sans", "SemiBold"),
    "lukuina-serif-600.ttf": ("serif/600SemiBold/SourceSerif4_600SemiBold.ttf", "Lukuina Serif", "SemiBold"),
}
CHARACTERS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *map(ord, "ČčĐđŊŋŒœŠšŦŧŽž‐‑‒–—‘’‚“”„†•…\u202f€←↑→↓−≈≠≤≥"),
)
"""Latin-1, the letters of the Sámi languages, typographic marks; the figures of both families are tabular."""


def make(source: Path, family: str, style: str) -> TTFont:
    """Return the subset under our own name (the licence reserves the name of the original)."""
    font = TTFont(source, recalcTimestamp=False)
    options = Options(hinting=False, layout_features=["kern"], name_IDs=[0, 1, 2, 3, 4, 6, 13, 14], notdef_outline=True)
    options.drop_tables += ["STAT", "BASE", "GDEF", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    postscript = f"{family}-{style}".replace(" ", "")
    names = {1: family, 2: style, 3: postscript, 4: f"{family} {style}", 6: postscript, 16: None, 17: None}
    for number, text in names.items():
        font["name"].removeNames(nameID=number)
        if text:
            font["name"].setName(text, number, 3, 1, 0x409)
    return font


def main() -> None:
    """Write every font beside this script and print its size."""
    for name, (source, family, style) in FILES.items():
        make(Path(sys.argv[1]) / source, family, style).save(HERE / name)
        print(name, (HERE / name).stat().st_size)


if __name__ == "__main__":
    main()
