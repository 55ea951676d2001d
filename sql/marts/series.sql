-- Purpose: the series of the observations: what kind of thing each is, its unit, breakdowns, populations and span.
-- Grain: one series. Kinds plan, rule and dataset are no observations of the world: leave them out of counts and
-- charts.
with
    told as (
        select
            series,
            list_sort(list(distinct dimension) filter (where dimension <> '')) as dimensions,
            list_sort(list(distinct coverage)) as coverages,
            list_sort(list(distinct publisher)) as publishers,
            cast(count(*) as integer) as observation_count,
            min(reference) as first_reference,
            max(reference) as last_reference
        from core.current_observations
        where status <> 'suspect'
        group by all
    )
select
    s.series,
    s.kind,
    s.unit,
    coalesce(t.dimensions, []) as dimensions,
    coalesce(t.coverages, []) as coverages,
    coalesce(t.publishers, []) as publishers,
    coalesce(t.observation_count, 0) as observation_count,
    t.first_reference,
    t.last_reference
from input.series as s
left join told as t on s.series = t.series
