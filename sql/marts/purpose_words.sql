-- Purpose: every word of the grants' purposes with its Finnish stem, to find the forms of a word.
-- Grain: one word form. Stems are Snowball's; gradation may give one word two stems (lapsi: lap, lasten: last).
select word, stem from input.purpose_words
