-- Purpose: the grants with the measures that every yearly sum needs; euros stay whole. Only what a sum is made of:
-- texts of a target stay in core.grants, so that they are not sorted again.
-- Grain: one application target a year.
select
    year,
    organisation,
    organisation_id,
    grant_type,
    grant_coverage,
    theme,
    case when theme = '' then null when year <= 2020 then 'themes_2017_2020' else 'themes_2021' end as theme_coverage,
    organisation_class,
    scope,
    applied_eur,
    proposed_eur,
    granted_eur,
    employment_class,
    employment_keyword,
    employment_keyword_sv,
    hash(organisation, year, grant_type, grant_number, purpose, sheet_row) as target,
    cast(granted_eur > 0 as integer) as is_granted,
    cast(proposed_eur > 0 as integer) as is_proposed,
    bool_or(granted_eur is not null) over (partition by year) as is_decided
from core.grants
