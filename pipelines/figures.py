"""The figures: which value is valid on a date, known or said on a date.

What belongs here: choosing among observations by a figure's rules (R4–R10). What does not: SQL, HTML, any figure's
name or number, sentences (pipelines/quotes.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from pipelines.dates import last_day
from pipelines.vocabulary import BASES

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec, Select, Share

Clock = Literal["known", "said"]


@dataclass(frozen=True)
class Item:
    """One line of a ranked list."""

    rank: int
    name: str


@dataclass(frozen=True)
class Computed:
    """A share that we compute beside the printed value (R9). ``value`` is percent, rounded to one decimal."""

    name: str
    value: float
    bound: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """What a figure says on one day of one clock.

    ``value`` is null for lists and sentences and when nothing was known; ``bound`` is null with it. ``period`` or
    ``as_of`` is the reference, as precise as printed. ``missing`` names the regions that a sum lacks.
    ``stale_from`` is the day from which a newer value is overdue; ``state`` is the state on the day asked.
    """

    figure: str
    value: float | None = None
    items: tuple[Item, ...] = ()
    unit: str | None = None
    bound: str | None = None
    period: str | None = None
    as_of: str | None = None
    published_on: date | None = None
    publisher: str = ""
    printed_citation: str = ""
    source_url: str = ""
    status: str | None = None
    state: str = "current"
    coverage: str = ""
    missing: tuple[str, ...] = ()
    computed: tuple[Computed, ...] = ()
    stale_from: date | None = None
    edition: str = ""
    snapshot_sha256: str = ""
    series: str = ""
    recorded_at: date | None = None

    @property
    def reference(self) -> str | None:
        """The reference period or date."""
        return self.period or self.as_of


OLD_AFTER_DAYS = 730
"""A figure that no automatic source renews is called old when its reference lies this far back (R10)."""


@dataclass(frozen=True)
class Row:
    """One recorded observation, as choosing sees it."""

    series: str
    geo: str
    category: str
    coverage: str
    reference: str
    is_period: bool
    published_on: date
    value: float
    unit: str
    bound: str
    status: str
    basis: str
    publisher: str
    citation: str
    source_url: str
    edition: str
    snapshot_sha256: str
    recorded_from: date
    withdrawn_on: date | None
    printed_in_handbook: bool
    sequence: int = 0

    def matches(self, rule: "Select") -> bool:
        """Whether the rule may pick this row (place apart)."""
        return (
            self.series == rule.series
            and self.coverage == rule.coverage
            and self.basis in rule.basis
            and self.status in rule.statuses
            and rule.category in ("*", self.category)
        )


class Observed:
    """The rows that figures are picked from, on either clock.

    ``admitted`` tells of an edition the days on which its judgement changed; an edition that is not there is
    admitted (it was never compared with anything).
    """

    def __init__(
        self,
        rows: Sequence[Row],
        admitted: Mapping[str, Sequence[tuple[date, bool]]],
        regions: Sequence[str],
    ) -> None:
        self._by_series: dict[str, list[Row]] = {}
        for row in rows:
            self._by_series.setdefault(row.series, []).append(row)
        self._admitted, self.regions = admitted, tuple(regions)
        self._matched: dict[Select, list[Row]] = {}
        self.recorded_since = min((row.recorded_from for row in rows), default=None)

    def known_on(self, day: date, rule: "Select") -> list[Row]:
        """Rows for a rule that were public on ``day``, judged by what we know today."""
        return [
            row
            for row in self._matching(rule)
            if row.published_on <= day and row.withdrawn_on is None and self._is_admitted(row.edition, date.max)
        ]

    def said_on(self, day: date, rule: "Select") -> list[Row]:
        """Rows for a rule that we had recorded on ``day``, judged as we could judge on that day."""
        return [
            row
            for row in self._matching(rule)
            if row.recorded_from <= day
            and row.published_on <= day
            and (row.withdrawn_on is None or day < row.withdrawn_on)
            and self._is_admitted(row.edition, day)
        ]

    def days(self, spec: "FigureSpec", clock: Clock) -> list[date]:
        """Days on which the figure may have changed: publications (known), recordings and judgements (said)."""
        found: set[date] = set()
        for rule in rules_of(spec):
            for row in self._matching(rule):
                if clock == "known":
                    found.add(row.published_on)
                    continue
                found |= {max(row.recorded_from, row.published_on)}
                found |= {row.withdrawn_on} if row.withdrawn_on else set()
                found |= {day for day, _ in self._admitted.get(row.edition, ()) if day >= row.recorded_from}
        return sorted(found)

    def _matching(self, rule: "Select") -> list[Row]:
        """Rows that a rule may pick, looked up once a rule: a figure's history asks for every day of change."""
        if rule not in self._matched:
            self._matched[rule] = self._look(rule)
        return self._matched[rule]

    def _look(self, rule: "Select") -> list[Row]:
        rows = [row for row in self._by_series.get(rule.series, ()) if row.matches(rule)]
        if rule.geo == "regions":
            return [row for row in rows if row.geo in self.regions]
        return [row for row in rows if row.geo == rule.geo]

    def _is_admitted(self, edition: str, day: date) -> bool:
        verdict = True
        for since, admitted in self._admitted.get(edition, ()):
            if since <= day:
                verdict = admitted
        return verdict


