-- Purpose: which stems the purpose of a grant target has, for searching by word in any inflection.
-- Grain: one target (year and sheet_row of marts.grants) and stem. A purpose that recurs is taken apart once.
with
    purposes as (
        select row_number() over () as n, purpose, list({'year':year, 'sheet_row':sheet_row}) as targets
        from core.grants
        where sheet_row is not null
        group by purpose
    ),
    words as (select n, unnest(regexp_extract_all(lower(purpose), '[a-zà-öø-ÿšž]+')) as word from purposes),
    stems as (
        select distinct w.n, known.stem from words as w inner join input.purpose_words as known on w.word = known.word
    ),
    targets as (select n, unnest(targets, recursive := true) from purposes)
select t.year, t.sheet_row, s.stem
from targets as t
inner join stems as s on t.n = s.n
