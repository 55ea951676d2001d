-- Purpose: where each distinct target area lies: municipality or region or wellbeing county → region, by the year.
-- Grain: one year, target area and place named in it. A municipality merged away is looked up in the nearest year; one
-- that was gone before the first of our years lies where the municipality that it became part of lies.
with
    areas as (select distinct year, scope from core.grants),
    places as (
        select
            year,
            scope,
            unnest(string_split(scope, ', ')) as place,
            len(string_split(scope, ', ')) as places,
            generate_subscripts(string_split(scope, ', '), 1) as ordinal
        from areas
    ),
    towns as (
        select cast(year as integer) as year, name_fi as place, region_code
        from input.municipality_region
        union
        select cast(year as integer), name_sv, region_code
        from input.municipality_region
    ),
    merged as (
        select cast(r.year as integer) as year, unnest([m.name_fi, m.name_sv]) as place, r.region_code
        from input.municipality_merger as m
        inner join input.municipality_region as r on m.successor_code = r.municipality_code
    ),
    counties as (
        select
            cast(year as integer) as year,
            wellbeing_county as place,
            mode(region_code order by region_code) as region_code
        from input.municipality_region
        where wellbeing_county <> ''
        group by all
    ),
    known as (
        select *
        from towns
        union
        select *
        from merged
        where place not in (select place from towns)
        union
        select *
        from counties
        where place not in (select place from towns)
    ),
    nearest as (
        select distinct on (p.year, p.place) p.year, p.place, k.region_code
        from (select distinct year, place from places) as p
        inner join known as k on p.place = k.place
        order by p.year, p.place, abs(k.year - p.year), k.year, k.region_code
    )
select
    p.*,
    case
        when p.place = 'Valtakunnallinen'
        then 'national'
        when p.place = 'Ulkomaat'
        then 'abroad'
        when coalesce(r.code, n.region_code) is null
        then 'unmapped'
        else 'region'
    end as area,
    coalesce(r.code, n.region_code) as region_code
from places as p
left join nearest as n on p.year = n.year and p.place = n.place
left join input.regions as r on p.place = r.name_fi
