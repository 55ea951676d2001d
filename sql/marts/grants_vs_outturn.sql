-- Purpose: granted totals (RAY to 2016, STEA from 2017) beside the outturn of the budget moment. Two different
-- concepts: a decision is not a payment, and carry-over moves between years. The difference is shown, nothing rests
-- on it.
-- Grain: one year.
with
    granted as (
        select year, granted_eur, 'stea' as granted_source
        from marts.grant_totals
        where granted_eur is not null
        union all
        select year, round(sum(granted_eur), 2) as granted_eur, 'ray' as granted_source
        from marts.ray_grants
        group by year
        having sum(granted_eur) is not null
    )
select
    coalesce(g.year, o.year) as year,
    cast(g.granted_eur as double) as granted_eur,
    g.granted_source,
    o.outturn_eur,
    round(g.granted_eur - o.outturn_eur, 2) as difference_eur
from granted as g
full join marts.grant_outturn as o on g.year = o.year
