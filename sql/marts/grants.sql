-- Purpose: STEA's grant targets: applied, proposed and granted. Empty until a workbook is imported or fetched.
-- Grain: one organisation, year, grant type and number (the workbook's natural key).
-- granted_eur is null while undecided and 0 when refused; rows are applications, not grants.
select
    year,
    organisation,
    organisation_id,
    business_id,
    business_id_basis,
    grant_type,
    grant_number,
    purpose,
    theme,
    case when theme = '' then '' when year <= 2020 then 'themes_2017_2020' else 'themes_2021' end as theme_coverage,
    organisation_class,
    scope,
    applied_eur,
    proposed_eur,
    granted_eur,
    decision_state,
    grant_coverage,
    employment_class,
    employment_keyword,
    employment_keyword_sv,
    basis,
    sheet_row,
    edition,
    snapshot_sha256
from core.grants
