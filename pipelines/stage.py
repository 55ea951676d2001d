"""What the warehouse is built from: named frames, every column typed.

What belongs here: turning collected data into the tables that ``sql/`` reads as ``input.<name>``. What does not: SQL,
files, choosing or judging.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from pipelines import (
    collect,
    correcting,
    corrections,
    figure_table,
    identity,
    imports,
    observations,
    quotes,
    remembered,
)
from pipelines.collect import Collected
from pipelines.raw import RawStore
from pipelines.sources import stea_workbook, tem
from pipelines.sources.base import Source

GRANTS: Mapping[str, pl.DataType] = {**stea_workbook.GRANTS, "edition": pl.String(), "snapshot_sha256": pl.String()}
ORGANISATIONS: Mapping[str, pl.DataType] = {
    "organisation_id": pl.Int32(),
    "name": pl.String(),
    "business_id": pl.String(),
    "former_names": pl.List(pl.String()),
    "edition": pl.String(),
    "snapshot_sha256": pl.String(),
}
DECISIONS: Mapping[str, pl.DataType] = {
    "ordinal": pl.Int32(),
    "decided_on": pl.Date(),
    **dict.fromkeys(("edition", "source", "reference", "verdict", "reason", "decided_by"), pl.String()),
}

Frames = Mapping[str, pl.DataFrame]


def inputs(
    collected: Collected, store: RawStore, sources: Mapping[str, Source], day: date, work: Path | None = None
) -> Frames:
    """Return every input table by name, figures as they stand on ``day``.

    ``work``: where what costs much is kept for the next time (remembered.py).
    """
    observed = collect.observed(collected)
    folder = store.root / "reference"
    names = figure_table.Names(
        quotes.load_publishers(folder / "publishers.csv"), quotes.load_regions(folder / "regions.csv")
    )
    reference = collected.reference
    named = _named(collected)
    known = remembered.frames(work, "organisations", [named], lambda: identity.identify(named).frames)
    admitted = collected.admitted_rows()
    vintages = remembered.frames(work, "vintages", [admitted], lambda: {"rows": observations.vintages(admitted)})
    quarantined = collected.rows.filter(pl.col("edition").is_in(sorted(collected.quarantined)))
    return {
        "observations": correcting.label(vintages["rows"], collected.corrected),
        "quarantined": quarantined.sort(["edition", "series", "geo", "category", "period", "as_of"]),
        "editions": _editions(collected),
        "decisions": _decisions(collected),
        "corrections": correcting.table(collected.corrected),
        "snapshots": collect.snapshots_frame(store, ["transcribed", corrections.SOURCE, *sources]),
        "sources": _sources(sources),
        "series": _series(collected, sources),
        "figures": figure_table.current(collected.registry, observed, names, day, collected.newest_quarantined),
        "figure_vintages": figure_table.vintages(collected.registry, observed, names),
        "grants": _newest(collected, "grants", GRANTS),
        "organisations": _newest(collected, "organisations", ORGANISATIONS),
        **imports.inputs(collected),
        "organisation_links": known["links"],
        "organisation_uncertain": known["uncertain"],
        "organisation_retired": known["retired"],
        "regions": reference.regions,
        "publishers": reference.publishers,
        "palkkatuki_timeline": reference.palkkatuki_timeline,
        "municipality_region": reference.municipality_region,
        "municipality_merger": reference.municipality_merger,
        "glossary": reference.glossary,
    }


def _series(collected: Collected, sources: Mapping[str, Source]) -> pl.DataFrame:
    """Every series that has a record, by a person's word where there is one, else by its source's."""
    own = {name: told for source in sources.values() for name, told in source.series.items()}
    rows = [(name, told.kind, told.unit) for name, told in sorted({**own, **collected.series}.items())]
    return pl.DataFrame(rows, schema=dict.fromkeys(("series", "kind", "unit"), pl.String()), orient="row")


def _newest(collected: Collected, table: str, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Rows of a table from the newest admitted edition of each page: an edition is always used whole (R8)."""
    newest: dict[str, pl.DataFrame] = {}
    for edition in sorted(
        collected.editions, key=lambda e: (e.reading.reference, max((a.sequence for a in e.appeared), default=0))
    ):
        frame = edition.reading.tables.get(table)
        if frame is not None and edition.appeared and collected.verdict(edition.id).admitted:
            columns = {"edition": pl.lit(edition.id), "snapshot_sha256": pl.lit(edition.sha256)}
            newest[edition.page] = frame.with_columns(**columns).select(
                pl.col(name).cast(kind) for name, kind in schema.items()
            )
    return pl.concat(newest.values()) if newest else pl.DataFrame(schema=schema)


