"""Which names are one organisation: a permanent id for each, and the reason of every link.

What belongs here: comparing names and business ids that the readers found, ids, links, doubtful pairs. What does not:
formats of a source, sums, SQL.

Names are joined by a valid Y-tunnus first, then by the name history that a register gives, then by equal normalised
names. Everything else that looks alike is listed as uncertain and left apart.

An id is permanent. It is given to the organisation that the name was first recorded of, and the whole record is gone
through in order of recording, so that what was recorded later can never move an id that was given before. A link once
made stays. When a later record shows that two organisations are one, the id that was given first stays and the other
is retired: it is listed with the id that took its place, and is never given again. So the raw store is the register
of given ids, and the same store gives the same ids (R13).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

import polars as pl
from stdnum.fi import ytunnus

NAMED: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "name": pl.String(),
    "business_id": pl.String(),
    "former_names": pl.List(pl.String()),
    "year": pl.Int32(),
    "recorded_on": pl.Date(),
    "recorded_at": pl.Datetime("us"),
}
"""What a reader gives: a row a source, name, business id and year; ``year`` and ``former_names`` may be null.
``recorded_at`` is the moment (UTC) by which ids are given in order, ``recorded_on`` its day in Helsinki."""

LINKS: Mapping[str, pl.DataType] = {
    "name": pl.String(),
    "business_id": pl.String(),
    "organisation_id": pl.String(),
    "name_key": pl.String(),
    "source": pl.String(),
    "method": pl.String(),
    "confidence": pl.String(),
    "first_year": pl.Int32(),
    "last_year": pl.Int32(),
    "recorded_on": pl.Date(),
    "business_id_valid": pl.Boolean(),
    "legal_form": pl.String(),
}
UNCERTAIN: Mapping[str, pl.DataType] = {
    "organisation_id": pl.String(),
    "other_organisation_id": pl.String(),
    "name": pl.String(),
    "other_name": pl.String(),
    "why": pl.String(),
}
RETIRED: Mapping[str, pl.DataType] = {
    "retired_id": pl.String(),
    "organisation_id": pl.String(),
    "name": pl.String(),
    "retired_on": pl.Date(),
}
"""An id that was given and is no more: the id that stands for it, the name it was given for, when they were joined."""

_AMBIGUOUS = "?"
"""Stands for the Y-tunnus of a row without one, recorded when its name had several already."""

_FORMS = {"r.y.": "ry", "r.y": "ry", "ry.": "ry", "r.f.": "rf", "r.f": "rf", "rf.": "rf", "s.r.": "sr", "sr.": "sr"}
_LEGAL = frozenset({"ry", "rf", "sr", "oy", "ab", "osk", "yhdistys", "säätiö"})
_TYPED = (
    *(("ry", "ry"), ("rf", "rf"), ("sr", "sr"), ("rs", "sr"), ("oy", "oy"), ("ab", "oy"), ("osk", "osk")),
    ("andelslaget", "osk"),
)
_ENDINGS = (("säätiö", "sr"), ("stiftelse", "sr"), ("stiftelsen", "sr"), ("osuuskunta", "osk"), ("andelslag", "osk"))
"""A form that is spelled out, anywhere in the name and in the nominative: "Osuuskunta Hyryn Sateenkaari" is one,
"Säätiön tuki" is not. An abbreviation comes first: "Osuuskuntasäätiön ystävät ry" is an association."""
_CONFIDENCE = {"business_id": "high", "name_history": "medium", "normalised_name": "high"}
_Node = tuple[str, str]
_Row = tuple[str, str, str | None]
_ROW = ("source", "name", "business_id")


@dataclass(frozen=True)
class Identity:
    """``links``: schema LINKS, a row a source, name and business id. ``uncertain``: UNCERTAIN. ``retired``: RETIRED."""

    links: pl.DataFrame
    uncertain: pl.DataFrame
    retired: pl.DataFrame

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """The three by name."""
        return {"links": self.links, "uncertain": self.uncertain, "retired": self.retired}


@dataclass
class _Known:
    """Organisations while the record is gone through: a node is a name key and its valid business id, or none."""

    parent: dict[_Node, _Node] = field(default_factory=dict[_Node, _Node])
    method: dict[_Node, str] = field(default_factory=dict[_Node, str])
    day: date = date.min
    at: dict[str, set[_Node]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    holder: dict[str, _Node] = field(default_factory=dict[str, _Node])
    claims: dict[str, set[_Node]] = field(default_factory=lambda: defaultdict(set))
    given: dict[_Node, str] = field(default_factory=dict[_Node, str])
    names: dict[str, str] = field(default_factory=dict[str, str])
    retired: dict[str, tuple[str, date]] = field(default_factory=dict[str, tuple[str, date]])

    def root(self, node: _Node) -> _Node:
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def numbers_of(self, rows: pl.DataFrame) -> None:
        for key, number in rows.filter("business_id_valid").select("name_key", "business_id").iter_rows():
            self.numbers[key].add(number)

    def add(self, node: _Node) -> None:
        if node not in self.parent:
            self.parent[node], self.method[node] = node, "normalised_name"
            self.at[node[0]].add(node)

    def join(self, one: _Node, other: _Node, method: str) -> None:
        """Make two one; of two ids the one given first stays and the other is retired."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return
        self.parent[second] = first
        for node in (one, other):
            if self.method[node] == "normalised_name":
                self.method[node] = method
        ids = [self.given.pop(root) for root in (first, second) if root in self.given]
        if len(ids) == 2:
            ids.sort(key=list(self.names).index)
        if ids:
            self.given[first] = ids[0]
        if len(ids) == 2:
            self.retired[ids[1]] = (ids[0], self.day)

    def give(self, node: _Node, name: str) -> None:
        """Give the organisation of a node an id that nobody had, unless it has one."""
        root = self.root(node)
        if root in self.given:
            return
        own = slug(node[0])
        if own in self.names and node[1].strip(_AMBIGUOUS):
            own = f"{own}-{node[1]}"
        number = 2
        free = own
        while free in self.names:
            free, number = f"{own}-n{number}", number + 1
        self.given[root], self.names[free] = free, name


