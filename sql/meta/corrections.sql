-- Purpose: what was corrected, why, who told us, and what stands now (rules R2, R3); also what was only reported.
-- Grain: one correction, in the order in which they came to hold.
select * from input.corrections
