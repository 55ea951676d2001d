-- Purpose: RAY's grant targets 2000–2016. Empty until the workbook is imported; the newest workbook is used whole.
-- Grain: one row of the workbook (its natural key is not known). No business ids; money may have cents.
select * exclude (import_number)
from input.ray_grants
where import_number = (select max(import_number) from input.ray_grants)
