-- Purpose: what is known today: the standing value of every observation, suspect ones and rivals left out.
-- Grain: one observation (series, geo, dimension, category, coverage, reference).
select * from marts.observations where is_current and not is_rival and status <> 'suspect'
