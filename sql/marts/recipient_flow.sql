-- Purpose: recipients that are new, go on or left, against the decided year before, with euros.
-- Grain: one decided year and flow; what left are the euros of the year before. The first year has nothing before it.
with
    got as (select year, organisation_id, granted_eur from marts.recipients_by_year where granted_eur > 0),
    years as (select distinct year from got),
    flows as (
        select g.year, case when b.year is null then 'new' else 'continuing' end as flow, g.granted_eur
        from got as g
        left join got as b on g.organisation_id = b.organisation_id and b.year = g.year - 1
        union all
        select b.year + 1, 'left', b.granted_eur
        from got as b
        left join got as g on g.organisation_id = b.organisation_id and g.year = b.year + 1
        where g.year is null
    )
select year, flow, cast(count(*) as integer) as recipients, cast(sum(granted_eur) as bigint) as granted_eur
from flows
where year in (select year from years) and year - 1 in (select year from years)
group by all
