-- Purpose: the 19 regions with names in three languages.
-- Grain: one region.
select code as region_code, name_fi, name_sv, name_en from input.regions
