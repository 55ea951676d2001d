-- Purpose: ids of organisations that were given and are no more, because two organisations turned out to be one.
-- Grain: one retired id. The old address redirects to that of organisation_id.
select retired_id, organisation_id, name, retired_on from input.organisation_retired