def _named(collected: Collected) -> pl.DataFrame:
    """The organisations of every admitted edition, older ones too: an id is made of the name recorded first."""
    found: list[pl.DataFrame] = []
    for edition in collected.editions:
        if not edition.appeared or not collected.verdict(edition.id).admitted:
            continue
        for table, frame in edition.reading.tables.items():
            named = _names(table, frame, json=edition.page == "organisations")
            if named is not None:
                found.append(identity.as_named(named[1], named[0], edition.recorded_on, edition.first_at))
    return pl.concat(found) if found else pl.DataFrame(schema=identity.NAMED)


def _names(table: str, frame: pl.DataFrame, *, json: bool) -> tuple[str, pl.DataFrame] | None:
    """The source of the names in a table, and the names; None for a table of no organisations."""
    if table == "grants":
        pairs = frame.select(pl.col("organisation").alias("name"), "business_id", "year")
        # the same order in every build (R13)
        return ("stea_json" if json else "stea"), pairs.unique(maintain_order=True)
    return ("stea_json", frame) if table == "organisations" else imports.names(table, frame)


def _editions(collected: Collected) -> pl.DataFrame:
    own = {edition.id: edition for edition in collected.editions}
    counts = dict(collected.rows.group_by("edition").len().iter_rows())
    published = dict(collected.rows.group_by("edition").agg(pl.col("published_on").max()).iter_rows())
    records = [
        {
            "edition": c.id,
            "source": c.source,
            "page": c.page or None,
            "reference": c.reference,
            "published_on": own[c.id].published_on if c.id in own else published.get(c.id),
            "recorded_on": c.recorded_on,
            "families": ", ".join(sorted(c.panels)) or None,
            "state": "older" if c.id in own and not own[c.id].appeared else collected.verdict(c.id).state,
            "reason": collected.verdict(c.id).reason or None,
            "remarks": "; ".join(own[c.id].reading.remarks) or None if c.id in own else None,
            "observation_count": counts.get(c.id, 0),
            "row_count": own[c.id].reading.rows if c.id in own else counts.get(c.id, 0),
            "snapshot_sha256": own[c.id].sha256 if c.id in own else None,
        }
        for c in sorted(collected.candidates, key=lambda c: (c.source, c.reference, c.id))
    ]
    text = dict.fromkeys(("page", "families", "reason", "remarks", "snapshot_sha256"), pl.String())
    dates = dict.fromkeys(("published_on", "recorded_on"), pl.Date())
    return pl.DataFrame(records, schema_overrides={**text, **dates}, infer_schema_length=None)


def _decisions(collected: Collected) -> pl.DataFrame:
    known = {candidate.id: candidate for candidate in collected.candidates}
    records = [
        {
            "ordinal": number,
            "decided_on": d.decided_on,
            "edition": d.edition,
            "source": known[d.edition].source if d.edition in known else None,
            "reference": known[d.edition].reference if d.edition in known else None,
            "verdict": d.verdict,
            "reason": d.reason,
            "decided_by": d.by or None,
        }
        for number, d in enumerate(collected.decided, 1)
    ]
    return pl.DataFrame(records, schema=DECISIONS)


def _sources(sources: Mapping[str, Source]) -> pl.DataFrame:
    records = [
        {
            "source": source.id,
            "publisher_id": source.publisher,
            "licence": source.licence,
            "status": "discontinued" if source.id == tem.SOURCE.id else "active",
            "discontinued_on": tem.CLOSED_SINCE if source.id == tem.SOURCE.id else None,
            "legal_basis": tem.LEGAL_BASIS if source.id == tem.SOURCE.id else None,
            "cadence_days": source.cadence.days,
            "pages": [page.url for page in source.pages],
        }
        for source in sources.values()
    ]
    records.append(
        {
            "source": "transcribed",
            "publisher_id": None,
            "licence": "compiled figures CC BY 4.0; producers' terms named per source",
            "status": "active",
            "discontinued_on": None,
            "legal_basis": None,
            "cadence_days": None,
            "pages": [],
        }
    )
    kinds = {"discontinued_on": pl.Date(), "legal_basis": pl.String(), "pages": pl.List(pl.String())}
    return pl.DataFrame(records, schema_overrides=kinds, infer_schema_length=None).sort("source")


def sql_files(folder: Path) -> list[Path]:
    """Return the SQL files of the layers, in a fixed order."""
    return sorted(path for layer in ("staging", "core", "marts", "meta") for path in (folder / layer).glob("*.sql"))
