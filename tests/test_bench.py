"""The benches still run what they claim to run: no timing here, only what would make them stop.

What belongs here: cheap checks of the scripts in ``bench/``. What does not: how long anything takes (`make bench`).
"""

import re
import runpy
from pathlib import Path

from pipelines import dictionary

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"


def test_the_bare_side_reads_nothing_that_only_the_warehouse_has() -> None:
    """bench/bare.py gets the stage's frames; what is made of the schema record and the written files it must skip."""
    skipped = runpy.run_path(str(PROJECT / "bench" / "bare.py"))["DESCRIBING"]
    made = {*dictionary.frames(dictionary.load(SQL), {}, []), "files", "broken_claims"}
    asking = {
        f"{path.parent.name}.{path.stem}"
        for layer in ("staging", "core", "marts", "meta")
        for path in (SQL / layer).glob("*.sql")
        if made & set(re.findall(r"\binput\.(\w+)", path.read_text(encoding="utf-8")))
    }
    assert asking == skipped
