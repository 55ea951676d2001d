"""From the raw store to tidy, judged frames: everything that the warehouse is built from.

What belongs here: putting the rooms together, reading all sources' editions, judging them, choosing the figures on
every day of both clocks. What does not: SQL, publishing, fetching.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from pipelines import correcting, corrections, decisions, editions, figures, judge, observations, take_in, yaml_lines
from pipelines import reference as reference_tables
from pipelines import registry as figure_registry
from pipelines.clock import local_date
from pipelines.errors import InputError
from pipelines.figure_spec import Select
from pipelines.raw import RawStore
from pipelines.sources import stea_fill
from pipelines.sources.base import Source
from pipelines.sources.transcribed import SeriesInfo

_UNPRINTED = "handbook 2019"


@dataclass(frozen=True)
class Collected:
    """Everything recorded, read and judged.

    ``rows``: schema ``observations.RECORDED``, all editions. ``verdicts``: edition → the days on which its judgement
    changed. ``editions``: the fetched and imported ones; ``candidates``: those and the transcribed ones.
    """

    rows: pl.DataFrame
    candidates: tuple[judge.Candidate, ...]
    verdicts: Mapping[str, Sequence[tuple[date, judge.Judgement]]]
    editions: tuple[editions.Recorded, ...]
    series: Mapping[str, SeriesInfo]
    contradictions: tuple[str, ...]
    reference: reference_tables.Reference
    registry: figure_registry.Registry
    decided: tuple[decisions.Decision, ...] = ()
    corrected: tuple[correcting.Applied, ...] = ()

    def verdict(self, edition: str) -> judge.Judgement:
        """The present judgement of an edition; one that was never compared is admitted."""
        steps = self.verdicts.get(edition)
        return steps[-1][1] if steps else judge.Judgement("admitted")

    def admitted_on(self, edition: str, day: date) -> bool:
        """Whether an edition was admitted as we judged on a day."""
        steps = [judgement.admitted for since, judgement in self.verdicts.get(edition, ()) if since <= day]
        return steps[-1] if steps else True

    @property
    def quarantined(self) -> frozenset[str]:
        """Ids of the editions that are in quarantine now."""
        return frozenset(e for e in self.verdicts if not self.verdict(e).admitted)

    @property
    def newest_quarantined(self) -> dict[str, str]:
        """Source → reference of its newest edition in quarantine; only fetched and imported ones."""
        bad = [e for e in self.editions if not self.verdict(e.id).admitted]
        return {e.source: e.reading.reference for e in sorted(bad, key=lambda e: e.reading.reference)}

    def admitted_rows(self) -> pl.DataFrame:
        """Rows of editions that are admitted now."""
        return self.rows.filter(~pl.col("edition").is_in(sorted(self.quarantined)))


def collect(
    store: RawStore,
    sources: Mapping[str, Source],
    work: Path,
    dashboards: Path,
    corrected: Sequence[corrections.Entry] | None = None,
) -> Collected:
    """Read and judge all that the store holds, as corrected.

    ``corrected``: the corrections to apply, default those on record. Raises InputError for a hand-kept file that is
    wrong, and for a correction that does not find the value that it expects.
    """
    reference = reference_tables.load(store.root / "reference")
    rows, series = take_in.history(store, work)
    keyed = _finish([rows.with_columns(source=pl.lit(take_in.SOURCE), sequence=pl.lit(0, pl.Int32))], reference)
    found = [e for source in sources.values() for e in editions.recorded(store, source, work / "readings")]
    candidates = (*_transcribed_candidates(keyed, series), *(edition.candidate() for edition in found))
    decided = decisions.load(store.root)
    verdicts = judge.timeline(candidates, decided)
    admitted = {edition for edition, steps in verdicts.items() if steps[-1][1].admitted}
    heard, contradictions = _heard(found, sources, admitted)
    frames = [keyed, *(frame for frame in map(editions.rows, heard) if frame.height)]
    frames += _filled(frames, found)
    rows = _finish(frames, reference)
    known = frozenset(series) | {name for source in sources.values() for name in source.series}
    registry = figure_registry.load(dashboards / "figures", known, reference.publisher_ids)
    check_rules(registry, rows, dashboards / "figures")
    made = Collected(rows, candidates, verdicts, tuple(found), series, contradictions, reference, registry, decided)
    entries = corrections.recorded(store) if corrected is None else corrected
    if not entries:
        return made
    rows, applied = correcting.apply(
        rows, entries, registry, made.admitted_on, lambda now: observed(replace(made, rows=now))
    )
    return replace(made, rows=rows, corrected=applied)


def check_rules(registry: figure_registry.Registry, rows: pl.DataFrame, folder: Path) -> None:
    """Refuse a figure's rule that can find nothing in a series that has rows: a misspelt coverage or category."""
    known: dict[str, set[tuple[str, str]]] = {}
    for series, coverage, category in rows.select("series", "coverage", "category").unique().iter_rows():
        known.setdefault(series, set()).add((coverage, category))
    for spec in registry.figures:
        for rule in (*figures.rules_of(spec), *(beside.select for beside in spec.beside)):
            there = known.get(rule.series, set())
            found = [pair for pair in there if pair[0] == rule.coverage and rule.category in ("*", pair[1])]
            if there and not found:
                problem = f"{rule.series}: no observation of coverage {rule.coverage!r}, category {rule.category!r}"
                expected = ", ".join(sorted(f"{coverage} / {category or 'none'}" for coverage, category in there)[:8])
                raise InputError(_line_of_rule(folder / f"{spec.id}.yaml", rule), problem, expected)


