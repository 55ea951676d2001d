-- Purpose: the vocabulary of the usage warnings of meta.tables in three languages.
-- Grain: one word.
select warning, meaning, meaning_fi, meaning_sv, ordinal from input.dictionary_warnings
