-- Purpose: the figures as we had recorded them on a day (rule R3): figures_said_on(date '2026-11-24').
create or replace macro marts.figures_said_on(d) as table
    select * exclude (state, later_state), case when stale_from <= d then later_state else state end as state
    from marts.figure_vintages
    where clock = 'said' and valid_from <= d and (valid_to is null or d < valid_to)
    order by ordinal;
comment on macro table marts.figures_said_on is 'The figures as we had recorded them on a day (rule R3): figures_said_on(date ''2026-11-24''). Columns as in marts.figure_vintages.'
