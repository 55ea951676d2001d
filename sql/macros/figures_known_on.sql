-- Purpose: the figures as they were publicly known on a day (rule R3): figures_known_on(date '2019-11-30').
create or replace macro marts.figures_known_on(d) as table
    select * exclude (state, later_state), case when stale_from <= d then later_state else state end as state
    from marts.figure_vintages
    where clock = 'known' and valid_from <= d and (valid_to is null or d < valid_to)
    order by ordinal;
comment on macro table marts.figures_known_on is 'The figures as they were publicly known on a day (rule R3): figures_known_on(date ''2019-11-30''). Columns as in marts.figure_vintages.'
