-- Purpose: the figures of the page as they stand now, and as the handbook printed them.
-- Grain: one figure.
select * from input.figures
