-- Purpose: applied, proposed and granted a year and class of organisation, from the targets;
-- without a workbook as transcribed, see basis.
-- Grain: one year and class of organisation. Classes are STEA's.
select
    year,
    organisation_class,
    'as_defined' as coverage,
    cast(sum(granted_eur) as bigint) as granted_eur,
    cast(case when bool_and(is_decided) then coalesce(sum(is_granted), 0) end as integer) as granted_count,
    cast(sum(proposed_eur) as bigint) as proposed_eur,
    cast(sum(is_proposed) as integer) as proposed_count,
    cast(sum(applied_eur) as bigint) as applied_eur,
    cast(count(*) as integer) as applications,
    case when bool_and(is_decided) then 'granted' else 'proposed' end as decision_state,
    'targets' as basis
from core.grant_sums
where organisation_class <> ''
group by all
union all
select
    year,
    key,
    coverage,
    granted_eur,
    granted_count,
    proposed_eur,
    proposed_count,
    null,
    null,
    decision_state,
    'transcribed'
from core.grant_sums_observed
where kind = 'org_class'
