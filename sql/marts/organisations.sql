-- Purpose: one row an organisation that any source of grants names, under an id that never changes.
-- Grain: one organisation. The id is made of the name recorded first; links and methods are in organisation_names.
with
    newest as (
        select
            organisation_id,
            arg_max(name, (coalesce(last_year, 0), source = 'stea', name)) as name,
            arg_max(legal_form, (coalesce(last_year, 0), source = 'stea', name)) as legal_form,
            arg_max(business_id, (business_id_valid, source = 'stea', business_id)) as business_id,
            arg_max(source, (business_id_valid, source = 'stea', business_id, source)) filter (
                where business_id <> ''
            ) as business_id_source,
            bool_or(business_id_valid) filter (where business_id <> '') as business_id_valid
        from input.organisation_links
        group by organisation_id
    ),
    sums as (
        select
            organisation_id,
            arg_max(organisation_class, (year, organisation_class)) as organisation_class,
            min(year) as first_year,
            max(year) as last_year,
            sum(granted_eur) as granted_eur_total,
            count(distinct year) filter (where granted_eur > 0) as years_granted
        from core.grants
        group by organisation_id
    )
select
    n.organisation_id,
    n.name,
    n.legal_form,
    nullif(n.business_id, '') as business_id,
    case
        n.business_id_source when 'stea' then 'workbook' when 'stea_json' then 'json' else n.business_id_source
    end as business_id_basis,
    n.business_id_valid,
    s.organisation_class,
    s.first_year,
    s.last_year,
    cast(coalesce(s.granted_eur_total, 0) as bigint) as granted_eur_total,
    cast(coalesce(s.years_granted, 0) as integer) as years_granted
from newest as n
left join sums as s on n.organisation_id = s.organisation_id
