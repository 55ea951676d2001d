"""Which names are one organisation: a permanent id for each, and the reason of every link.

What belongs here: comparing names and business ids that the readers found, ids, links, doubtful pairs. What does not:
formats of a source, sums, SQL.

Names are joined by a valid Y-tunnus first, then by the name history that a register gives, then by equal normalised
names. Everything else that looks alike is listed as uncertain and left apart. An id is made of the name recorded
first and never follows a later name; so a link found later can retire an id, but never change what one means.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from stdnum.fi import ytunnus

NAMED: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "name": pl.String(),
    "business_id": pl.String(),
    "former_names": pl.List(pl.String()),
    "year": pl.Int32(),
    "recorded_on": pl.Date(),
}
"""What a reader gives: a row a source, name, business id and year; ``year`` and ``former_names`` may be null."""

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

_FORMS = {"r.y.": "ry", "r.y": "ry", "ry.": "ry", "r.f.": "rf", "r.f": "rf", "rf.": "rf", "s.r.": "sr", "sr.": "sr"}
_LEGAL = frozenset({"ry", "rf", "sr", "oy", "ab", "osk", "yhdistys", "säätiö"})
_TYPED = (("ry", "ry"), ("rf", "rf"), ("sr", "sr"), ("oy", "oy"), ("ab", "oy"), ("osk", "osk"))
_CONFIDENCE = {"business_id": "high", "name_history": "medium", "normalised_name": "high"}
_Node = tuple[str, str]


@dataclass(frozen=True)
class Identity:
    """``links``: schema LINKS, a row a source, name and business id. ``uncertain``: schema UNCERTAIN."""

    links: pl.DataFrame
    uncertain: pl.DataFrame


@dataclass
class _Known:
    """Organisations while they are being joined: a node is a name key and its valid business id, or none."""

    parent: dict[_Node, _Node] = field(default_factory=dict[_Node, _Node])
    method: dict[_Node, str] = field(default_factory=dict[_Node, str])

    def root(self, node: _Node) -> _Node:
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def join(self, one: _Node, other: _Node, method: str) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self.parent[second] = first
            for node in (one, other):
                if self.method[node] == "normalised_name":
                    self.method[node] = method


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
    if words and words[-1].endswith(("säätiö", "stiftelse", "stiftelsen")):
        return "sr"
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
        return Identity(pl.DataFrame(schema=LINKS), pl.DataFrame(schema=UNCERTAIN))
    ids: dict[str, set[str]] = defaultdict(set)
    for key, number in seen.filter("business_id_valid").select("name_key", "business_id").iter_rows():
        ids[key].add(number)
    nodes = [
        (key, number if right else _only(ids.get(key)))
        for key, number, right in seen.select("name_key", "business_id", "business_id_valid").iter_rows()
    ]
    known = _Known({node: node for node in nodes}, dict.fromkeys(nodes, "normalised_name"))
    _join_ids(known, nodes)
    doubts = _join_history(known, nodes, seen, ids)
    slugs = _slugs(seen)
    first: dict[_Node, str] = {}
    for node in nodes:  # in order of recording
        first.setdefault(known.root(node), slugs[node[0]] if len(ids.get(node[0], ())) < 2 else _numbered(slugs, node))
    own = {node: first[known.root(node)] for node in nodes}
    links = seen.with_columns(
        organisation_id=pl.Series([own[node] for node in nodes], dtype=pl.String()),
        method=pl.Series([known.method[node] for node in nodes], dtype=pl.String()),
        legal_form=pl.Series([legal_form(name) for name in seen["name"]], dtype=pl.String()),
    ).with_columns(confidence=pl.col("method").replace_strict(_CONFIDENCE))
    links = links.select(pl.col(name).cast(kind) for name, kind in LINKS.items())
    return Identity(links, _uncertain(links, doubts))


def _distinct(named: pl.DataFrame) -> pl.DataFrame:
    """One row a source, name and business id, in order of recording."""
    grouped = named.group_by("source", "name", "business_id").agg(
        pl.col("recorded_on").min(),
        pl.col("year").min().alias("first_year"),
        pl.col("year").max().alias("last_year"),
        pl.col("former_names").drop_nulls().list.explode().unique().sort().alias("former_names"),
    )
    names, numbers = grouped["name"].to_list(), grouped["business_id"].to_list()
    return grouped.with_columns(
        name_key=pl.Series([name_key(name) for name in names], dtype=pl.String()),
        business_id_valid=pl.Series([valid(number) for number in numbers], dtype=pl.Boolean()),
    ).sort("recorded_on", "source", "name_key", "name", "business_id", descending=[False, True, False, False, False])


def _only(numbers: set[str] | None) -> str:
    return next(iter(numbers)) if numbers and len(numbers) == 1 else ""


def _numbered(slugs: Mapping[str, str], node: _Node) -> str:
    return f"{slugs[node[0]]}-{node[1] or '0'}"


def _slugs(seen: pl.DataFrame) -> dict[str, str]:
    """Name key → slug; a later name with a slug that is taken gets a number, so that no earlier one moves."""
    given: dict[str, str] = {}
    taken: dict[str, int] = defaultdict(int)
    for key in seen["name_key"]:
        if key not in given:
            base = slug(key)
            taken[base] += 1
            given[key] = base if taken[base] == 1 else f"{base}-n{taken[base]}"
    return given


def _join_ids(known: _Known, nodes: Iterable[_Node]) -> None:
    holder: dict[str, _Node] = {}
    for node in nodes:
        if node[1]:
            known.join(holder.setdefault(node[1], node), node, "business_id")


def _join_history(
    known: _Known, nodes: list[_Node], seen: pl.DataFrame, ids: Mapping[str, set[str]]
) -> list[tuple[str, str, str]]:
    """Join by former names; return ``name key, name key, why`` where a former name fits more than one."""
    claims: dict[str, set[_Node]] = defaultdict(set)
    for node, former in zip(nodes, seen["former_names"].to_list(), strict=True):
        for name in former or ():
            if name_key(name) != node[0]:
                claims[name_key(name)].add(node)
    there: dict[str, set[_Node]] = defaultdict(set)
    for node in nodes:
        there[node[0]].add(node)
    doubts: list[tuple[str, str, str]] = []
    for key, claimants in sorted(claims.items()):
        roots = {known.root(node) for node in claimants}
        for node in sorted(there.get(key, ())):
            numbers = {n for c in claimants for n in (c[1],) if n} | ({node[1]} if node[1] else set())
            if len(roots) == 1 and len(numbers) <= 1 and len(ids.get(key, ())) <= 1:
                known.join(min(claimants), node, "name_history")
            else:
                doubts += [(key, claimant[0], "former_name_not_unique") for claimant in sorted(claimants)]
    return doubts


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


def as_named(frame: pl.DataFrame, source: str, recorded_on: date) -> pl.DataFrame:
    """Return a reader's table with at least ``name`` as NAMED; columns that it lacks are null."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in NAMED.items() if name not in frame.columns]
    full = frame.with_columns(missing).with_columns(source=pl.lit(source), recorded_on=pl.lit(recorded_on))
    return full.filter(pl.col("name").is_not_null()).select(pl.col(name).cast(kind) for name, kind in NAMED.items())
