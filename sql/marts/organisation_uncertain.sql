-- Purpose: pairs of organisations that look the same and were not merged, with the reason.
-- Grain: one pair.
select organisation_id, other_organisation_id, name, other_name, why from input.organisation_uncertain
