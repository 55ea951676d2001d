-- Purpose: values that are doubted, with the reason in note: kept, shown, never used for a figure or a sum.
-- Grain: one vintage of a suspect observation. Editions that are doubted as a whole are in quarantined.
select * from marts.observations where status = 'suspect'