Look = Callable[[date, "Select"], list[Row]]


def rules_of(spec: "FigureSpec") -> "list[Select]":
    """Every rule that may touch the figure's value or computed shares."""
    rules = list(spec.select)
    for share in spec.computed:
        rules += [share.numerator, *share.denominator]
    return rules


def choose(spec: "FigureSpec", observed: Observed, day: date, clock: Clock = "known") -> Value:
    """Return what a figure says on a day of one clock (R4–R10)."""
    look = observed.known_on if clock == "known" else observed.said_on
    if spec.kind == "sentence":
        return _sentence(spec, day, clock, observed)
    nothing = Value(spec.id, unit=spec.unit, state="on_request" if spec.update_path == "on-request" else "missing")
    best: tuple[date, int, list[Row]] | None = None
    for order, rule in enumerate(spec.select):
        group = _newest(look(day, rule), whole=spec.kind == "list")
        if group:
            place = (last_day(group[0].reference), -order)
            if best is None or place > best[:2]:
                best = (*place, group)
    if best is None:
        return nothing
    try:
        value = _aged(spec, _value(spec, spec.select[-best[1]], best[2], observed.regions), day)
    except ValueError:  # at_least meets at_most: no figure (R4)
        return nothing
    shares = tuple(s for s in (_share(share, look, day, observed.regions) for share in spec.computed) if s)
    return replace(value, computed=shares)


def history(spec: "FigureSpec", observed: Observed, clock: Clock) -> list[tuple[date, Value]]:
    """Return the days on which the figure changed on one clock, with what it then said.

    ``state`` is that of a fresh value; the day alone turns it into ``later_state`` on ``stale_from``.
    """
    found: list[tuple[date, Value]] = []
    for day in observed.days(spec, clock) if spec.kind != "sentence" else _sentence_days(spec, clock, observed):
        value = choose(spec, observed, day, clock)
        value = replace(value, state="on_request" if value.state == "on_request" else "current")
        if value.published_on is None and not found:
            continue
        if not found or found[-1][1] != value:
            found.append((day, value))
    return found


def _newest(rows: list[Row], whole: bool = False) -> list[Row]:
    """Rows of the newest reference, one a place and category: the newest published, then the best basis.

    ``whole``: the rows of its newest publication only, since a list is one unit and replaced whole (R7).
    """
    if not rows:
        return []
    newest = max(rows, key=lambda row: last_day(row.reference)).reference
    ordered = sorted(
        (row for row in rows if row.reference == newest),
        key=lambda row: (row.published_on, -BASES.index(row.basis), row.recorded_from, row.sequence),
    )
    if whole:
        last = ordered[-1]
        ordered = [r for r in ordered if (r.published_on, r.edition) == (last.published_on, last.edition)]
    return list({(row.geo, row.category): row for row in ordered}.values())


def _value(spec: "FigureSpec", rule: "Select", rows: list[Row], regions: tuple[str, ...]) -> Value:
    first = max(rows, key=lambda row: (row.published_on, row.recorded_from, row.sequence))
    missing = tuple(r for r in regions if r not in {row.geo for row in rows}) if rule.geo == "regions" else ()
    ranked = sorted(rows, key=lambda row: row.value)
    is_list = spec.kind == "list"
    value = Value(
        figure=spec.id,
        value=None if is_list else sum(row.value for row in rows),
        items=tuple(Item(int(row.value), row.category) for row in ranked) if is_list else (),
        unit=first.unit,
        bound=None if is_list else combine([row.bound for row in rows] + (["at_least"] if missing else [])),
        period=first.reference if first.is_period else None,
        as_of=None if first.is_period else first.reference,
        published_on=first.published_on,
        publisher=first.publisher,
        printed_citation=first.citation,
        source_url=first.source_url,
        status="derived" if len(rows) > 1 and not is_list else first.status,
        coverage=rule.coverage,
        missing=missing,
        edition=first.edition,
        snapshot_sha256=first.snapshot_sha256,
        series=rule.series,
        recorded_at=max(row.recorded_from for row in rows),
    )
    return _as_printed(spec, value) if any(row.printed_in_handbook for row in rows) else value


