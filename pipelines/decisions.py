"""What people decided about editions: approved or rejected, with reason, day and person.

What belongs here: the append-only file ``data/raw/decisions/decisions.jsonl``, reading it with every line checked, and
which decision stands on a day. What does not: judging (judge.py), arguments (cli/reviewing.py).

A line is never changed or removed: a decision that was wrong is followed by another one. A decision holds from its day
on, so that what we said before it stays as it was said.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unicodedata import category

from pipelines.errors import InputError
from pipelines.files import append_line

FOLDER = "decisions"
VERDICTS = ("approved", "rejected")

_KEYS = {"edition", "verdict", "reason", "by", "decided_on"}
_LONGEST = 1000


@dataclass(frozen=True)
class Decision:
    """One decision. ``verdict``: approved or rejected; ``by``: who, "" when not said; ``decided_on``: Helsinki day."""

    edition: str
    verdict: str
    reason: str
    by: str
    decided_on: date


def path_of(raw: Path) -> Path:
    """Return the file of an installation's raw store."""
    return raw / FOLDER / "decisions.jsonl"


def load(raw: Path) -> tuple[Decision, ...]:
    """Return the decisions in the order in which they were made; a torn last line is none.

    Raises InputError naming file and line of the first line that is not a decision.
    """
    path = path_of(raw)
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    return tuple(_decision(f"{path}:{number}", line) for number, line in enumerate(lines, 1))


def append(raw: Path, decision: Decision) -> None:
    """Add a decision, with fsync. Raises InputError for an empty reason or one that is not a plain line."""
    check_text("--reason", decision.reason, needed=True)
    check_text("--by", decision.by)
    path = path_of(raw)
    line = json.dumps({**asdict(decision), "decided_on": decision.decided_on.isoformat()}, ensure_ascii=False)
    append_line(path, line)


def check_text(place: str, text: str, needed: bool = False) -> None:
    """Raise InputError unless ``text`` is one plain line of at most 1 000 characters, and there when ``needed``."""
    if needed and not text.strip():
        raise InputError(place, "empty", "a sentence that says why; it is shown publicly")
    found = next((c for c in text if category(c) in {"Cc", "Cs", "Zl", "Zp"}), None)
    if found is not None:
        raise InputError(place, f"holds the control character U+{ord(found):04X}", "one line of text")
    if len(text) > _LONGEST:
        raise InputError(place, f"{len(text)} characters", f"at most {_LONGEST}")


def by_edition(decisions: Iterable[Decision]) -> dict[str, tuple[Decision, ...]]:
    """Return edition → its decisions in order of day, then of the file."""
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.edition, []).append(decision)
    return {edition: tuple(sorted(own, key=lambda d: d.decided_on)) for edition, own in found.items()}


def standing(decisions: Mapping[str, Sequence[Decision]], day: date) -> dict[str, Decision]:
    """Return edition → the decision that stands on ``day``: the last one made by then."""
    made = {edition: [d for d in own if d.decided_on <= day] for edition, own in decisions.items()}
    return {edition: own[-1] for edition, own in made.items() if own}


def _decision(place: str, line: str) -> Decision:
    try:
        record: dict[str, Any] = json.loads(line)
        if set(record) != _KEYS or record["verdict"] not in VERDICTS or not str(record["reason"]).strip():
            raise ValueError
        record["decided_on"] = date.fromisoformat(record["decided_on"])
        return Decision(**record)
    except (ValueError, TypeError):
        expected = '{"edition": …, "verdict": "approved" or "rejected", "reason": …, "by": …, "decided_on": YYYY-MM-DD}'
        raise InputError(place, f"not a decision: {line[:60]!r}", expected, "Restore it from a backup") from None
