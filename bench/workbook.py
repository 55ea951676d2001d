"""How long the STEA workbook takes: our whole reading against polars alone reading its sheets.

    python bench/workbook.py STEA_2026.xlsx

Ours is everything between stored bytes and an edition: guard against bombs, checks, types, sums, digest. Both are timed
in turn in one process, median of 3; prints seconds and the ratio (a timing is no test: the exit code is 0).
"""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the checkout, whether installed or not

from pipelines.sources.base import Edition, Reading
from pipelines.sources.stea import SOURCE

LIMIT = 1.5
ROUNDS = 3


def bare(path: Path) -> int:
    return sum(frame.height for frame in pl.read_excel(path, sheet_id=0).values())


def ours(path: Path) -> Reading:
    return SOURCE.read(Edition("stea", "workbook", (path.read_bytes(),), (path.name,)))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python bench/workbook.py WORKBOOK.xlsx")
    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of each empty column whose type it guesses
    path = Path(sys.argv[1])
    rows, reading = bare(path), ours(path)
    if rows != reading.rows:
        sys.exit(f"polars reads {rows} rows, we {reading.rows}")
    timed = [(seconds(lambda: bare(path)), seconds(lambda: ours(path))) for _ in range(ROUNDS)]
    polars_s, ours_s = (median(column) for column in zip(*timed, strict=True))
    print(f"workbook: {rows} rows, bare polars.read_excel {polars_s:.3f} s, stea.SOURCE.read {ours_s:.3f} s")
    print(f"workbook: ratio {ours_s / polars_s:.2f} (limit {LIMIT})")


if __name__ == "__main__":
    main()
