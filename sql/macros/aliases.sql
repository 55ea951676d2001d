-- Purpose: the two macros under their short names as well, so that figures_known_on(d) works without a schema.
create or replace macro main.figures_known_on(d) as table select * from marts.figures_known_on(d);
create or replace macro main.figures_said_on(d) as table select * from marts.figures_said_on(d)
