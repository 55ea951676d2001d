-- Purpose: the sources, who publishes them, on what terms, how often.
-- Grain: one source.
select * from input.sources
