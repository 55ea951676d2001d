-- Purpose: every edition that was compared with others, its state and why (rule R8).
-- Grain: one edition.
select * from input.editions
