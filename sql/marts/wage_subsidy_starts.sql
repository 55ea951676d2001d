-- Purpose: started wage-subsidy periods by employer sector, a year or a month; the third sector is inside
-- yksityinen.
-- Grain: one period and employer sector. frequency tells year and month apart: never add the two together, and the
-- months do not sum to the year (annual and monthly tables count differently).
select
    period,
    case when length(period) = 4 then 'year' else 'month' end as frequency,
    category as employer_sector,
    cast(value as integer) as starts,
    bound,
    status,
    published_on,
    publisher,
    note,
    edition,
    snapshot_sha256
from core.current_observations
where
    series in ('alkaneet_vuosi_sektori', 'alkaneet_kk_sektori')
    and geo = 'FI'
    and lineage = 'tyonv'
    and category in ('yksityinen', 'kunta', 'valtio', 'tuntematon')
