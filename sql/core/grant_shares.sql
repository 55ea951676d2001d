-- Purpose: each target divided evenly over the places that it names, in whole euros: the first places get the
-- euros that are left over, so that the parts always add up to the grant.
-- Grain: one target and place.
select
    g.year,
    p.area,
    p.region_code,
    p.place,
    g.target,
    divide(g.applied_eur, p.places) + cast(p.ordinal <= g.applied_eur % p.places as integer) as applied_eur,
    divide(g.proposed_eur, p.places) + cast(p.ordinal <= g.proposed_eur % p.places as integer) as proposed_eur,
    divide(g.granted_eur, p.places) + cast(p.ordinal <= g.granted_eur % p.places as integer) as granted_eur,
    g.employment_class,
    g.employment_keyword,
    g.employment_keyword_sv,
    g.is_decided
from core.grant_sums as g
inner join core.grant_places as p on g.year = p.year and g.scope = p.scope
