"""The command that examines an installation: doctor.

What belongs here: its arguments, how it prints, its exit code. What does not: logic of its own (pipelines/doctor.py).
"""

import sys
from pathlib import Path

import click

from pipelines import __version__
from pipelines.cli.app import App, chosen_settings, folders
from pipelines.lock import held
from pipelines.progress import Progress


@click.command()
@click.option("--live", is_flag=True, help="Also ask every publisher, some minutes; what is answered is kept.")
@folders
@click.pass_obj
def doctor(app: App, live: bool, own_data: Path | None, own_site: Path | None) -> None:
    """Examine the installation and, with --live, the publishers; a report to read and paste."""
    from pipelines import clock
    from pipelines import doctor as examining

    chosen = chosen_settings(app, own_data, own_site)
    click.echo(f"lukuina {__version__} doctor, {clock.now():%Y-%m-%d %H:%M} UTC")
    lines = examining.installation(chosen)
    for line in lines:
        click.echo(str(line))
    unfit = any(line.state == "fail" for line in lines)
    told: list[examining.Line] = []
    if live:
        with Progress() as say, held(chosen.work, say):
            told = examining.live(chosen, say)
        for line in told:
            click.echo(str(line))
    counts = {state: sum(line.state == state for line in (*lines, *told)) for state in ("ok", "warn", "fail")}
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()))
    sys.exit(2 if unfit else 1 if any(line.state == "fail" for line in told) else 0)
