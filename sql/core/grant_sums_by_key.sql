-- Purpose: applied, proposed and granted a year and grant type, theme or class of organisation: from the targets, and
-- as transcribed for years that have none. What was applied for is not transcribed.
-- Grain: one kind of key (grant_type, theme, org_class), year, key and coverage. A target without the key is in none.
with
    keyed as (
        select 'grant_type' as kind, grant_type as key, grant_coverage as coverage, *
        from core.grant_sums
        union all
        select 'theme', theme, theme_coverage, *
        from core.grant_sums
        union all
        select 'org_class', organisation_class, 'as_defined', *
        from core.grant_sums
    )
select
    kind,
    year,
    key,
    coverage,
    cast(sum(granted_eur) as bigint) as granted_eur,
    cast(case when bool_and(is_decided) then coalesce(sum(is_granted), 0) end as integer) as granted_count,
    cast(sum(proposed_eur) as bigint) as proposed_eur,
    cast(sum(is_proposed) as integer) as proposed_count,
    cast(sum(applied_eur) as bigint) as applied_eur,
    cast(count(*) as integer) as applications,
    case when bool_and(is_decided) then 'granted' else 'proposed' end as decision_state,
    'targets' as basis
from keyed
where key <> ''
group by all
union all by name
select *, 'transcribed' as basis
from core.grant_sums_observed
