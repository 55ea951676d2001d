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
    end as business_id_basis
from targets as t
left join ids as i on lower(trim(t.organisation)) = i.name_key
