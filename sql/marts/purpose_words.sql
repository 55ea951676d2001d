-- Purpose: every word of the grants' purposes with its Finnish or Swedish stem, to find the forms of a word.
-- Grain: one word form. Stems are Snowball's, families our own joining of the stems of one word; gradation may still
-- part the forms of a word (lapsi: lap, lasten: last).
select word, stem, family from input.purpose_words
