-- Purpose: RAY's grant targets 2000–2016. Empty until the workbook is imported; the newest workbook is used whole.
-- Grain: one row of the workbook (its natural key is not known). No business ids; money may have cents.
with links as (select distinct name, organisation_id from input.organisation_links where source = 'ray')
select r.* exclude (import_number), l.organisation_id
from input.ray_grants as r
left join links as l on r.organisation = l.name
where r.import_number = (select max(import_number) from input.ray_grants)
