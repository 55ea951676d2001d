-- Purpose: observations as vintages, typed, with the region's code and the length of the reference.
-- Grain: one vintage (series, geo, dimension, category, coverage, reference, producer, vintage).
select o.*, r.code as region_code, length(o.reference) as reference_precision
from input.observations as o
left join input.regions as r on o.geo = r.name_fi
