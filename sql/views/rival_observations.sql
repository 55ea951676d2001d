-- Purpose: somebody else's values for what a better-placed producer tells too (rule R2): kept and ranked below.
-- Grain: one vintage of a rival observation.
select * from marts.observations where is_rival