def _as_printed(spec: "FigureSpec", value: Value) -> Value:
    """Give the handbook's own value the handbook's bound and reference (docs/adr/0002).

    The observation keeps what its source says ("noin 10 000"); the page of 2019 printed it without the word.
    """
    printed = spec.handbook
    if printed is None or printed.value != value.value or printed.published_on != value.published_on:
        return value
    return replace(value, bound=printed.bound, period=printed.period, as_of=printed.as_of)


def combine(bounds: Iterable[str]) -> str:
    """Return the bound of a sum (R4). Raises ValueError when at_least meets at_most: that is no figure."""
    kinds = set(bounds)
    if "about" in kinds:
        return "about"
    if {"at_least", "at_most"} <= kinds:
        raise ValueError("a sum of at_least and at_most has no bound")
    return next(iter(kinds - {"exact"}), "exact")


def _share(share: "Share", look: Look, day: date, regions: tuple[str, ...]) -> Computed | None:
    """Compute a share of the numerator's newest reference, from what was known; None while a part is missing."""
    numerator = _newest(look(day, share.numerator))
    if not numerator:
        return None
    reference = numerator[0].reference
    parts: list[Row] = []
    for rule in share.denominator:
        found = _newest([row for row in look(day, rule) if row.reference == reference])
        if not found:
            return None
        parts += found
    top, bottom = sum(row.value for row in numerator), sum(row.value for row in parts)
    below = combine(row.bound for row in parts)
    above = combine(row.bound for row in numerator)
    flipped = {"at_least": "at_most", "at_most": "at_least"}.get(below, below)
    try:
        bound = combine([above, flipped])
    except ValueError:
        return None
    inputs = tuple(f"{row.series} {row.category} {row.reference} = {row.value:.0f}" for row in (*numerator, *parts))
    return Computed(share.name.fi, round(100 * top / bottom, 1), bound, inputs)


def _aged(spec: "FigureSpec", value: Value, day: date) -> Value:
    """Set the state of the day, and the day from which a newer value is overdue (R10)."""
    end = last_day(value.reference or "9999")
    if spec.closed:
        return replace(value, state="closed" if day >= spec.closed.since else "current", stale_from=spec.closed.since)
    if spec.update_path == "on-request":
        return replace(value, state="on_request")
    automatic = spec.update_path == "automatic" and spec.fresh_for_days is not None
    turns = end + timedelta(days=spec.fresh_for_days or 0 if automatic else OLD_AFTER_DAYS)
    later = "stale" if automatic else "old"
    return replace(value, state=later if day >= turns else "current", stale_from=turns)


def later_state(spec: "FigureSpec") -> str:
    """Return the state that a figure takes on ``stale_from``."""
    if spec.closed:
        return "closed"
    return "stale" if spec.update_path == "automatic" else "old"


def _sentence(spec: "FigureSpec", day: date, clock: Clock, observed: Observed) -> Value:
    printed = spec.handbook
    if printed is None or not any(d <= day for d in _sentence_days(spec, clock, observed)):
        return Value(spec.id, state="missing")
    return Value(
        figure=spec.id,
        published_on=printed.published_on,
        publisher=spec.publisher,
        printed_citation=printed.citation_correct,
        status="ok",
        state="old" if day >= printed.published_on + timedelta(days=OLD_AFTER_DAYS) else "current",
        stale_from=printed.published_on + timedelta(days=OLD_AFTER_DAYS),
        coverage="as_defined",
        recorded_at=observed.recorded_since,
    )


def _sentence_days(spec: "FigureSpec", clock: Clock, observed: Observed) -> list[date]:
    if spec.handbook is None:
        return []
    if clock == "known":
        return [spec.handbook.published_on]
    return [observed.recorded_since] if observed.recorded_since else []
