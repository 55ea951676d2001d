"""docs/failures.md, from the declared cases: ``python -m tests.failures.table`` writes it.

What belongs here: its words. What does not: the cases.
"""

from pathlib import Path

from tests.failures.cases import FAILURES, TARGETS, Failure

PATH = Path(__file__).resolve().parents[2] / "docs" / "failures.md"
_HEAD = """# What happens when a publisher's server fails

Each row is tried against a local server that misbehaves so, for every page that is fetched, after one good night
(`tests/failures/`). This file is written from the cases: `python -m tests.failures.table`.

In every case what was published stays: all figures of all sources are the same before and after, the raw store verifies
clean, and the second night says nothing new (exit code 0). *failed, 1* is the state in `lukuina status` and the exit
code of the night on which it is new.

"""

_CRASH = """
## A run that is killed, a full disk

`tests/failures/test_crash.py` fails each operation of a write of the raw store in turn, in four ways: killed, disk
full, refused, half written. On 24.11.2026 it tried 236 faults; nothing that was logged was lost, and after the next run
`lukuina verify` was clean. Not tried yet: faults in the build, in publishing and in placing the site; kills of the
whole command. Parquet files are replaced one by one, so a kill there can leave some new and some old: the DuckDB file
is whole all the time, and the next `lukuina run` replaces the rest.
"""


def _cell(failure: Failure, target: str) -> str:
    if failure.base and target in ("stea workbook", "stea organisations"):
        return "as the probes"
    if failure.gone and target == "stea organisations":
        return "none there, 0"
    if failure.gone and target == "stea probes":
        return "others are asked, 0"
    return "failed, 1"


def text() -> str:
    lines = [f"| Failure | {' | '.join(TARGETS)} | Message |", "|---" * (len(TARGETS) + 2) + "|"]
    for failure in FAILURES:
        cells = " | ".join(_cell(failure, target) for target in TARGETS)
        said = " or ".join(failure.said.split("|")) if failure.said != "." else "what the reader expected"
        lines.append(f"| {failure.title} | {cells} | {said} |")
    tried = sum(_cell(f, t) != "as the probes" for f in FAILURES for t in TARGETS)
    count = f"\n{tried} cases: {len(TARGETS)} pages of 3 sources, {len(FAILURES)} failures. Published wrongly: 0.\n"
    return _HEAD + "\n".join(lines) + "\n" + count + _CRASH


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
