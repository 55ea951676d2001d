-- Purpose: STEA's yearly totals; a year that only the JSON endpoint has is flagged in basis.
-- Grain: one year.
with
    counted as (
        select
            year,
            sum(applied_eur) as applied_eur,
            sum(proposed_eur) as proposed_eur,
            sum(granted_eur) as granted_eur,
            count(*) filter (where granted_eur > 0) as targets_granted,
            count(distinct organisation) filter (where granted_eur > 0) as recipients,
            count(distinct organisation) as applicants,
            count(*) as applications,
            min(basis) as basis
        from core.grants
        group by year
    ),
    totals as (
        select *, 'observed' as basis
        from core.grant_observations
        union all by name
        select *
        from counted
        where year not in (select year from core.grant_observations)
    )
select
    year,
    cast(applied_eur as bigint) as applied_eur,
    cast(proposed_eur as bigint) as proposed_eur,
    cast(granted_eur as bigint) as granted_eur,
    cast(targets_granted as integer) as targets_granted,
    cast(recipients as integer) as recipients,
    cast(applicants as integer) as applicants,
    cast(applications as integer) as applications,
    case when granted_eur is null then 'proposed' else 'granted' end as decision_state,
    basis
from totals
