-- Purpose: decisions on state grants from hand-made exports of tutkiavustuksia; STEA's own rows and natural persons
-- are left out when read. Empty until an export is imported. Where two exports have a case, the newer one is used.
-- Grain: one decision as exported (case number, grantor and recipient).
with
    links as (
        select distinct name, business_id, organisation_id
        from input.organisation_links
        where source = 'tutkiavustuksia'
    )
select s.* exclude (import_number), l.organisation_id
from input.state_grants as s
left join links as l on s.recipient = l.name and s.business_id is not distinct from l.business_id
qualify
    s.case_number = ''
    or s.import_number
    = max(s.import_number) over (partition by s.case_number, s.grantor, coalesce(s.business_id, s.recipient))
