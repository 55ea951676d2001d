-- Purpose: rows of editions that were not admitted, with the reason: never used for a figure, never deleted (R11).
-- Grain: one observation of a quarantined edition.
select
    q.edition,
    q.source,
    e.reference as edition_reference,
    coalesce(nullif(q.period, ''), q.as_of) as reference,
    e.reason,
    q.series,
    q.geo,
    q.dimension,
    q.category,
    q.coverage,
    q.value,
    q.unit,
    q.status,
    q.publisher,
    q.published_on,
    q.recorded_from as recorded_at,
    q.source_url,
    q.note,
    q.snapshot_sha256
from input.quarantined as q
left join input.editions as e on q.edition = e.edition
