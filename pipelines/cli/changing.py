"""Commands that change what is stored or published: run, refresh, import, record.

What belongs here: their arguments. What does not: logic of their own.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines.cli.app import DAY, PLACE, App, chosen_settings, finish, folders
from pipelines.lock import held
from pipelines.progress import Progress, tell

_BOUNDS = ["exact", "about", "at_least", "at_most"]


@click.command()
@click.option("--known-on", type=DAY, help="Build the world as it was public on this day, in another folder.")
@folders
@click.pass_obj
def run(app: App, known_on: date | None, own_data: Path | None, own_site: Path | None) -> None:
    """Rebuild marts and site from the raw store, without network."""
    from pipelines import run as running

    chosen = chosen_settings(app, own_data, own_site)
    with Progress(chosen) as say, held(chosen.work, say):
        report = running.run(chosen, say, known_on, with_site=True)
        finish(report, say.warn)
    page = running.site_folder(chosen, known_on) / "index.html"
    tell(f"The page is at {page}" + ("" if known_on else " (or: lukuina serve)"))
    sys.exit(1 if report.newly_wrong else 0)


@click.command()
@click.argument("sources", nargs=-1)
@folders
@click.pass_obj
def refresh(app: App, sources: tuple[str, ...], own_data: Path | None, own_site: Path | None) -> None:
    """Fetch what is due, or the named SOURCES, then run."""
    from pipelines import night

    chosen = chosen_settings(app, own_data, own_site)
    with Progress(chosen) as say, held(chosen.work, say):
        report, failed = night.refresh(chosen, sources, say)
        for text in failed:
            say.warn(f"newly failed: {text}")
        finish(report, say.warn)
    sys.exit(1 if failed or report.newly_wrong else 0)


@click.command("import")
@click.argument("source")
@click.argument("file", type=PLACE)
@click.option("--published", type=DAY, help="The day on which it became public.")
@folders
@click.pass_obj
def import_(
    app: App, source: str, file: Path, published: date | None, own_data: Path | None, own_site: Path | None
) -> None:
    """Take a FILE of a SOURCE into the raw store, then run."""
    from pipelines import run as running

    chosen = chosen_settings(app, own_data, own_site)
    with Progress(chosen) as say, held(chosen.work, say):
        report = running.bring_in(chosen, source, file, published, say)
        finish(report, say.warn)
    sys.exit(1 if report.newly_wrong else 0)


@click.command()
@click.argument("figure")
@click.option("--value", default="", help="The number, decimal point, no spaces.")
@click.option("--item", "items", multiple=True, help="A place of a ranked list, first to last; once a place.")
@click.option("--bound", type=click.Choice(_BOUNDS), default="exact", show_default=True, help="As its producer said.")
@click.option("--period", default="", help="The period counted: YYYY, YYYY-MM or a/b.")
@click.option("--as-of", default="", help="The day counted: YYYY-MM-DD, or as precise as it is known.")
@click.option("--published", type=DAY, required=True, help="The day on which the producer gave it.")
@click.option("--publisher", required=True, help="Who counted it, e.g. TEM.")
@click.option("--citation", default="", help="How the producer's document is cited.")
@click.option("--source-url", default="", help="Where it can be read.")
@click.option("--coverage", default="", help="Which population, where the figure has several.")
@click.option("--note", default="", help="What else should be known of the row.")
@folders
@click.pass_obj
def record(app: App, figure: str, own_data: Path | None, own_site: Path | None, **given: Any) -> None:
    """Record a value of a FIGURE that its producer gave, then run."""
    from pipelines import record as recording

    chosen = chosen_settings(app, own_data, own_site)
    with Progress(chosen) as say, held(chosen.work, say):
        report, sentence = recording.record(chosen, figure, recording.Given(**given), say)
        finish(report, say.warn)
    click.echo(sentence)
    sys.exit(1 if report.newly_wrong else 0)
