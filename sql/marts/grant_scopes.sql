-- Purpose: where each target area lies, to follow one grant into its regions (grants_by_year_region has the sums).
-- Grain: one year and target area. A grant is divided over areas in their order, as grants_by_year_region says.
select
    year,
    scope,
    cast(max(places) as integer) as places,
    string_agg(coalesce(region_code, area), ',' order by ordinal) as areas
from core.grant_places
group by year, scope
