-- Purpose: what was applied for beside what was granted, by year and grant type, with shares.
-- Grain: one year, grant type and coverage; shares are null while undecided.
select
    year,
    grant_type,
    coverage,
    applications,
    granted_count,
    round(100.0 * granted_count / nullif(applications, 0), 2) as granted_count_pct,
    applied_eur,
    granted_eur,
    round(100.0 * granted_eur / nullif(applied_eur, 0), 2) as granted_eur_pct,
    decision_state
from marts.grants_by_year_type
where applications is not null
