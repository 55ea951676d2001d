-- Purpose: started periods by the statistic's own placement code; SSS contains start-up grants and is no wage
-- subsidy.
-- Grain: one period and placement code.
select
    period,
    case when length(period) = 4 then 'year' else 'month' end as frequency,
    category as placement_code,
    cast(value as integer) as starts,
    bound,
    status,
    published_on,
    publisher,
    edition,
    snapshot_sha256
from core.current_observations
where series in ('alkaneet_vuosi_koodi', 'alkaneet_kk_koodi') and geo = 'FI' and lineage = 'tyonv'
