"""The ``lukuina`` command.

What belongs here: the group and the list of its commands; arguments and printing are in the modules beside this one,
by topic. What does not: logic of its own; every command calls the same functions as Dagster's assets, and imports them
when it is called.

Standard output is data only; messages go to standard error. 0 = done; 1 = done, and something is newly wrong (newly
quarantined, failed or stale); 2 = could not be done, nothing published changed (R12).
"""

from dataclasses import replace
from pathlib import Path

import click

from pipelines import __version__, settings
from pipelines.cli import asking, changing, examining, keeping, reviewing
from pipelines.cli.app import PLACE, App, Lukuina

COMMANDS = (
    changing.run,
    changing.refresh,
    changing.import_,
    changing.record,
    reviewing.review,
    reviewing.approve,
    reviewing.reject,
    reviewing.seen,
    keeping.backup,
    keeping.restore,
    asking.figures,
    asking.quote,
    asking.sql,
    asking.status,
    asking.verify,
    asking.serve,
    examining.doctor,
)


@click.group(cls=Lukuina, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=PLACE, help="Data folder [LUKUINA_DATA, default data/].")
@click.option("--site", type=PLACE, help="Site folder [LUKUINA_SITE, default site/].")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Lines on standard error [LUKUINA_LOG_FORMAT].")
@click.version_option(__version__, prog_name="lukuina")
@click.pass_context
def main(ctx: click.Context, data: Path | None, site: Path | None, log_format: str | None) -> None:
    """Toiminta lukuina: public figures, fetched, kept and quotable."""
    chosen = settings.load(data, site)
    ctx.obj = App(replace(chosen, log_format=log_format or chosen.log_format))


for command in COMMANDS:
    main.add_command(command)
