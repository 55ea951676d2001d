"""The JSON API: static files under ``api/v1``, read from the built database.

What belongs here: which files there are and what stands in each. What does not: their description (openapi.py, checked
against every real file), where the site puts them (pipelines/site/product_files.py).

Every file says where its numbers come from: rows name their edition, and ``provenance`` tells each edition's producer,
days, stored bytes and terms. A list of what there is (figures, regions, organisations) has one file an entry beside it.
The files of the organisations, some 2 400, come from three queries and are written without white space.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

FOLDER = "api/v1"
VERSION = 1
LANGUAGES = ("fi", "sv", "en")

Facts = dict[str, Any]

_FIGURE = (
    *("id", "kind", "value", "items", "unit", "bound", "period", "as_of", "state", "update_path", "coverage"),
    *("missing", "computed"),
)
_PROVENANCE = """
with told as (
    select edition, source, publisher, published_on, recorded_at, snapshot_sha256 from marts.observations
    union all by name
    select edition, source, publisher, published_on, recorded_at, snapshot_sha256 from marts.quarantined
),
named as (
    select edition, min(source) as source, string_agg(distinct publisher, '; ' order by publisher) as producer,
        max(published_on) as published_on, min(recorded_at) as recorded_on, max(snapshot_sha256) as snapshot_sha256
    from told group by edition
    union all by name
    select edition, source, published_on, recorded_on, snapshot_sha256 from meta.editions
    where edition not in (select edition from told where edition is not null)
)
select n.edition, n.source, coalesce(n.producer, s.publisher_id) as producer, n.published_on, n.recorded_on,
    nullif(n.snapshot_sha256, '') as snapshot_sha256, s.licence
from named as n left join meta.sources as s on n.source = s.source
where n.edition is not null order by n.edition
"""
_REGIONS = "select region_code, name_fi, name_sv, name_en from marts.regions order by region_code"
_ASSOCIATIONS = """
select region_code, class, class_name, as_of, coverage, associations, bound, status, is_current, edition
from marts.associations_by_region_class order by region_code, as_of, coverage, class
"""
_REGION_GRANTS = """
select region_code, year, coverage, applied_eur, proposed_eur, granted_eur, applications, granted_count, decision_state
from marts.grants_by_year_region where region_code is not null order by region_code, year
"""
_ORGANISATIONS = """
select organisation_id as id, name, legal_form, business_id, business_id_valid, organisation_class, first_year,
    last_year, granted_eur_total, years_granted
from marts.organisations order by organisation_id
"""
_NAMES = """
select organisation_id, name, source, method, confidence, first_year, last_year
from marts.organisation_names order by all
"""
_GRANTS = """
select organisation_id, year, grant_type, grant_number, purpose, theme, theme_coverage, scope, applied_eur,
    proposed_eur, granted_eur, decision_state, grant_coverage as coverage, basis, edition
from marts.grants where organisation_id is not null
order by organisation_id, year, grant_type, grant_number nulls last, purpose, scope, applied_eur, sheet_row
"""


@dataclass(frozen=True)
class Made:
    """The files by path under the site."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def put(self, path: str, content: Facts, *, tight: bool = False) -> None:
        """Add one file."""
        named = {"api_version": VERSION, **content}
        shape: Any = {"separators": (",", ":")} if tight else {"indent": 1}
        self.files[f"{FOLDER}/{path}"] = json.dumps(named, ensure_ascii=False, default=_day, **shape).encode() + b"\n"


def files(con: duckdb.DuckDBPyConnection, base_url: str | None = None) -> Made:
    """Return every file of the API but its description. ``base_url``: makes addresses of pages absolute."""
    made = Made()
    provenance = {str(row["edition"]): row for row in _rows(con, _PROVENANCE)}
    root = f"{base_url}/" if base_url else ""
    _figures(con, made, provenance, root)
    _regions(con, made, provenance)
    _organisations(con, made, provenance, root)
    return made


