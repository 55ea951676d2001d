"""Which editions are admitted and which are quarantined (rule R8).

What belongs here: comparing editions with their neighbours. What does not: how an edition was read or stored.

An edition is judged as a whole. Within a family (the same measure and coverage from the same producer) we look for
the longest chain of editions, in order of reference, in which each is plausible beside the next: that compares with
the admitted neighbours on both sides, so that one wrong early edition cannot condemn the good ones after it. With
two editions that contradict each other and no third, the one recorded first stays.

A person's decision (decisions.py) stands above that: a rejected edition is out and is nobody's neighbour; an approved
one is in. What was recorded by the day of approval was in front of the person and condemns it no more, nor it that;
what came later is compared with it as with any other.
Taught by PRH's list of 2021 (names and numbers mispaired) and the regional list of July 2019.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipelines.decisions import Decision, by_edition, standing

_WEIGHT = 1_000_000
"""What an approved edition counts in a chain: more than any number of others."""

_Judged = list[tuple["Candidate", "Judgement"]]


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


@dataclass
class Memory:
    """What was found when the same editions were judged on an earlier day: ten years are judged day by day.

    ``families``: family → its members and approvals, and how they were judged. ``pairs``: (family, id, id) → whether
    the two go together.
    """

    families: dict[str, tuple[object, _Judged]] = field(default_factory=dict[str, tuple[object, _Judged]])
    pairs: dict[tuple[str, str, str], bool] = field(default_factory=dict[tuple[str, str, str], bool])

    def judged(self, family: str, members: list[Candidate], approved: Mapping[str, date]) -> _Judged:
        """Judge a family, or say again how it was judged when it was the same."""
        same = ([c.id for c in members], {c.id: approved[c.id] for c in members if c.id in approved})
        if family not in self.families or self.families[family][0] != same:
            self.families[family] = (same, _judge_family(family, members, approved, self))
        return self.families[family][1]

    def together(self, family: str, a: Candidate, b: Candidate) -> bool:
        """Whether two editions of a family go together."""
        key = (family, a.id, b.id)
        if key not in self.pairs:
            self.pairs[key] = not contradiction(a.panels[family], b.panels[family], max(a.tolerance, b.tolerance))
        return self.pairs[key]


def judge(
    candidates: Iterable[Candidate], decided: Mapping[str, Decision] | None = None, memory: Memory | None = None
) -> dict[str, Judgement]:
    """Judge editions against each other; returns id → judgement for every one.

    ``decided``: edition → the decision of a person that stands. ``memory``: of other days of the same editions.
    """
    everyone, decided, memory = list(candidates), decided or {}, memory or Memory()
    approved = {edition: d.decided_on for edition, d in decided.items() if d.verdict == "approved"}
    found: dict[str, Judgement] = {}
    families: dict[str, list[Candidate]] = {}
    for candidate in everyone:
        decision = decided.get(candidate.id)
        if decision is not None and decision.verdict == "rejected":
            found[candidate.id] = Judgement("quarantined", f"rejected: {decision.reason}")
            continue
        if candidate.problems and decision is None:
            found[candidate.id] = Judgement("quarantined", "; ".join(candidate.problems))
            continue
        for family in candidate.panels:
            families.setdefault(family, []).append(candidate)
    for family, members in sorted(families.items()):
        for candidate, judgement in memory.judged(family, members, approved):
            earlier = found.get(candidate.id)
            if earlier is None or earlier.admitted:  # quarantined in one family is quarantined
                found[candidate.id] = judgement
    for candidate in everyone:
        found.setdefault(candidate.id, Judgement("admitted"))
        if candidate.id in approved:
            found[candidate.id] = Judgement("admitted", f"approved: {decided[candidate.id].reason}")
    return found


def timeline(
    candidates: Iterable[Candidate], decisions: Iterable[Decision] = ()
) -> dict[str, list[tuple[date, Judgement]]]:
    """Judge on every day on which something was recorded or decided, with what was recorded and decided by then.

    Returns id → (day, judgement) from the edition's own day on, only where the judgement changes: what ``said_on``
    needs, since we said on a day what we could judge on that day.
    """
    everyone = sorted(candidates, key=lambda c: c.recorded_on)
    found: dict[str, list[tuple[date, Judgement]]] = {c.id: [] for c in everyone}
    made, memory = by_edition(decisions), Memory()
    days = {c.recorded_on for c in everyone} | {d.decided_on for own in made.values() for d in own}
    for day in sorted(days):
        recorded = (c for c in everyone if c.recorded_on <= day)
        for edition, judgement in judge(recorded, standing(made, day), memory).items():
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
            worst, text = move, f"{key}: {a[key]:.15g} → {b[key]:.15g} ({100 * (b[key] - a[key]) / base:+.0f} %)"
    return text


def _judge_family(family: str, members: list[Candidate], approved: Mapping[str, date], memory: Memory) -> _Judged:
    ordered = sorted(members, key=lambda c: (c.reference, *c.entered))
    chain = _longest_chain(family, ordered, approved, memory)
    kept = [ordered[i] for i in chain]
    results: _Judged = []
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


def _seen(a: Candidate, b: Candidate, approved: Mapping[str, date]) -> bool:
    """Whether a person approved one of two editions with the other before them, or approved both."""
    if a.id in approved and b.id in approved:
        return True
    if not approved:
        return False
    return any(one.id in approved and other.recorded_on <= approved[one.id] for one, other in ((a, b), (b, a)))


def _longest_chain(family: str, ordered: list[Candidate], approved: Mapping[str, date], memory: Memory) -> set[int]:
    """Return the positions of the longest chain of neighbours that go together; ties go to the first recorded."""
    best: list[tuple[int, float, int | None]] = []  # length, minus the sum of recording ranks, predecessor
    longest: list[int] = []  # length of the longest chain that ends at a position or before it
    ranks = {c.id: rank for rank, c in enumerate(sorted(ordered, key=lambda c: c.entered))}
    for i, candidate in enumerate(ordered):
        weight = _WEIGHT if candidate.id in approved else 1
        length, score, before = weight, -float(ranks[candidate.id]), None
        for j in reversed(range(i)):  # the nearest first: it mostly goes together, and then no other need be looked at
            if longest[j] + weight < length:
                break
            reach = (best[j][0] + weight, best[j][1] - ranks[candidate.id])
            if reach < (length, score):
                continue
            if _seen(ordered[j], candidate, approved) or memory.together(family, ordered[j], candidate):
                length, score, before = *reach, j
        best.append((length, score, before))
        longest.append(max(length, longest[-1] if longest else 0))
    end: int | None = max(range(len(best)), key=lambda i: best[i][:2])
    chain: set[int] = set()
    while end is not None:
        chain.add(end)
        end = best[end][2]
    return chain
