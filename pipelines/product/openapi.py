"""The description of the JSON API, OpenAPI 3.1: ``api/v1/openapi.json``.

What belongs here: paths and schemas, strict (every key is named and required), so that a test against the real files
fails as soon as one side changes. What does not: making the files (api.py).
"""

import json
from typing import Any

from pipelines.product.api import LANGUAGES, VERSION
from pipelines.vocabulary import BOUNDS, UNITS

Schema = dict[str, Any]

PATHS: dict[str, tuple[str, str, str]] = {
    "/figures.json": ("Figures", "listFigures", "All figures as they stand now"),
    "/figures/{id}.json": ("FigureFile", "getFigure", "One figure as it stands now"),
    "/figures/{id}/vintages.json": ("Vintages", "listVintages", "Everything that a figure ever said, on both clocks"),
    "/regions.json": ("Regions", "listRegions", "The 19 regions"),
    "/regions/{code}.json": ("RegionFile", "getRegion", "Associations and grants of one region"),
    "/organisations.json": ("Organisations", "listOrganisations", "Organisations that a source of grants names"),
    "/organisations/{id}.json": ("OrganisationFile", "getOrganisation", "One organisation with its grants and names"),
}
"""Path → schema, operation, summary."""

_ABOUT = (
    "Static files: no keys, no limits, no queries. Every number has its producer, the day it was published and the day "
    "we recorded it, the sha256 of the stored bytes it was read from and what its source states of its licence. "
    "A value that is not known is null, never 0. Addresses of pages are relative to the root of the site unless the "
    "site knows its own address. Name a figure's producer and date when you quote it."
)
_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_WHOLE: Schema = {"type": "integer"}
_MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
_NUMBER: Schema = {"type": ["number", "null"]}
_DAY: Schema = {"type": ["string", "null"], "format": "date"}
_SHA: Schema = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}


def description(base_url: str | None) -> bytes:
    """Return the file; without ``base_url`` the server is the folder that it lies in."""
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Toiminta lukuina",
            "version": f"{VERSION}",
            "description": _ABOUT,
            "license": {"name": "Our compilation: CC BY 4.0; producers' terms stand with each number"},
        },
        "servers": [{"url": f"{base_url}/api/v1" if base_url else "."}],
        "paths": {path: {"get": _operation(path, *told)} for path, told in PATHS.items()},
        "components": {"schemas": _schemas()},
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _operation(path: str, schema: str, operation: str, summary: str) -> Schema:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    answer = {"application/json": {"schema": _ref(schema)}}
    made: Schema = {"operationId": operation, "summary": summary}
    if names:
        made["parameters"] = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names]
    return {**made, "responses": {"200": {"description": summary, "content": answer}}}


def _schemas() -> dict[str, Schema]:
    words = {language: _MAYBE for language in LANGUAGES}
    pages = {language: _TEXT for language in LANGUAGES}
    said: dict[str, Schema] = {
        "value": _about(_NUMBER, "Null for lists, sentences and what is not known; never 0 for missing"),
        "items": {"type": ["array", "null"], "items": _record({"rank": _WHOLE, "name": _TEXT})},
        "unit": _one_of(sorted(UNITS)),
        "bound": _about(_one_of(BOUNDS), "Part of the value: at_least 100 is not 100"),
        "period": _MAYBE,
        "as_of": _MAYBE,
        "state": _about(_TEXT, "current, stale, closed, on_request, old or missing"),
        "coverage": _about(_MAYBE, "The population counted; never compare two coverages"),
    }
    spoken: dict[str, Schema] = {
        "text": _ref("Words"),
        "citation": _ref("Words"),
        "provenance": _ref("FigureProvenance"),
    }
    figure: dict[str, Schema] = {
        "id": _TEXT,
        "kind": {"enum": ["number", "list", "sentence"]},
        **said,
        "update_path": _TEXT,
        "missing": {"type": ["array", "null"], "items": _TEXT},
        "computed": {"type": ["array", "null"], "items": _ref("Computed")},
        "name": _ref("Words"),
        **spoken,
        "pages": _ref("Pages"),
    }
    span: dict[str, Schema] = {
        "clock": {"enum": ["known", "said"]},
        "valid_from": {"type": "string", "format": "date"},
        "valid_to": _about(_DAY, "Exclusive; null = still"),
        "later_state": _MAYBE,
        "stale_from": _DAY,
    }
    return {
        "Words": _record(words),
        "Pages": _record(pages),
        "Computed": _record({"name": _TEXT, "value": _NUMBER, "bound": _MAYBE, "inputs": _list(_TEXT)}),
        "Figure": _record(figure),
        "Figures": _file({"figures": _list(_ref("Figure"))}),
        "FigureFile": _file({"figure": _ref("Figure")}),
        "Vintage": _record({**span, **said, **spoken}),
        "Vintages": _file({"id": _TEXT, "name": _ref("Words"), "vintages": _list(_ref("Vintage"))}),
        **_provenance(),
        **_regions(),
        **_organisations(),
    }