def _line_of_rule(path: Path, rule: Select) -> str:
    content, lines = yaml_lines.read(path, "a figure")
    for where, line in lines.items():
        if where[-1:] != ("series",):
            continue
        record = content
        for part in where[:-1]:
            record = record[part]
        asked = (record["series"], record.get("coverage", rule.coverage), record.get("category", rule.category))
        if asked == (rule.series, rule.coverage, rule.category):
            return f"{path}:{line}"
    return f"{path}"


def _heard(
    found: list[editions.Recorded], sources: Mapping[str, Source], admitted: set[str]
) -> tuple[list[editions.Recorded], tuple[str, ...]]:
    """Return the editions that speak, and where a witness contradicts the page that it should confirm.

    A witness (PRH's Swedish page) speaks only where its main page has no admitted edition of the same date.
    """
    heard: list[editions.Recorded] = []
    contradictions: list[str] = []
    for edition in found:
        main = sources[edition.source].witnesses.get(edition.page)
        same = [e for e in found if e.page == main and e.reading.reference == edition.reading.reference]
        same = [e for e in same if e.source == edition.source and e.id in admitted]
        if not same:
            heard.append(edition)
        elif all(e.reading.content != edition.reading.content for e in same):
            contradictions.append(f"{edition.page} differs from {main} of the same date {edition.reading.reference}")
    return heard, tuple(contradictions)


def observed(collected: Collected) -> figures.Observed:
    """Return the rows that figures are picked from, with the judgements of their editions."""
    specs = collected.registry.figures
    wanted = {rule.series for spec in specs for rule in figures.rules_of(spec)}
    wanted |= {beside.select.series for spec in specs for beside in spec.beside}
    usable = pl.col("series").is_in(sorted(wanted)) & pl.col("published_on").is_not_null()
    rows = collected.rows.filter(usable & ((pl.col("period") != "") | (pl.col("as_of") != "")))
    admitted = {edition: [(day, j.admitted) for day, j in steps] for edition, steps in collected.verdicts.items()}
    in_order = rows.with_columns(
        reference=pl.when(pl.col("period") != "").then("period").otherwise("as_of"),
        is_period=pl.col("period") != "",
        printed_in_handbook=pl.col("note").str.starts_with(_UNPRINTED).fill_null(value=False),
    ).select(list(figures.Row.__dataclass_fields__))
    return figures.Observed([figures.Row(*r) for r in in_order.iter_rows()], admitted, collected.reference.region_names)


def _finish(frames: list[pl.DataFrame], reference: reference_tables.Reference) -> pl.DataFrame:
    columns = [name for name in observations.RECORDED if name != "lineage"]
    rows = pl.concat([frame.select(columns) for frame in frames])
    lineages = reference.lineages
    rows = rows.with_columns(
        lineage=pl.col("publisher").replace_strict(lineages, default=pl.col("publisher")),
        geo=pl.col("geo").replace(reference.region_by_code),
    )
    return observations.check(rows, "observations", observations.RECORDED)


