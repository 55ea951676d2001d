-- Purpose: decisions on state grants from hand-made exports of tutkiavustuksia; STEA's own rows and natural persons
-- are left out when read. Empty until an export is imported. Where two exports have a case, the newer one is used.
-- Grain: one decision as exported (case number, grantor and recipient).
select * exclude (import_number)
from input.state_grants
qualify
    case_number = ''
    or import_number = max(import_number) over (partition by case_number, grantor, coalesce(business_id, recipient))