def _figures(con: duckdb.DuckDBPyConnection, made: Made, provenance: Mapping[str, Facts], root: str) -> None:
    licences = {edition: row["licence"] for edition, row in provenance.items()}
    current = _rows(con, "select * from marts.figures order by ordinal")
    listed = [_figure(row, licences, root) for row in current]
    made.put("figures.json", {"figures": listed})
    past: dict[str, list[Facts]] = {}
    for row in _rows(con, "select * from marts.figure_vintages order by id, clock, valid_from"):
        spans = {key: row[key] for key in ("clock", "valid_from", "valid_to", "later_state", "stale_from")}
        told = {key: value for key, value in _figure(row, licences, root).items() if key in _VINTAGE}
        past.setdefault(str(row["id"]), []).append({**spans, **told})
    for one in listed:
        name = str(one["id"])
        made.put(f"figures/{name}.json", {"figure": one})
        content = {"id": name, "name": one["name"], "vintages": past.get(name, [])}
        made.put(f"figures/{name}/vintages.json", content)


_VINTAGE = {"value", "items", "unit", "bound", "period", "as_of", "state", "coverage", "text", "citation", "provenance"}


def _figure(row: Facts, licences: Mapping[str, object], root: str) -> Facts:
    """Return one figure; ``value`` is null for lists, sentences and what is not known, never 0 (R7)."""
    facts: Facts = {key: row[key] for key in _FIGURE}
    for name in ("name", "text", "citation"):
        facts[name] = {language: row[f"{name}_{language}"] for language in LANGUAGES}
    facts["provenance"] = {
        "producer": row["publisher"],
        "producer_id": row["publisher_id"],
        "published_on": row["published_on"],
        "recorded_on": row["recorded_at"],
        "edition": row["edition"] or None,
        "snapshot_sha256": row["snapshot_sha256"] or None,
        "source_url": row["source_url"],
        "licence": licences.get(str(row["edition"])),
    }
    facts["pages"] = {language: f"{root}{language}/luku/{row['id']}/" for language in LANGUAGES}
    return facts


def _regions(con: duckdb.DuckDBPyConnection, made: Made, provenance: Mapping[str, Facts]) -> None:
    associations = _by(_rows(con, _ASSOCIATIONS), "region_code")
    grants = _by(_rows(con, _REGION_GRANTS), "region_code")
    granted = {str(edition) for (edition,) in con.execute("select distinct edition from marts.grants").fetchall()}
    stea = [row for row in provenance.values() if row["edition"] in granted]
    listed: list[Facts] = []
    for row in _rows(con, _REGIONS):
        code = str(row["region_code"])
        one = {"code": code, "name": {language: row[f"name_{language}"] for language in LANGUAGES}}
        listed.append({**one, "href": f"regions/{code}.json"})
        used = sorted({str(cell["edition"]) for cell in associations.get(code, [])})
        told = [provenance[edition] for edition in used if edition in provenance]
        content: Facts = {"region": one, "associations": associations.get(code, []), "grants": grants.get(code, [])}
        content["provenance"] = [*told, *(stea if code in grants else [])]
        made.put(f"regions/{code}.json", content)
    made.put("regions.json", {"regions": listed})


def _organisations(con: duckdb.DuckDBPyConnection, made: Made, provenance: Mapping[str, Facts], root: str) -> None:
    names, grants = _by(_rows(con, _NAMES), "organisation_id"), _by(_rows(con, _GRANTS), "organisation_id")
    listed: list[Facts] = []
    for row in _rows(con, _ORGANISATIONS):
        name = str(row["id"])
        listed.append({**row, "href": f"organisations/{name}.json"})
        targets = grants.get(name, [])
        used = sorted({str(target["edition"]) for target in targets})
        content: Facts = {
            "organisation": row,
            "names": names.get(name, []),
            "grants": targets,
            "provenance": [provenance[edition] for edition in used if edition in provenance],
            "pages": {language: f"{root}{language}/jarjesto/{name}/" for language in LANGUAGES},
        }
        made.put(f"organisations/{name}.json", content, tight=True)
    made.put("organisations.json", {"organisations": listed}, tight=True)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Facts]:
    asked = con.execute(query)
    names = [str(column[0]) for column in asked.description or []]
    return [dict(zip(names, cells, strict=True)) for cells in asked.fetchall()]


def _by(rows: Iterable[Facts], name: str) -> dict[str, list[Facts]]:
    """Return the rows by a column that they no longer have."""
    found: dict[str, list[Facts]] = {}
    for row in rows:
        found.setdefault(str(row.pop(name)), []).append(row)
    return found


def _day(value: object) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in the API")
