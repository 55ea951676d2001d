-- Purpose: the handbook's terms and funding rules: what it said in 2019, what is known to hold now, with sources.
-- Grain: one term.
-- now_* is empty where nobody has looked (verified = not_researched); unverified is to be said wherever it is shown.
select
    cast(ordinal as integer) as ordinal,
    id,
    section,
    term_fi,
    term_sv,
    term_en,
    then_fi,
    then_sv,
    then_en,
    then_source,
    nullif(now_fi, '') as now_fi,
    nullif(now_sv, '') as now_sv,
    nullif(now_en, '') as now_en,
    nullif(since, '') as since,
    nullif(source, '') as source,
    nullif(source_url, '') as source_url,
    verified
from input.glossary
