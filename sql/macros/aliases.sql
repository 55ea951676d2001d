-- Purpose: the two macros under their short names as well, so that figures_known_on(d) works without a schema.
create or replace macro main.figures_known_on(d) as table select * from marts.figures_known_on(d);
create or replace macro main.figures_said_on(d) as table select * from marts.figures_said_on(d);
comment on macro table main.figures_known_on is 'Short name of marts.figures_known_on.';
comment on macro table main.figures_said_on is 'Short name of marts.figures_said_on.'
