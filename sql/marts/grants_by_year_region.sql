-- Purpose: grants by the region that they are aimed at; national, abroad and unmapped places apart. Not the seat.
-- Grain: one year and area (a region, national, abroad or unmapped).
-- A grant for several places is divided evenly in whole euros; euros add up to the year, counts of targets do not.
select
    s.year,
    s.area,
    s.region_code,
    r.name_fi as region,
    'target_area' as coverage,
    cast(sum(s.granted_eur) as bigint) as granted_eur,
    cast(count(distinct s.target) filter (where s.granted_eur > 0) as integer) as granted_count,
    cast(sum(s.proposed_eur) as bigint) as proposed_eur,
    cast(count(distinct s.target) filter (where s.proposed_eur > 0) as integer) as proposed_count,
    cast(sum(s.applied_eur) as bigint) as applied_eur,
    cast(count(distinct s.target) as integer) as applications,
    cast(
        sum(s.granted_eur) filter (
            where s.employment_class or s.employment_keyword or s.employment_keyword_sv
        ) as bigint
    ) as employment_granted_eur,
    case when bool_and(s.is_decided) then 'granted' else 'proposed' end as decision_state
from core.grant_shares as s
left join input.regions as r on s.region_code = r.code
group by all
