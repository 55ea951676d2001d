-- Purpose: what every figure said, from when to when, on both clocks (rule R3).
-- Grain: one figure, clock (known, said) and valid_from; valid_to is exclusive, null = still.
select * from input.figure_vintages
