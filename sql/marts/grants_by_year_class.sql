-- Purpose: applied, proposed and granted a year and class of organisation, from the targets;
-- without a workbook as transcribed, see basis.
-- Grain: one year and class of organisation. Classes are STEA's.
select year, key as organisation_class, * exclude (kind, year, key) from core.grant_sums_by_key where kind = 'org_class'
