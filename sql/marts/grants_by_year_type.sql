-- Purpose: applied, proposed and granted a year and grant type, from the targets; without a workbook as
-- transcribed, see basis.
-- Grain: one year and grant type. Project grants (C) from 2022 are multi-year commitments: another coverage.
select year, key as grant_type, * exclude (kind, year, key) from core.grant_sums_by_key where kind = 'grant_type'
