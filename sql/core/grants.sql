-- Purpose: grant targets of the newest admitted workbook; years that it lacks come from the JSON endpoint, flagged
-- in basis; business ids that the workbook leaves empty come from the JSON endpoint by name (rule R6).
-- Grain: one application target a year.
with
    workbook as (select * from input.grants where basis = 'workbook'),
    endpoint as (select * from input.grants where basis = 'json' and year not in (select year from workbook)),
    names as (
        select lower(trim(name)) as name_key, business_id
        from input.organisations
        where business_id is not null
        union
        select lower(trim(unnest(former_names))) as name_key, business_id
        from input.organisations
        where business_id is not null
    ),
    ids as (
        select name_key, min(business_id) as business_id
        from names
        group by name_key
        having count(distinct business_id) = 1
    ),
    links as (
        select source, name, nullif(business_id, '') as business_id, min(organisation_id) as organisation_id
        from input.organisation_links
        group by all
    ),
    targets as (
        select *
        from workbook
        union all by name
        select *
        from endpoint
    )
select
    t.* exclude (business_id),
    coalesce(nullif(t.business_id, ''), i.business_id) as business_id,
    case
        when nullif(t.business_id, '') is not null then t.basis when i.business_id is not null then 'json'
    end as business_id_basis,
    l.organisation_id,
    case when t.grant_type = 'C' and t.year >= 2022 then 'multi_year_decision' else 'yearly' end as grant_coverage,
    t.organisation_class in ('Työllisyyden edistämisen järjestöt', 'Työttömien järjestöt') as employment_class,
    regexp_matches(lower(t.purpose), 'työllis|työttöm|työelämä') as employment_keyword,
    regexp_matches(lower(t.purpose), 'syssels[äa]tt|arbetslös|arbetsliv|partiellt arbetsför') as employment_keyword_sv
from targets as t
left join ids as i on lower(trim(t.organisation)) = i.name_key
left join
    links as l
    on t.organisation = l.name
    and case t.basis when 'json' then 'stea_json' else 'stea' end = l.source
    and nullif(t.business_id, '') is not distinct from l.business_id
