"""Applying corrections to the recorded rows, guarded: the old value must be found, else nothing is published.

What belongs here: finding the observation that a correction names, checking what was said of it on that day, changing
the rows so that both clocks stay right, and marking the vintages that a correction explains. What does not: the files
of corrections (corrections.py), choosing a figure's value (figures.py).

A corrected row is never overwritten: the old one is withdrawn on the day of the correction and the new one, recorded
on that day, stands beside it (R3, R9). A correction goes on to hold for every later row of the same producer that
repeats the wrong value, and ends by itself when the producer says something else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isclose
from typing import Any

import polars as pl

from pipelines import figures
from pipelines.corrections import Correction, Entry
from pipelines.errors import nearest
from pipelines.figure_spec import FigureSpec
from pipelines.figures import Observed
from pipelines.observations import KEY, RECORDED
from pipelines.registry import Registry
from pipelines.vocabulary import BASES

Admitted = Callable[[str, date], bool]
"""Whether an edition was admitted on a day."""

_SHOWN = 12
_REFERENCE = pl.when(pl.col("period") != "").then("period").otherwise("as_of")


@dataclass(frozen=True)
class Applied:
    """A correction with the observation it was found to mean.

    ``key``: series, geo, dimension, category, coverage, reference (R2); ``lineage``: the producer; ``changed_on``: the
    day on which figures changed by it; ``figures``: ids of those that may show the observation.
    """

    entry: Entry
    key: Mapping[str, str]
    lineage: str
    publisher: str
    unit: str
    changed_on: date
    figures: tuple[str, ...]

    @property
    def correction(self) -> Correction:
        """The correction itself."""
        return self.entry.correction

    @property
    def holds(self) -> bool:
        """Whether it changes anything."""
        return self.correction.status == "confirmed"

    @property
    def mark(self) -> str:
        """How the note of a corrected row begins."""
        return f"correction {self.correction.id}: was {self.correction.expect:g}"


def apply(
    rows: pl.DataFrame,
    entries: Iterable[Entry],
    registry: Registry,
    admitted: Admitted,
    observed: Callable[[pl.DataFrame], Observed],
) -> tuple[pl.DataFrame, tuple[Applied, ...]]:
    """Return the rows (schema ``observations.RECORDED``) as corrected, and what each correction was found to mean.

    Raises InputError, naming file, line and key, for a target that is not there and for a value that is not ``expect``.
    """
    done: list[Applied] = []
    for entry in entries:
        one = _find(entry, rows, registry, admitted, observed)
        if one.holds and one.correction.became is None:
            rows = _corrected(rows, one)
        done.append(one)
    return rows, tuple(done)


def label(vintages: pl.DataFrame, done: Iterable[Applied]) -> pl.DataFrame:
    """Return the vintages with ``change_kind`` korjaus or menetelmä where a correction explains the change (R2)."""
    for one in done:
        if not one.holds:
            continue
        same = _same(one) & (pl.col("vintage") > 0)
        if one.correction.became is None:
            same &= pl.col("note").str.starts_with(one.mark)
        else:
            same &= _is(one.correction.became) & (pl.col("recorded_from") == one.changed_on)
        kind = pl.when(same).then(pl.lit(one.correction.kind)).otherwise("change_kind")
        vintages = vintages.with_columns(change_kind=kind)
    return vintages


def _find(
    entry: Entry,
    rows: pl.DataFrame,
    registry: Registry,
    admitted: Admitted,
    observed: Callable[[pl.DataFrame], Observed],
) -> Applied:
    target, day = entry.correction.target, entry.held_from
    if target.figure:
        key = _shown(entry, registry, observed(rows))
        found = _with_key(rows, key)
    else:
        key = {**{name: getattr(target, name) for name in KEY[:-1]}, "reference": target.reference}
        found = _narrowed(entry, rows, key)
    usable = (pl.col("published_on") <= day) & (pl.col("recorded_from") <= day)
    found = found.filter(usable & (pl.col("withdrawn_on").is_null() | (pl.col("withdrawn_on") > day)))
    found = found.filter(pl.col("edition").map_elements(lambda e: admitted(e, day), return_dtype=pl.Boolean))
    said = _newest_each(found)
    if target.publisher:
        names = sorted(found["publisher"].unique())
        said = {lineage: row for lineage, row in said.items() if row["publisher"] == target.publisher}
        if not said:
            raise entry.error("target.publisher", f"nothing by {target.publisher!r}", nearest(target.publisher, names))
    correction = entry.correction
    wanted = correction.expect if correction.became is None else correction.became
    matching = [row for row in said.values() if isclose(row["value"], wanted, rel_tol=1e-9)]
    if len(matching) != 1 and correction.status != "rejected":
        raise _unexpected(entry, list(said.values()), len(matching), wanted)
    row = matching[0] if matching else next(iter(said.values()), None)
    if row is None:
        raise entry.error("target", f"nothing was said of it on {day}")
    _check_change(entry, row, found)
    specs = tuple(spec.id for spec in registry.figures if _touches(spec, key))
    changed = row["recorded_from"] if correction.became is not None else day
    return Applied(entry, key, row["lineage"], row["publisher"], row["unit"], changed, specs)


def _unexpected(entry: Entry, said: list[dict[str, Any]], count: int, wanted: float) -> Exception:
    key = "expect" if entry.correction.became is None else "became"
    if count > 1:
        names = ", ".join(sorted(str(row["publisher"]) for row in said))
        return entry.error("target.publisher", f"{count} producers say {wanted:g}", f"one of {names}")
    told = "; ".join(
        f"{row['value']:g} ({row['publisher']}, published {row['published_on']}, edition {row['edition']})"
        for row in said
    )
    return entry.error(
        key,
        f"{wanted:g} is not what was said on {entry.held_from}: found {told or 'nothing'}",
        "the value that stands",
        "Has the producer corrected it already? Then mend or remove the correction",
    )


def _check_change(entry: Entry, row: Mapping[str, Any], found: pl.DataFrame) -> None:
    """Check what the correction would do with the row that it was found to mean."""
    correction = entry.correction
    if correction.became is not None:
        earlier = found.filter(_is(correction.expect) & (pl.col("lineage") == row["lineage"]))
        if earlier.is_empty():
            raise entry.error("expect", f"no earlier publication of {row['publisher']} says {correction.expect:g}")
    if correction.published_on is None:
        return
    if row["unit"] == "rank":
        problem = "a ranked list is replaced whole (R7)"
        raise entry.error("published_on", problem, "none", "Record the new list with: lukuina record")
    if correction.published_on < row["published_on"]:
        problem = f"{correction.published_on} is before the value that it corrects"
        raise entry.error("published_on", problem, f"{row['published_on']} or later")


def _shown(entry: Entry, registry: Registry, observed: Observed) -> dict[str, str]:
    """Return the key of the one observation that a figure shows on the day of the correction."""
    name, day = entry.correction.target.figure, entry.held_from
    if name not in registry.ids:
        raise entry.error("target.figure", f"unknown figure {name!r}", nearest(name, list(registry.ids)))
    spec = registry[name]
    value = figures.choose(spec, observed, day, "said")
    shown = [
        row
        for rule in spec.select
        for row in observed.said_on(day, rule)
        if (row.series, row.coverage, row.reference) == (value.series, value.coverage, value.reference)
    ]
    keys = sorted({(row.series, row.geo, row.category, row.coverage, row.reference) for row in shown})
    if len(keys) != 1:
        problem = f"{name} shows {len(keys)} observations, not one"
        expected = "series, geo, category, coverage and period or as_of"
        example = f"For example series: {keys[0][0]}, geo: {keys[0][1]}, reference {keys[0][4]}" if keys else ""
        raise entry.error("target.figure", problem, expected, example)
    series, geo, category, coverage, reference = keys[0]
    return {"series": series, "geo": geo, "category": category, "coverage": coverage, "reference": reference}


def _narrowed(entry: Entry, rows: pl.DataFrame, key: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of a key. Raises InputError for the first part of it that nothing has, with the nearest one."""
    found = rows.with_columns(reference=_REFERENCE)
    named = {"reference": "period" if entry.correction.target.period else "as_of"}
    for name in KEY:
        there = sorted(found[name].unique())
        found = found.filter(pl.col(name) == key[name])
        if found.is_empty():
            column = named.get(name, name)
            within = "" if name == "series" else f" in {key['series']}"
            raise entry.error(f"target.{column}", f"no {column} {key[name]!r}{within}", _likely(key[name], there))
    return found


