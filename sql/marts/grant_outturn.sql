-- Purpose: outturn of the budget moment of the grants (33.90.50., before 2008 33.92.50.): what was booked, which is
-- not the sum of grant decisions. From imported monthly files; a year that lacks a file has no sum. Years without any
-- file come from the transcribed rows.
-- Grain: one year.
with
    months as (
        select * from input.budget_outturn qualify import_number = max(import_number) over (partition by year, month)
    ),
    imported as (
        select year, round(sum(outturn_eur), 2) as outturn_eur, count(distinct month) as months_imported
        from months
        group by year
    ),
    transcribed as (
        select cast(period as integer) as year, value as outturn_eur
        from core.current_observations
        where
            series = 'state_budget_outturn'
            and geo = 'FI'
            and regexp_matches(category, '^33[.](90|92)[.]50 ')
            and regexp_full_match(period, '[0-9]{4}')
    )
select
    year,
    case when months_imported = 12 then outturn_eur end as outturn_eur,
    cast(months_imported as integer) as months_imported,
    'import' as basis
from imported
union all
select year, outturn_eur, cast(null as integer) as months_imported, 'transcribed' as basis
from transcribed
where year not in (select year from imported)
