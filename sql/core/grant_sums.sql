-- Purpose: the grants with the measures that every yearly sum needs; euros stay whole.
-- Grain: one application target a year.
select
    *,
    case when theme = '' then null when year <= 2020 then 'themes_2017_2020' else 'themes_2021' end as theme_coverage,
    cast(granted_eur > 0 as integer) as is_granted,
    cast(proposed_eur > 0 as integer) as is_proposed,
    bool_or(granted_eur is not null) over (partition by year) as is_decided
from core.grants
