-- Purpose: the checks of this build: what each looked at, and the failure that it would have caught.
-- Grain: one check.
select * from input.checks
