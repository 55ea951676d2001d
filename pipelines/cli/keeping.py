"""Commands that keep the raw store safe: backup, restore.

What belongs here: their arguments and how they print. What does not: logic of their own (pipelines/backup.py).
"""

from pathlib import Path

import click

from pipelines.cli.app import PLACE, App, chosen_settings, folders
from pipelines.lock import held
from pipelines.progress import tell


@click.command()
@click.argument("destination", type=PLACE)
@folders
@click.pass_obj
def backup(app: App, destination: Path, own_data: Path | None, own_site: Path | None) -> None:
    """Copy what is new of the raw store to DESTINATION; verified, nothing there is deleted."""
    from pipelines import backup as keeping

    chosen = chosen_settings(app, own_data, own_site)
    with held(chosen.work):
        done = keeping.backup(chosen.raw, destination)
    tell(f"{destination}: {done.copied} files copied ({done.size} bytes), {done.same} were there")


@click.command()
@click.argument("source", type=PLACE)
@folders
@click.pass_obj
def restore(app: App, source: Path, own_data: Path | None, own_site: Path | None) -> None:
    """Copy a backup, SOURCE, into an empty data folder; then: lukuina run."""
    from pipelines import backup as keeping

    chosen = chosen_settings(app, own_data, own_site)
    with held(chosen.work):
        done = keeping.restore(source, chosen.raw)
    tell(f"{chosen.raw}: {done.copied} files restored, {done.same} were there. Now: lukuina run")
