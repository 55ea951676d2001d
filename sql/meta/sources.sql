-- Purpose: the sources, who publishes them, on what terms, how often.
-- Grain: one source.
select s.*, p.long_fi as publisher_fi, p.long_sv as publisher_sv, p.long_en as publisher_en
from input.sources as s
left join input.publishers as p on s.publisher_id = p.id
