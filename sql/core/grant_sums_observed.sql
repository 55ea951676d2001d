-- Purpose: yearly sums by type, theme and class as they were observed (transcribed), for the years without targets.
-- Grain: one year, kind of key (grant_type, theme, org_class), key and coverage. What was applied for was not counted.
select
    cast(period as integer) as year,
    regexp_extract(series, '_by_([a-z_]+)$', 1) as kind,
    category as key,
    case
        when series like '%_by_grant_type'
        then case when coverage = 'c_multiyear' then 'multi_year_decision' else 'yearly' end
        else coverage
    end as coverage,
    cast(max(value) filter (where series like 'grants_awarded_by_%') as bigint) as granted_eur,
    cast(max(value) filter (where series like 'grants_awarded_count_by_%') as integer) as granted_count,
    cast(max(value) filter (where series like 'grants_proposed_by_%') as bigint) as proposed_eur,
    cast(max(value) filter (where series like 'grants_proposed_count_by_%') as integer) as proposed_count,
    case when bool_or(series like 'grants_awarded_%') then 'granted' else 'proposed' end as decision_state
from core.current_observations
where
    regexp_matches(series, '^grants_(awarded|proposed)(_count)?_by_(grant_type|theme|org_class)$')
    and geo = 'FI'
    and regexp_full_match(period, '[0-9]{4}')
    and status <> 'suspect'
    and cast(period as integer) not in (select year from core.grants)
group by all