def _filled(frames: list[pl.DataFrame], found: list[editions.Recorded]) -> list[pl.DataFrame]:
    """Return totals that STEA's endpoint gives for years that neither workbook nor transcription has (R6)."""
    totals = (pl.col("series") == "grants_awarded_total") & (pl.col("status") == "derived") & (pl.col("geo") == "FI")
    known = {int(y): v for frame in frames for y, v in frame.filter(totals).select("period", "value").iter_rows()}
    filled: list[pl.DataFrame] = []
    for edition in found:
        grants = edition.reading.tables.get("grants")
        if edition.page == "organisations" and grants is not None and edition.appeared:
            url = edition.snapshots[-1].url
            drafts = stea_fill.fill(grants, known, url, edition.published_on)
            own = replace(edition, reading=replace(edition.reading, observations=drafts))
            filled.append(editions.rows(own))
    return [frame for frame in filled if frame.height]


def _transcribed_candidates(rows: pl.DataFrame, series: Mapping[str, SeriesInfo]) -> list[judge.Candidate]:
    """Make candidates of the transcribed publications that belong to a family that is judged."""
    own = rows.filter(pl.col("source") == take_in.SOURCE)
    panels: dict[str, dict[str, dict[str, float]]] = {}
    references: dict[str, str] = {}
    recorded: dict[str, date] = {}
    for family, frame in _families(own):
        for edition, key, value, reference, day in frame.iter_rows():
            panels.setdefault(edition, {}).setdefault(family, {})[key] = value
            references[edition] = max(reference, references.get(edition, ""))
            recorded[edition] = min(day, recorded.get(edition, day))
    return [
        judge.Candidate(
            edition, take_in.SOURCE, "", references[edition], recorded[edition], panels[edition],
            0.0 if "stea-totals" in panels[edition] else 0.25,
        )
        for edition in sorted(panels)
    ]  # fmt: skip


def _families(own: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Return family → frame (edition, key, value, reference, recorded_from) of the transcribed rows."""
    columns = ["edition", "key", "value", "reference", "recorded_from"]
    reference = pl.when(pl.col("period") != "").then("period").otherwise("as_of")
    own = own.with_columns(reference=reference)
    totals = (pl.col("series") == "associations_by_region_and_class") & (pl.col("category") == "Yhteensä")
    lists = pl.col("series") == "associations_by_region_classified_only"
    regional = own.filter(totals | lists).with_columns(key="geo")
    families = [
        (f"prh-regions/{coverage}", regional.filter(pl.col("coverage") == coverage).select(columns))
        for coverage in ("classified_only", "all_registered")
    ]
    sectors = (pl.col("series") == "alkaneet_vuosi_sektori") & pl.col("category").is_in(["yksityinen", "kunta"])
    starts = own.filter(sectors & (pl.col("lineage") == "tyonv"))
    key = pl.format("{}|{}", "reference", "category")
    families.append(("statfin-12va", starts.with_columns(key=key).select(columns)))
    granted = {"grants_awarded_total": "granted", "grants_applied_total": "applied"}
    kinds = pl.col("series").replace_strict(granted, default=None)
    sums = own.filter(pl.col("series").is_in(list(granted)) & (pl.col("status") == "derived"))
    sums = sums.filter(pl.col("reference").is_in(_decided(own)))
    families.append(("stea-totals", sums.with_columns(key=pl.format("{}|{}", "reference", kinds)).select(columns)))
    return families


def _decided(own: pl.DataFrame) -> list[str]:
    rows = own.filter((pl.col("series") == "grants_awarded_total") & (pl.col("status") == "derived"))
    return sorted(set(rows["reference"].to_list()))


def snapshots_frame(store: RawStore, sources: Sequence[str]) -> pl.DataFrame:
    """Return one row a stored snapshot: where its bytes are, where they came from, and their sha256."""
    records = [
        {
            "source": s.source, "page": s.page, "sha256": s.sha256, "path": s.path, "url": s.url,
            "final_url": s.final_url, "status": s.status, "etag": s.etag, "last_modified": s.last_modified,
            "content_type": s.content_type, "size_bytes": s.size, "fetched_at": s.fetched_at,
            "fetched_on": local_date(s.fetched_at), "licence": s.licence, "fetcher": s.fetcher,
            "imported_from": s.imported_from,
        }
        for source in sources
        for s in sorted(store.snapshots(source).values(), key=lambda s: (s.page, s.fetched_at, s.sha256))
    ]  # fmt: skip
    text: dict[str, pl.DataType] = dict.fromkeys(
        ("etag", "last_modified", "content_type", "imported_from"), pl.String()
    )
    return pl.DataFrame(records, schema_overrides=text, infer_schema_length=None)
