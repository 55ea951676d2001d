"""Editions that wait for a person, and what a person decides about them.

What belongs here: listing the editions in quarantine with what differs, approving and rejecting one, then the run.
What does not: judging (judge.py), the file of decisions (decisions.py), arguments (cli/reviewing.py).
"""

from dataclasses import dataclass
from datetime import date

from pipelines import clock, decisions, judge, published, run
from pipelines.collect import Collected
from pipelines.errors import InputError, nearest
from pipelines.raw import RawStore
from pipelines.settings import Settings

_SHOWN = 8


@dataclass(frozen=True)
class Pending:
    """An edition in quarantine. ``differs``: its largest moves against the nearest admitted neighbour, in words."""

    edition: str
    source: str
    page: str
    reference: str
    recorded_on: date
    reason: str
    differs: tuple[str, ...]


def pending(settings: Settings) -> list[Pending]:
    """Return the editions in quarantine, newest recorded first."""
    collected = run.collect(settings, RawStore(settings.raw))
    found = [c for c in collected.candidates if c.id in collected.quarantined]
    return [
        Pending(
            *(c.id, c.source, c.page, c.reference, c.recorded_on),
            collected.verdict(c.id).reason,
            _differs(collected, c),
        )
        for c in sorted(found, key=lambda c: (c.recorded_on, c.reference, c.id), reverse=True)
    ]


def decide(settings: Settings, edition: str, verdict: str, reason: str, by: str, say: run.Say) -> run.Report:
    """Record a decision that holds from today on, then run and render.

    Raises InputError, with nothing recorded, for an unknown edition, an empty reason, or nothing to decide.
    """
    decisions.check_text("--reason", reason, needed=True)
    decisions.check_text("--by", by)
    store = run.prepare(settings, say)
    collected = run.collect(settings, store)
    known = {candidate.id for candidate in collected.candidates}
    if edition not in known:
        raise InputError(f"edition {edition!r}", "unknown", nearest(edition, sorted(known)), "See: lukuina review")
    day = clock.local_date(clock.now())
    stands = decisions.standing(decisions.by_edition(collected.decided), date.max).get(edition)
    if verdict == "approved" and collected.verdict(edition).admitted:
        raise InputError(f"edition {edition!r}", "is admitted; there is nothing to approve", fix="See: lukuina review")
    if stands is not None and stands.verdict == verdict:
        raise InputError(f"edition {edition!r}", f"was {verdict} on {stands.decided_on}: {stands.reason}")
    before = published.quarantine(settings.marts)
    before = sorted(collected.quarantined) if before is None else before
    known_bad = [*before, edition]  # what a person just put there is no news to that person
    decisions.append(settings.raw, decisions.Decision(edition, verdict, reason.strip(), by.strip(), day))
    say(f"{edition}: {verdict} from {day} on")
    with run.kept(f"{edition}: {verdict}"):
        return run.run(settings, say, before=known_bad, with_site=True)


def _differs(collected: Collected, candidate: judge.Candidate) -> tuple[str, ...]:
    found: list[str] = []
    for family, panel in sorted(candidate.panels.items()):
        beside = [c for c in collected.candidates if family in c.panels and collected.verdict(c.id).admitted]
        for other in _neighbours(candidate, beside):
            moves = [
                (abs(value - other.panels[family][key]) / (abs(other.panels[family][key]) or 1.0), key)
                for key, value in panel.items()
                if key in other.panels[family]
            ]
            tolerance = max(candidate.tolerance, other.tolerance)
            large = [pair for pair in sorted(moves, reverse=True) if pair[0] > tolerance + 1e-9]
            found += [
                f"{key}: {panel[key]:.15g}, in {other.reference} {other.panels[family][key]:.15g}"
                for _, key in large[:_SHOWN]
            ]
            if len(large) > _SHOWN:
                found.append(f"and {len(large) - _SHOWN} others against {other.reference}")
    return tuple(found)


def _neighbours(candidate: judge.Candidate, admitted: list[judge.Candidate]) -> list[judge.Candidate]:
    earlier = [c for c in admitted if c.reference <= candidate.reference]
    later = [c for c in admitted if c.reference > candidate.reference]
    return [
        *sorted(earlier, key=lambda c: (c.reference, c.id))[-1:],
        *sorted(later, key=lambda c: (c.reference, c.id))[:1],
    ]
