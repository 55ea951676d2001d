-- Purpose: what each organisation applied for and got in a year.
-- Grain: one organisation and year; granted_eur is null while undecided.
select
    year,
    organisation_id,
    max(organisation) as organisation,
    max(organisation_class) as organisation_class,
    cast(sum(granted_eur) as bigint) as granted_eur,
    cast(case when bool_and(is_decided) then coalesce(sum(is_granted), 0) end as integer) as granted_count,
    cast(sum(proposed_eur) as bigint) as proposed_eur,
    cast(sum(is_proposed) as integer) as proposed_count,
    cast(sum(applied_eur) as bigint) as applied_eur,
    cast(count(*) as integer) as applications
from core.grant_sums
group by year, organisation_id