def _likely(name: str, there: list[str]) -> str:
    """Return the name that is meant, or what there is, not more than a line of it."""
    likely = nearest(name, there)
    return likely if likely.startswith("perhaps") or len(there) <= _SHOWN else nearest(name, there[:_SHOWN]) + " …"


def _with_key(rows: pl.DataFrame, key: Mapping[str, str]) -> pl.DataFrame:
    return rows.with_columns(reference=_REFERENCE).filter(pl.all_horizontal(pl.col(n) == v for n, v in key.items()))


def _newest_each(found: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return producer → the row that stands for it: the newest published, then the best basis, then the last one."""
    rank = pl.col("basis").replace_strict(dict(zip(BASES, range(len(BASES)), strict=True)), return_dtype=pl.Int8)
    order = found.with_columns(rank=-rank).sort(["published_on", "rank", "recorded_from", "sequence", "edition"])
    return {row["lineage"]: row for row in order.iter_rows(named=True)}


def _corrected(rows: pl.DataFrame, one: Applied) -> pl.DataFrame:
    """Withdraw what repeats the wrong value from the day of the correction on, and put the right one beside it."""
    correction, day = one.correction, one.entry.held_from
    since = pl.max_horizontal(pl.lit(day), "recorded_from")
    wrong = _same(one) & _is(correction.expect) & pl.col("published_on").is_not_null()
    wrong &= pl.col("withdrawn_on").is_null() | (pl.col("withdrawn_on") > since)
    if correction.published_on is not None:  # until then it was what the producer said
        earlier = wrong & (pl.col("published_on") < correction.published_on)
        first = rows.filter(earlier & (pl.col("recorded_from") <= day)).sort("published_on", "sequence").tail(1)
        wrong &= pl.col("published_on") >= correction.published_on
    else:
        first = rows.clear()
    wrong = wrong.fill_null(value=False)
    again = rows.filter(wrong).with_columns(recorded_from=since)
    stands = rows.with_columns(withdrawn_on=pl.when(wrong).then(since).otherwise("withdrawn_on"))
    if correction.value is None:
        return stands
    first = first.with_columns(
        published_on=pl.lit(correction.published_on, pl.Date),
        recorded_from=pl.lit(day),
        withdrawn_on=pl.lit(None, pl.Date),
        edition=pl.lit(f"correction:{correction.id}"),
        sequence=pl.lit(0, pl.Int32),
    )
    note = pl.when(pl.col("note") == "").then(pl.lit(one.mark)).otherwise(pl.format("{}; {}", pl.lit(one.mark), "note"))
    new = pl.concat([first, again]).with_columns(
        value=pl.lit(correction.value),
        bound=pl.lit(correction.bound) if correction.bound else pl.col("bound"),
        citation=pl.lit(correction.citation) if correction.citation else pl.col("citation"),
        source_url=pl.lit(correction.source_url) if correction.source_url else pl.col("source_url"),
        note=note,
        snapshot_sha256=pl.lit(one.entry.snapshot_sha256),
        line=pl.lit(None, pl.Int32),
    )
    return pl.concat([stands, new.select(list(RECORDED))])


def _same(one: Applied) -> pl.Expr:
    """The rows of the observation by its producer."""
    parts = [pl.col(name) == value for name, value in one.key.items() if name != "reference"]
    return pl.all_horizontal(*parts, one.key["reference"] == _REFERENCE, pl.col("lineage") == one.lineage)


def _is(value: float) -> pl.Expr:
    return (pl.col("value") - value).abs() <= 1e-9 * max(1.0, abs(value))


def _touches(spec: FigureSpec, key: Mapping[str, str]) -> bool:
    rules = [*figures.rules_of(spec), *(beside.select for beside in spec.beside)]
    return any(
        (rule.series, rule.coverage) == (key["series"], key["coverage"])
        and rule.category in ("*", key["category"])
        and (rule.geo == key["geo"] or (rule.geo == "regions" and key["geo"] != "FI"))
        for rule in rules
    )


TABLE: Mapping[str, pl.DataType] = {
    "correction": pl.String(),
    **dict.fromkeys(("noted_on", "holds_from", "changed_on"), pl.Date()),
    **dict.fromkeys(("kind", "correction_status", "reporter", "reason_fi", "reason_sv", "reason_en"), pl.String()),
    "figures": pl.List(pl.String()),
    **dict.fromkeys((*KEY, "unit", "publisher"), pl.String()),
    "previous_value": pl.Float64(),
    "new_value": pl.Float64(),
    **dict.fromkeys(("citation", "source_url", "snapshot_sha256"), pl.String()),
}
"""The table of corrections: one row each, in the order in which they came to hold."""


def table(done: Sequence[Applied]) -> pl.DataFrame:
    """Return the corrections as TABLE; ``new_value`` is null where the value is withdrawn."""
    records = [
        {
            **{name: one.key.get(name, "") for name in KEY},
            "correction": one.correction.id,
            "noted_on": one.correction.day,
            "holds_from": one.entry.held_from if one.holds else None,
            "changed_on": one.changed_on if one.holds else None,
            "kind": one.correction.kind,
            "correction_status": one.correction.status,
            "reporter": one.correction.reporter,
            **{f"reason_{code}": one.correction.reason[code] for code in ("fi", "sv", "en")},
            "figures": list(one.figures),
            "unit": one.unit,
            "publisher": one.publisher,
            "previous_value": one.correction.expect,
            "new_value": one.correction.value if one.correction.became is None else one.correction.became,
            "citation": one.correction.citation or None,
            "source_url": one.correction.source_url or None,
            "snapshot_sha256": one.entry.snapshot_sha256,
        }
        for one in done
    ]
    return pl.DataFrame(records, schema=TABLE, orient="row")