def valid(business_id: str | None) -> bool:
    """Tell whether a Y-tunnus has the right form and check digit."""
    return bool(business_id) and bool(ytunnus.is_valid(business_id))


def name_key(name: str) -> str:
    """Return the name for comparison: one case, single spaces, plain quotes and dashes, ``r.y.`` → ``ry``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub("[\u2010-\u2015]", "-", plain)
    plain = re.sub('[\u201c-\u201f\u00ab\u00bb"]', "", plain).replace("\u2019", "'")
    plain = re.sub(r"\br\.\s*(y|f)\b\.?", r"r\1", plain)
    words = (_FORMS.get(word, word) for word in plain.replace(",", " , ").split())
    return " ".join(words).replace(" ,", ",").strip(" ,")


def legal_form(name: str) -> str:
    """Return ry, rf, sr, oy, osk, seurakunta or muu, as the name tells it."""
    words = re.findall(r"\w+", name_key(name))
    for word, form in _TYPED:
        if word in words:
            return form
    for ending, form in _ENDINGS:
        if any(word.endswith(ending) for word in words):
            return form
    last = words[-1] if words else ""
    return "seurakunta" if last.endswith(("seurakunta", "seurakuntayhtymä", "församling")) else "muu"


def slug(name: str) -> str:
    """Return the name as part of an address: ASCII letters, digits and hyphens."""
    folded = unicodedata.normalize("NFKD", name_key(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "jarjesto"


def identify(named: pl.DataFrame) -> Identity:
    """Return who is who among ``named`` (schema NAMED). No row of ``named`` is dropped."""
    seen = _distinct(named)
    if not seen.height:
        return Identity(*(pl.DataFrame(schema=schema) for schema in (LINKS, UNCERTAIN, RETIRED)))
    known, nodes = _Known(), dict[_Row, _Node]()
    rows = {moment[0]: part for moment, part in seen.group_by("recorded_at", maintain_order=True)}
    claims = _claims(named)
    doubts: list[tuple[str, str, str]] = []
    for moment, day in named.select("recorded_at", "recorded_on").unique("recorded_at").sort("recorded_at").iter_rows():
        known.day = day
        doubts = _record(known, nodes, rows.get(moment), claims.get(moment, ()))
    own = [nodes[row] for row in seen.select(*_ROW).iter_rows()]
    ids = {node: known.given[known.root(node)] for node in set(own)}
    links = seen.with_columns(
        organisation_id=pl.Series([ids[node] for node in own], dtype=pl.String()),
        method=pl.Series([known.method[node] for node in own], dtype=pl.String()),
        legal_form=pl.Series([legal_form(name) for name in seen["name"]], dtype=pl.String()),
    )
    shared = pl.col("business_id_valid") & (pl.len().over("organisation_id", "business_id") > 1)
    method = pl.when(shared).then(pl.lit("business_id")).otherwise("method")
    links = links.with_columns(method=method).with_columns(confidence=pl.col("method").replace_strict(_CONFIDENCE))
    links = links.select(pl.col(name).cast(kind) for name, kind in LINKS.items())
    return Identity(links, _uncertain(links, doubts), _retired(known))


def _distinct(named: pl.DataFrame) -> pl.DataFrame:
    """One row a source, name and business id, in order of recording."""
    grouped = named.group_by(*_ROW).agg(
        pl.col("recorded_on", "recorded_at").min(),
        pl.col("year").min().alias("first_year"),
        pl.col("year").max().alias("last_year"),
    )
    names, numbers = grouped["name"].to_list(), grouped["business_id"].to_list()
    return grouped.with_columns(
        name_key=pl.Series([name_key(name) for name in names], dtype=pl.String()),
        business_id_valid=pl.Series([valid(number) for number in numbers], dtype=pl.Boolean()),
    ).sort(*("recorded_at", "source", "name_key", "name", "business_id"), descending=[False, True, False, False, False])


def _claims(named: pl.DataFrame) -> dict[object, list[tuple[_Row, str]]]:
    """Return moment → the rows that claim a former name then for the first time, and the key of that name."""
    former = named.filter(pl.col("former_names").list.len() > 0).explode("former_names")
    first = former.group_by(*_ROW, "former_names").agg(pl.col("recorded_at").min()).sort(*_ROW, "former_names")
    claims: dict[object, list[tuple[_Row, str]]] = defaultdict(list)
    for source, name, number, old, moment in first.iter_rows():
        if old and name_key(old) != name_key(name):
            claims[moment].append(((source, name, number), name_key(old)))
    return claims


def _record(
    known: _Known, nodes: dict[_Row, _Node], rows: pl.DataFrame | None, claims: Iterable[tuple[_Row, str]]
) -> list[tuple[str, str, str]]:
    """Take in what was recorded at one moment: join, then give ids. Return the doubts that are left, see _history."""
    new: list[tuple[_Node, str]] = []
    if rows is not None:
        known.numbers_of(rows)
        for *row, key, right in rows.select(*_ROW, "name_key", "business_id_valid").iter_rows():
            node = (key, row[2] if right else _AMBIGUOUS if len(known.numbers[key]) > 1 else "")
            nodes[row[0], row[1], row[2]] = node
            known.add(node)
            new.append((node, row[1]))
    for row, key in claims:
        known.claims[key].add(nodes[row])
    for node, _ in new:
        _join_numbers(known, node)
    doubts = _join_history(known)
    for node, name in new:
        known.give(node, name)
    return doubts


def _join_numbers(known: _Known, node: _Node) -> None:
    """Join a node with the holder of its Y-tunnus, and rows without one with the only one that the name has."""
    key, number = node
    if number and number != _AMBIGUOUS:
        known.join(known.holder.setdefault(number, node), node, "business_id")
    if len(known.numbers[key]) == 1 and (key, "") in known.parent:
        known.join((key, next(iter(known.numbers[key]))), (key, ""), "normalised_name")


def _join_history(known: _Known) -> list[tuple[str, str, str]]:
    """Join by former names; return ``name key, name key, why`` where a former name fits more than one."""
    doubts: list[tuple[str, str, str]] = []
    for key, claimants in sorted(known.claims.items()):
        roots = {known.root(node) for node in claimants}
        for node in sorted(known.at.get(key, ())):
            numbers = {number for _, number in (*claimants, node) if number.strip(_AMBIGUOUS)}
            if len(roots) == 1 and len(numbers) <= 1 and len(known.numbers[key]) <= 1:
                known.join(min(claimants), node, "name_history")
            else:
                doubts += [(key, claimant[0], "former_name_not_unique") for claimant in sorted(claimants)]
    return doubts


def _retired(known: _Known) -> pl.DataFrame:
    """Every retired id with the one that stands for it now, also when that was retired later in its turn."""
    records: list[tuple[str, str, str, date]] = []
    for old, (new, day) in sorted(known.retired.items()):
        while new in known.retired:
            new = known.retired[new][0]
        records.append((old, new, known.names[old], day))
    return pl.DataFrame(records, schema=RETIRED, orient="row")


def _loose(key: str) -> str:
    return "".join(word for word in re.findall(r"\w+", key) if word not in _LEGAL)


def _uncertain(links: pl.DataFrame, doubts: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Pairs of different organisations whose names look the same, each with the reason."""
    ids: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, own, name in links.select("name_key", "organisation_id", "name").iter_rows():
        if own not in {known for known, _ in ids[key]}:
            ids[key].append((own, name))
    pairs = [(a, b, why) for one, other, why in doubts for a in ids[one] for b in ids[other]]
    pairs += [(a, b, "same_name_other_business_id") for held in ids.values() for a in held for b in held]
    groups: dict[str, list[str]] = defaultdict(list)
    for key in ids:
        groups[_loose(key)].append(key)
    for keys in groups.values():
        pairs += [(a, b, "legal_form_only") for x in keys for y in keys if x < y for a in ids[x] for b in ids[y]]
    for key in ids:
        for part in key.split(", ") if ", " in key else ():
            pairs += [(a, b, "one_of_two_languages") for a in ids.get(part, ()) for b in ids[key]]
    rows = {(min(a, b)[0], max(a, b)[0]): (min(a, b)[1], max(a, b)[1], why) for a, b, why in pairs if a[0] != b[0]}
    return pl.DataFrame([(*key, *rest) for key, rest in sorted(rows.items())], schema=UNCERTAIN, orient="row")


def as_named(frame: pl.DataFrame, source: str, recorded_on: date, recorded_at: datetime | None = None) -> pl.DataFrame:
    """Return a reader's table with at least ``name`` as NAMED; columns that it lacks are null.

    Without ``recorded_at`` it counts as recorded at the start of its day.
    """
    missing = [pl.lit(None, kind).alias(name) for name, kind in NAMED.items() if name not in frame.columns]
    moment = (recorded_at or datetime.combine(recorded_on, time.min)).replace(tzinfo=None)
    full = frame.with_columns(missing).with_columns(
        source=pl.lit(source), recorded_on=pl.lit(recorded_on), recorded_at=pl.lit(moment, pl.Datetime("us"))
    )
    return full.filter(pl.col("name").is_not_null()).select(pl.col(name).cast(kind) for name, kind in NAMED.items())
