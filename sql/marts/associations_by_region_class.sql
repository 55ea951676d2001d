-- Purpose: registered associations by region and purpose class, every edition of the register's table.
-- Grain: one region, class, reference date and coverage.
-- Two coverages (classified_only, all_registered) must not be joined: the second includes unclassified associations.
with
    cells as (
        select
            o.*,
            case
                when category = 'Yhteensä'
                then 'total'
                when category = 'Luokittelemattomat'
                then 'unclassified'
                else left(category, 1)
            end as class
        from core.current_observations as o
        where series = 'associations_by_region_and_class' and region_code is not null
    ),
    newest as (select coverage, max(as_of) as as_of from cells group by coverage),
    latest as (select max(as_of) as as_of from cells)
select
    c.region_code,
    c.geo as region,
    c.class,
    case when c.class in ('total', 'unclassified') then c.category else substr(c.category, 3) end as class_name,
    cast(c.value as integer) as associations,
    c.as_of,
    c.coverage,
    c.bound,
    c.status,
    coalesce(c.as_of = l.as_of, false) as is_current,
    coalesce(c.as_of = n.as_of, false) as is_newest_of_coverage,
    c.published_on,
    c.edition,
    c.snapshot_sha256
from cells as c
left join newest as n on c.coverage = n.coverage and c.as_of = n.as_of
left join latest as l on c.as_of = l.as_of
