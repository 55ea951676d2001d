-- Purpose: every name of an organisation, where it stands and why it belongs to the organisation.
-- Grain: one organisation, name and source.
select
    organisation_id,
    name,
    name_key,
    source,
    min(method) as method,
    min(confidence) as confidence,
    min(first_year) as first_year,
    max(last_year) as last_year
from input.organisation_links
group by organisation_id, name, name_key, source
