-- Purpose: what is known today of every observation: the standing vintage of the best-placed producer (rule R2).
-- Grain: one row a key (series, geo, dimension, category, coverage, reference).
select * from staging.observations where is_current
