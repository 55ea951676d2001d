"""docs/failures.md, from what the tests measured: ``python -m tests.failures.table`` writes it.

What belongs here: its words. What does not: the cases, the numbers (measured/).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.failures import measured
from tests.failures.cases import FAILURES, TARGETS, Failure
from tests.failures.content import CASES, ROWS

PATH = Path(__file__).resolve().parents[2] / "docs" / "failures.md"
_HEAD = """# What happens when a publisher's server fails

Each row is tried against a local server that misbehaves so, for every page that is fetched, after one good night
(`tests/failures/`). The cells hold what the tests measured when they were last recorded
(`UPDATE_FAILURES=1 pytest tests/failures`, then `python -m tests.failures.table`); each run of the tests holds itself
against that.

*failed, 1* is the state in `lukuina status` and the exit code of the night on which it is new; the second night says
nothing new. Measured as published are all figures with value, bound, dates, citation, edition and state, every admitted
row that was fetched, and the tables of grants and imports, before and after.

"""
_CONTENT = """
## Content that looks like data

What a page answers is well-formed and wrong, or right and unusual. *quarantined* editions are kept and shown, not
published. *unchanged* means that nothing was taken from it, or that it was read and says the same as before. Where a
cell says *published*, the change is right and is published: a new class, the first file of a source. Pages of text
(`totals`, `index-sv`, `news-2023`) have no columns; a page that is no longer understood keeps its last figure.

"""
_SHORT = """
*stea import* is the same workbook brought by hand. Half and doubled files of `ray`, `tutkiavustuksia` and `budjetti`
come after a good one of the same years or months. With no earlier file there is nothing to compare with, and these
cannot be caught: half a file, and amounts that are absurd but possible. When the first file was the wrong one, the
right one is what gets quarantined, and a person decides (`lukuina review`, `lukuina approve`). An export of
`tutkiavustuksia` is whatever the person selected, so half of one is no error that can be told: its decisions are taken,
and those of earlier exports stay. A file in which every row stands twice is refused everywhere; single repeated rows
are kept.

Not tried, because there is nothing to compare with: absurd amounts of the newest year in STEA's workbook, whose sums
are still open; STEA's endpoint gives names and business ids, and money only for years that the workbook lacks.
"""

_CRASH = """
## A run that is killed, a full disk

`tests/failures/test_crash.py` and `test_publish_crash.py` fail each write in turn, in four ways: killed, disk full,
refused, half written. Writes are counted while they happen, so that a new one is tried, too.

| Where | Faults injected | Lost, spoilt or mixed |
|---|---|---|
| raw store | {store} | 0 snapshots |
| build, publish, place the site | {published} | 0 files |

Tables and site are two folders, exchanged one right after the other. Both or neither is put: an error at the second
puts the first back, and a run that is killed between them leaves a note (`data/work/publishing.json`) by which the next
run puts the second one, too, before it does anything else. Where a file system cannot exchange, two renames follow each
other; a kill between them leaves no folder, and the next run brings the old one back.
"""
_KILLS = """
`tests/failures/test_kill.py` ended the whole command with SIGKILL {kills} times, spread over the run and over its
writes. After each, the raw store verified clean with every snapshot, and tables and site were both those of before
or both the new ones; {named} killed runs were named by the next. Meanwhile a reader in another process read
the DuckDB file, a Parquet file and a page {reads} times; {failed} failed.
"""

_NO_KILLS = """
`tests/failures/test_kill.py` ends the whole command with SIGKILL at 21 moments and writes, with a reader in another
process meanwhile; its numbers have not been recorded yet.
"""


def results() -> Mapping[str, list[Any]]:
    """Return what was measured: target and title → state, exit code, figures and rows that changed."""
    sources = {case.source for case in CASES}
    return {name: result for source in sorted(sources) for name, result in measured.known(f"matrix {source}").items()}


def _cell(failure: Failure, target: str, found: Mapping[str, list[Any]]) -> str:
    if failure.base and target in ("stea workbook", "stea organisations"):
        return "as the probes"
    state, code, changed = found[f"{target}: {failure.title}"]
    if failure.gone and target == "stea organisations":
        return f"none there any more, {code}, published"
    return f"{state}, {code}" + _wrong(changed, news=False)


def _transport(found: Mapping[str, list[Any]]) -> str:
    lines = [f"| Failure | {' | '.join(TARGETS)} | Message |", "|---" * (len(TARGETS) + 2) + "|"]
    for failure in FAILURES:
        cells = " | ".join(_cell(failure, target, found) for target in TARGETS)
        said = " or ".join(failure.said.split("|")) if failure.said != "." else "what the reader expected"
        lines.append(f"| {failure.title} | {cells} | {said} |")
    return "\n".join(lines) + "\n"


def _content(found: Mapping[str, list[Any]]) -> str:
    targets = list(dict.fromkeys(case.target for case in CASES))
    by_key = {(case.target, case.title): case for case in CASES}
    lines = [f"| Page | {' | '.join(ROWS)} |", "|---" * (len(ROWS) + 1) + "|"]
    for target in targets:
        cells: list[str] = []
        for title in ROWS:
            case = by_key.get((target, title))
            if case is None:
                cells.append("–")
                continue
            state, code, changed = found[f"{target}: {title}"]
            cells.append(
                f"{state}, {code}" + (", published" if changed and case.news else "") + _wrong(changed, case.news)
            )
        lines.append(f"| {target} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _wrong(changed: int, news: bool) -> str:
    return f", {changed} WRONG" if changed and not news else ""


def _count(found: Mapping[str, list[Any]]) -> str:
    right = {f"{case.target}: {case.title}" for case in CASES if case.news}
    right |= {f"stea organisations: {failure.title}" for failure in FAILURES if failure.gone}
    wrong = sum(changed for name, (_, _, changed) in found.items() if name not in right)
    pages = {name.partition(": ")[0] for name in found}
    sources = {page.split()[0] for page in pages}
    titles = {name.partition(": ")[2] for name in found}
    return (
        f"\n{len(found)} cases measured: {len(pages)} pages of {len(sources)} sources, {len(titles)} failures. "
        f"Figures and rows published wrongly: {wrong}.\n"
    )


def _crash() -> str:
    store, published = measured.known("store"), measured.known("publish")
    kills = measured.known("kills")
    told = _KILLS.format(**kills) if {"kills", "reads"} <= kills.keys() else _NO_KILLS
    return _CRASH.format(store=sum(store.values()), published=sum(published.values())) + told


def text() -> str:
    """Return the page."""
    found = results()
    return _HEAD + _transport(found) + _CONTENT + _content(found) + _count(found) + _SHORT + _crash()


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
