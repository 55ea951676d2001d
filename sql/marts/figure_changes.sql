-- Purpose: what changed in the figures on our own clock and why, for the page Muutokset and its feeds.
-- Grain: one figure, day and kind of change.
-- reason = what the file of corrections says of a correction or a change of method.
-- first = recorded for the first time; overdue = the source should have given a newer value by that day.
with
    said as (
        select
            *,
            coalesce(period, as_of) as reference,
            row_number() over figure as step,
            lag(coalesce(period, as_of)) over figure as previous_reference,
            lag(coverage) over figure as previous_coverage,
            lag(value) over figure as previous_value,
            lag(items) over figure as previous_items,
            lag(bound) over figure as previous_bound,
            lag(text_fi) over figure as previous_text_fi,
            lag(text_sv) over figure as previous_text_sv,
            lag(text_en) over figure as previous_text_en,
            lag(citation_fi) over figure as previous_citation_fi,
            lag(citation_sv) over figure as previous_citation_sv,
            lag(citation_en) over figure as previous_citation_en,
            lag(published_on) over figure as previous_published_on
        from input.figure_vintages
        where clock = 'said'
        window figure as (partition by id order by valid_from)
    ),
    kinds as (
        select series, reference, edition, max(change_kind) as change_kind
        from staging.observations
        where change_kind in ('tarkentuminen', 'korjaus', 'menetelmä')
        group by series, reference, edition
    ),
    corrected as (
        select
            id,
            changed_on,
            -- a correction of an error tells more than a change of method on the same day
            min(kind) as kind,
            string_agg(reason_fi, ' ' order by correction) as reason_fi,
            string_agg(reason_sv, ' ' order by correction) as reason_sv,
            string_agg(reason_en, ' ' order by correction) as reason_en
        from (select unnest(figures) as id, * exclude (figures) from input.corrections)
        where correction_status = 'confirmed'
        group by id, changed_on
    ),
    told as (
        select
            s.valid_from as changed_on,
            case
                when s.step = 1
                then 'first'
                when
                    c.kind is not null
                    and (s.published_on is null or s.reference < s.previous_reference)
                    and s.previous_published_on is not null
                then case c.kind when 'menetelmä' then 'method' else 'correction' end
                when s.published_on is null
                then 'gone'
                when s.previous_published_on is null
                then 'back'
                when s.coverage <> s.previous_coverage
                then 'coverage'
                when s.reference > s.previous_reference
                then 'newer'
                when s.reference < s.previous_reference
                then 'older'
                when
                    s.value is distinct from s.previous_value
                    or s.items is distinct from s.previous_items
                    or s.bound is distinct from s.previous_bound
                then
                    case
                        coalesce(c.kind, k.change_kind)
                        when 'korjaus'
                        then 'correction'
                        when 'menetelmä'
                        then 'method'
                        else 'revision'
                    end
                else 'citation'
            end as change,
            s.*,
            c.reason_fi,
            c.reason_sv,
            c.reason_en
        from said as s
        left join kinds as k on s.series = k.series and s.reference = k.reference and s.edition = k.edition
        left join corrected as c on s.id = c.id and s.valid_from = c.changed_on
    ),
    overdue as (
        select
            greatest(f.stale_from, s.valid_from) as changed_on,
            'overdue' as change,
            s.* exclude (
                previous_text_fi,
                previous_text_sv,
                previous_text_en,
                previous_citation_fi,
                previous_citation_sv,
                previous_citation_en,
                previous_reference,
                previous_published_on
            )
        from input.figures as f
        inner join said as s on f.id = s.id and s.valid_to is null
        where f.state = 'stale' and f.stale_from is not null
    ),
    entries as (
        select *
        from told
        union all by name
        select *
        from overdue
    )
select
    changed_on,
    e.id,
    change,
    ordinal,
    name_fi,
    name_sv,
    name_en,
    text_fi,
    text_sv,
    text_en,
    citation_fi,
    citation_sv,
    citation_en,
    previous_text_fi,
    previous_text_sv,
    previous_text_en,
    previous_citation_fi,
    previous_citation_sv,
    previous_citation_en,
    reference,
    previous_reference,
    published_on,
    e.publisher_id,
    p.long_fi as publisher_fi,
    p.long_sv as publisher_sv,
    p.long_en as publisher_en,
    source_url,
    edition,
    snapshot_sha256,
    case when change in ('correction', 'method') then reason_fi end as reason_fi,
    case when change in ('correction', 'method') then reason_sv end as reason_sv,
    case when change in ('correction', 'method') then reason_en end as reason_en
from entries as e
left join input.publishers as p on e.publisher_id = p.id