def _provenance() -> dict[str, Schema]:
    days: dict[str, Schema] = {"published_on": _DAY, "recorded_on": _DAY}
    own: dict[str, Schema] = {"snapshot_sha256": _about(_SHA, "Of the stored bytes"), "licence": _MAYBE}
    figure: dict[str, Schema] = {"producer": _MAYBE, "producer_id": _MAYBE, **days, "edition": _MAYBE, **own}
    edition: dict[str, Schema] = {"edition": _TEXT, "source": _MAYBE, "producer": _MAYBE, **days, **own}
    return {
        "FigureProvenance": _record({**figure, "source_url": _MAYBE}),
        "EditionProvenance": _record(edition),
    }


def _regions() -> dict[str, Schema]:
    region: dict[str, Schema] = {"code": {"type": "string", "pattern": "^[0-9]{2}$"}, "name": _ref("Words")}
    cell: dict[str, Schema] = {
        **dict.fromkeys(("class", "class_name", "as_of", "coverage", "status"), _TEXT),
        "associations": _WHOLE,
        "bound": _one_of(BOUNDS),
        "is_current": {"type": "boolean"},
        "edition": _MAYBE,
    }
    grants: dict[str, Schema] = {
        "year": _WHOLE,
        "coverage": _TEXT,
        **_money(),
        "applications": _MAYBE_WHOLE,
        "granted_count": _MAYBE_WHOLE,
        "decision_state": {"enum": ["granted", "proposed"]},
    }
    return {
        "Region": _record(region),
        "Regions": _file({"regions": _list(_record({**region, "href": _TEXT}))}),
        "RegionFile": _file(
            {
                "region": _ref("Region"),
                "associations": _list(_record(cell)),
                "grants": _about(_list(_record(grants)), "By the area that they are aimed at, not by seat"),
                "provenance": _list(_ref("EditionProvenance")),
            }
        ),
    }


def _organisations() -> dict[str, Schema]:
    organisation: dict[str, Schema] = {
        **dict.fromkeys(("id", "name", "legal_form"), _TEXT),
        "business_id": _MAYBE,
        "business_id_valid": {"type": ["boolean", "null"]},
        "organisation_class": _MAYBE,
        "first_year": _MAYBE_WHOLE,
        "last_year": _MAYBE_WHOLE,
        "granted_eur_total": _WHOLE,
        "years_granted": _WHOLE,
    }
    name: dict[str, Schema] = {
        **dict.fromkeys(("name", "source", "method", "confidence"), _TEXT),
        "first_year": _MAYBE_WHOLE,
        "last_year": _MAYBE_WHOLE,
    }
    grant: dict[str, Schema] = {
        "year": _WHOLE,
        "grant_type": _TEXT,
        "grant_number": _MAYBE_WHOLE,
        **dict.fromkeys(("purpose", "theme", "theme_coverage", "scope"), _TEXT),
        **_money(),
        "decision_state": {"enum": ["granted", "refused", "undecided"]},
        "coverage": {"enum": ["yearly", "multi_year_decision"]},
        "basis": {"enum": ["workbook", "json"]},
        "edition": _TEXT,
    }
    return {
        "Organisation": _record(organisation),
        "Organisations": _file({"organisations": _list(_record({**organisation, "href": _TEXT}))}),
        "OrganisationFile": _file(
            {
                "organisation": _ref("Organisation"),
                "names": _list(_record(name)),
                "grants": _list(_record(grant)),
                "provenance": _list(_ref("EditionProvenance")),
                "pages": _ref("Pages"),
            }
        ),
    }


def _money() -> dict[str, Schema]:
    return {
        "applied_eur": _MAYBE_WHOLE,
        "proposed_eur": _MAYBE_WHOLE,
        "granted_eur": _about(_MAYBE_WHOLE, "Null = undecided, 0 = refused"),
    }


def _file(facts: dict[str, Schema]) -> Schema:
    return _record({"api_version": {"const": VERSION}, **facts})


def _record(facts: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": facts, "required": list(facts), "additionalProperties": False}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _one_of(words: tuple[str, ...] | list[str]) -> Schema:
    return {"enum": [*words, None]}


def _about(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
