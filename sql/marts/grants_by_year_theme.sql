-- Purpose: applied, proposed and granted a year and theme, from the targets; without a workbook as
-- transcribed, see basis.
-- Grain: one year and theme. The themes changed between 2020 and 2021: two coverages, never joined.
select year, key as theme, * exclude (kind, year, key) from core.grant_sums_by_key where kind = 'theme'
