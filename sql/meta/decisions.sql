-- Purpose: what people decided about editions, with reason and day (rule R8).
-- Grain: one decision, in the order in which they were made.
select * from input.decisions
