"""Which editions are admitted and which are quarantined (rule R8).

What belongs here: comparing editions with their neighbours. What does not: how an edition was read or stored.

An edition is judged as a whole. Within a family (the same measure and coverage from the same producer) we look for
the longest chain of editions, in order of reference, in which each is plausible beside the next: that compares with
the admitted neighbours on both sides, so that one wrong early edition cannot condemn the good ones after it. With
two editions that contradict each other and no third, the one recorded first stays.
Taught by PRH's list of 2021 (names and numbers mispaired) and the regional list of July 2019.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Candidate:
    """What judging needs to know of an edition.

    ``panels``: family → key → value. ``recorded_on``: the day it entered our store; ``sequence``: its place among
    those of the same day (0 = keyed by a person, before anything fetched). ``problems``: what is wrong with it
    whatever its neighbours say.
    """

    id: str
    source: str
    page: str
    reference: str
    recorded_on: date
    panels: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    tolerance: float = 0.25
    problems: tuple[str, ...] = ()
    sequence: int = 0

    @property
    def entered(self) -> tuple[date, int, str, str]:
        """The order in which editions entered our record."""
        return (self.recorded_on, self.sequence, self.reference, self.id)


@dataclass(frozen=True)
class Judgement:
    """``state`` is admitted, unconfirmed (admitted, nothing to compare with) or quarantined; ``reason`` says why."""

    state: str
    reason: str = ""

    @property
    def admitted(self) -> bool:
        """Whether the edition's rows may be used."""
        return self.state != "quarantined"


def judge(candidates: Iterable[Candidate]) -> dict[str, Judgement]:
    """Judge editions against each other; returns id → judgement for every one."""
    everyone = list(candidates)
    found: dict[str, Judgement] = {}
    families: dict[str, list[Candidate]] = {}
    for candidate in everyone:
        if candidate.problems:
            found[candidate.id] = Judgement("quarantined", "; ".join(candidate.problems))
            continue
        for family in candidate.panels:
            families.setdefault(family, []).append(candidate)
    for family, members in sorted(families.items()):
        for candidate, judgement in _judge_family(family, members):
            earlier = found.get(candidate.id)
            if earlier is None or earlier.admitted:  # quarantined in one family is quarantined
                found[candidate.id] = judgement
    for candidate in everyone:
        found.setdefault(candidate.id, Judgement("admitted"))
    return found


def timeline(candidates: Iterable[Candidate]) -> dict[str, list[tuple[date, Judgement]]]:
    """Judge on every day on which something was recorded, with what was recorded by then.

    Returns id → (day, judgement) from the edition's own day on, only where the judgement changes: what ``said_on``
    needs, since we said on a day what we could judge on that day.
    """
    everyone = sorted(candidates, key=lambda c: c.recorded_on)
    found: dict[str, list[tuple[date, Judgement]]] = {c.id: [] for c in everyone}
    for day in sorted({c.recorded_on for c in everyone}):
        for edition, judgement in judge(c for c in everyone if c.recorded_on <= day).items():
            steps = found[edition]
            if not steps or steps[-1][1] != judgement:
                steps.append((day, judgement))
    return found


def contradiction(a: Mapping[str, float], b: Mapping[str, float], tolerance: float) -> str:
    """Return the largest implausible move between two panels in words, or "" when they go together."""
    worst, text = tolerance, ""
    for key in sorted(a.keys() & b.keys()):
        base = abs(a[key]) or 1.0
        move = abs(b[key] - a[key]) / base
        if move > worst + 1e-9:
            worst, text = move, f"{key}: {a[key]:g} → {b[key]:g} ({100 * (b[key] - a[key]) / base:+.0f} %)"
    return text


def _judge_family(family: str, members: list[Candidate]) -> list[tuple[Candidate, Judgement]]:
    ordered = sorted(members, key=lambda c: (c.reference, *c.entered))
    chain = _longest_chain(family, ordered)
    kept = [ordered[i] for i in chain]
    results: list[tuple[Candidate, Judgement]] = []
    for position, candidate in enumerate(ordered):
        if position in chain:
            results.append((candidate, Judgement("admitted" if len(kept) > 1 else "unconfirmed")))
            continue
        beside = _neighbour(family, candidate, position, [(i, ordered[i]) for i in chain])
        results.append((candidate, Judgement("quarantined", beside)))
    return results


def _neighbour(family: str, candidate: Candidate, position: int, kept: list[tuple[int, Candidate]]) -> str:
    """Say with which admitted neighbour the edition does not go together, and where most."""
    for index, other in sorted(kept, key=lambda pair: abs(pair[0] - position)):
        first, second = (other, candidate) if index < position else (candidate, other)
        tolerance = max(first.tolerance, second.tolerance)
        text = contradiction(first.panels[family], second.panels[family], tolerance)
        if text:
            limit = "must be equal" if tolerance == 0 else f"at most ±{100 * tolerance:.0f} %"
            return f"{text} against edition {other.reference} ({limit})"
    return f"does not go together with the admitted editions of {family}"


def _longest_chain(family: str, ordered: list[Candidate]) -> set[int]:
    """Return the positions of the longest chain of neighbours that go together; ties go to the first recorded."""
    best: list[tuple[int, float, int | None]] = []  # length, minus the sum of recording ranks, predecessor
    ranks = {c.id: rank for rank, c in enumerate(sorted(ordered, key=lambda c: c.entered))}
    for i, candidate in enumerate(ordered):
        length, score, before = 1, -float(ranks[candidate.id]), None
        for j in range(i):
            tolerance = max(candidate.tolerance, ordered[j].tolerance)
            reach = (best[j][0] + 1, best[j][1] - ranks[candidate.id])
            if reach <= (length, score):
                continue
            if not contradiction(ordered[j].panels[family], candidate.panels[family], tolerance):
                length, score, before = *reach, j
        best.append((length, score, before))
    end: int | None = max(range(len(best)), key=lambda i: best[i][:2])
    chain: set[int] = set()
    while end is not None:
        chain.add(end)
        end = best[end][2]
    return chain
