"""The data product's files of the site: the JSON API with its description, the DCAT-AP catalogue.

What belongs here: opening the built database for them, and which marts each was made of. What does not: what stands in
them (pipelines/product/api.py, openapi.py, dcat.py).
"""

from collections.abc import Mapping

import duckdb

from pipelines.product import api, dcat, openapi
from pipelines.site import locales
from pipelines.site.draft import Draft, Files
from pipelines.site.queries import Database

_DESCRIPTION = f"{api.FOLDER}/openapi.json"


def make(draft: Draft) -> Files:
    """Return the files; none when the database is not one of ours (a made one of a test)."""
    with Database(draft.database) as opened:
        con = opened.connection
        if not _ours(con):
            return {}
        made = api.files(con, draft.base_url).files
        words = locales.load(draft.dashboards / "locales")
        titles = {language: words[language].words["table"] for language in ("fi", "sv", "en")}
        catalogue = dcat.files(con, titles, draft.base_url, draft.contact)
    return {**made, _DESCRIPTION: openapi.description(draft.base_url), **catalogue}


def made_of(path: str) -> tuple[str, ...]:
    """Return the marts that one of these files was made of, by its path; () for other files."""
    if path in (dcat.TURTLE, dcat.JSON_LD):
        return ("meta.files", "meta.sources", "meta.tables")
    if not path.startswith(f"{api.FOLDER}/") or path == _DESCRIPTION:
        return ()
    kind = path.removeprefix(f"{api.FOLDER}/").partition("/")[0].removesuffix(".json")
    return _TABLES["vintages" if path.endswith("/vintages.json") else kind]


_TABLES: Mapping[str, tuple[str, ...]] = {
    "figures": ("marts.figures", "meta.editions", "meta.sources"),
    "vintages": ("marts.figure_vintages", "meta.editions", "meta.sources"),
    "regions": ("marts.associations_by_region_class", "marts.grants_by_year_region", "marts.regions", "meta.editions"),
    "organisations": ("marts.grants", "marts.organisation_names", "marts.organisations", "meta.editions"),
}


def _ours(con: duckdb.DuckDBPyConnection) -> bool:
    row = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'meta' and table_name in ('files', 'tables')"
    ).fetchone()
    return row == (2,)
