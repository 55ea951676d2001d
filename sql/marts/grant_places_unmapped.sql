-- Purpose: places of target areas that no region could be found for, with what was aimed at them.
-- Grain: one year and place.
select
    year,
    place,
    cast(count(distinct target) as integer) as applications,
    cast(sum(applied_eur) as bigint) as applied_eur,
    cast(sum(proposed_eur) as bigint) as proposed_eur,
    cast(sum(granted_eur) as bigint) as granted_eur
from core.grant_shares
where area = 'unmapped'
group by all
