-- Purpose: yearly totals as observed (workbook, or transcribed from it), one column a measure.
-- Grain: one year.
select
    cast(period as integer) as year,
    max(value) filter (where series = 'grants_applied_total') as applied_eur,
    max(value) filter (where series = 'grants_proposed_total') as proposed_eur,
    max(value) filter (where series = 'grants_awarded_total') as granted_eur,
    max(value) filter (where series = 'grants_awarded_count') as targets_granted,
    max(value) filter (where series = 'recipients_awarded') as recipients,
    max(value) filter (where series = 'applicants') as applicants,
    max(value) filter (where series = 'applications') as applications
from core.current_observations
where
    series in (
        'grants_applied_total',
        'grants_proposed_total',
        'grants_awarded_total',
        'grants_awarded_count',
        'recipients_awarded',
        'applicants',
        'applications'
    )
    and geo = 'FI'
    and category = ''
    and coverage = 'as_defined'
    and regexp_full_match(period, '[0-9]{4}')
    and status <> 'suspect'
group by all
