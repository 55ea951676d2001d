-- Purpose: events that break or explain the wage-subsidy series.
-- Grain: one event.
select cast(date as date) as date, kind, event_fi, event_sv, event_en, source, verified from input.palkkatuki_timeline
