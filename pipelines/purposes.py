"""The words of grant purposes and their Finnish stems: ``input.purpose_words``.

What belongs here: what counts as a word, stemming each distinct word once, remembering stems between runs. What does
not: which target has which word (``sql/marts/grant_purpose_words.sql``), searching on the page (site/explorer.py).

A word is a run of letters, in lower case. Stems are those of Snowball's Finnish stemmer in its pure Python form: a
faster stemmer that happens to be installed could give other stems, and the same input must give the same bytes (R13).
"""

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import polars as pl

from pipelines import remembered
from pipelines.files import read_sealed, write_sealed
from pipelines.vocabulary import LETTERS

SCHEMA = {"word": pl.String(), "stem": pl.String(), "family": pl.String()}
ENDINGS = (
    ("(.{3}[uy])(?:ks|s|d|t)$", "$1"),  # kuntoutus, kuntoutuks(en); osallisuus, osallisuud(en), osallisuut(ta)
    ("(.{3}i)(?:n|st|s)$", "$1"),  # partiolain(en), partiolais(et), partiolaist(en)
    ("t(t[oö])m$", "$1"),  # työttöm(ien), työtö(n)
    ("(.{3}[aeiouyäö])j$", "$1"),  # järjestöj(en), järjestö
    ("tue$", "tuk"),  # palkkatue(n), palkkatuk(i)
)
"""Endings in which Snowball's stems of one word differ, and what all of them become in ``family``: our own rules for
the commonest patterns of the purposes, not a whole grammar (lapsi and lasten stay apart)."""
_WORD = f"[{LETTERS}]+"


def words(grants: pl.DataFrame, work: Path | None = None) -> pl.DataFrame:
    """Return ``word, stem, family`` of every distinct word of the column ``purpose``.

    ``work``: the folder in which stems are kept for the next run; a file of another stemmer is not looked at, and one
    that is not as it was written is made anew.
    """
    if not grants.height:
        return pl.DataFrame(schema=SCHEMA)
    asked = grants.select(pl.col("purpose").unique(maintain_order=True))
    return remembered.frames(work, "purpose_words", [asked], lambda: {"words": _words(asked, work)})["words"]


def _words(grants: pl.DataFrame, work: Path | None) -> pl.DataFrame:
    texts = grants.get_column("purpose").drop_nulls().str.to_lowercase()
    found = texts.str.extract_all(_WORD).explode(empty_as_null=True).drop_nulls().unique().sort().to_list()
    kept = work / f"purpose_stems-{version('snowballstemmer')}" if work is not None else None
    known = _kept(kept) if kept is not None and found else {}
    new = [word for word in found if word not in known]
    if new:
        known.update(zip(new, _stems(new), strict=True))
        if kept is not None:
            _keep(kept, known)
    family = pl.col("stem")
    for ending, common in ENDINGS:
        family = family.str.replace(ending, common)
    frame = pl.DataFrame({"word": found, "stem": [known[word] for word in found]}, schema_overrides=SCHEMA)
    return frame.with_columns(family=family)


def _stems(found: Iterable[str]) -> list[str]:
    from snowballstemmer.finnish_stemmer import FinnishStemmer  # pyright: ignore[reportMissingTypeStubs]

    stemmer = FinnishStemmer()  # about 40 µs a word
    return [str(stemmer.stemWord(word)) for word in found]


def _kept(path: Path) -> dict[str, str]:
    try:
        return dict(pl.read_parquet(read_sealed(path), columns=["word", "stem"]).iter_rows())
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return {}


def _keep(path: Path, known: dict[str, str]) -> None:
    frame = pl.DataFrame(sorted(known.items()), schema=["word", "stem"], orient="row")
    with suppress(OSError):  # as remembered.py
        write_sealed(path, remembered.content(frame))
