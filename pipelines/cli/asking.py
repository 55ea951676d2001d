"""Commands that only read: figures, quote, status, verify, sql, serve.

What belongs here: their arguments and how they print. What does not: logic of their own.
"""

import sys
from datetime import date
from pathlib import Path

import click

from pipelines.cli.app import DAY, App, chosen_settings, folders, print_json
from pipelines.errors import InputError
from pipelines.progress import tell


@click.command()
@click.option("--known-on", type=DAY, help="What was public on this day.")
@click.option("--said-on", type=DAY, help="What we had recorded on this day.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@folders
@click.pass_obj
def figures(
    app: App, known_on: date | None, said_on: date | None, as_json: bool, own_data: Path | None, own_site: Path | None
) -> None:
    """Show the figures as they stand now, or as they stood on a day."""
    from pipelines import answers

    if known_on and said_on:
        raise InputError("--known-on, --said-on", "both given", "one clock at a time")
    found = answers.figures(chosen_settings(app, own_data, own_site).marts, known_on, said_on)
    if as_json:
        print_json([answers.contract(figure) for figure in found])
        return
    for figure in found:
        click.echo(f"{figure['id']:<40}{figure['text_fi']}")


@click.command()
@click.argument("figure")
@click.option("--known-on", type=DAY, help="As it was public on this day.")
@click.option("--lang", type=click.Choice(["fi", "sv", "en"]), default="fi", show_default=True)
@folders
@click.pass_obj
def quote(
    app: App, figure: str, known_on: date | None, lang: str, own_data: Path | None, own_site: Path | None
) -> None:
    """Print one FIGURE as a sentence with its citation."""
    from pipelines import answers

    click.echo(answers.quote(chosen_settings(app, own_data, own_site), figure, known_on, lang))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@folders
@click.pass_obj
def status(app: App, as_json: bool, own_data: Path | None, own_site: Path | None) -> None:
    """Show how each source is doing."""
    from pipelines import run as running
    from pipelines import watchers

    chosen = chosen_settings(app, own_data, own_site)
    found = running.statuses(chosen)
    if as_json:
        print_json([item.as_dict() for item in found])
        return
    for item in found:
        click.echo(f"{item.source:<16}{item.state:<13}{item.last_fetch or '-':<27}{item.message}")
    for one in watchers.to_dos(chosen.raw):
        click.echo(f"to read: {one.id}, changed {one.changed_on}: {one.url}")
        for line in (*one.new, *one.commands, f"lukuina seen {one.id}"):
            click.echo(f"  {line}")


@click.command()
@folders
@click.pass_obj
def verify(app: App, own_data: Path | None, own_site: Path | None) -> None:
    """Re-hash the raw store; say what is missing, altered or orphaned."""
    from pipelines import run as running
    from pipelines.raw import RawStore
    from pipelines.verify import problems

    chosen = chosen_settings(app, own_data, own_site)
    raw = chosen.raw
    if not raw.is_dir():
        raise InputError(str(raw), "no raw store", fix="Run: lukuina run")
    if running.is_publishing(chosen):
        tell("tables and site are being put in place, or a run was killed while it did: lukuina run finishes it")
    found = list(problems(RawStore(raw)))
    for problem in found:
        click.echo(f"{problem.kind}: {problem.path}: {problem.detail}")
    if found:
        tell(f"lukuina: {len(found)} problems in {raw}")
        sys.exit(2)
    tell(f"{raw}: every snapshot is there and unaltered")


@click.command()
@click.argument("query")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header.")
@folders
@click.pass_obj
def sql(app: App, query: str, as_json: bool, as_csv: bool, own_data: Path | None, own_site: Path | None) -> None:
    """Run a read-only QUERY on the published file."""
    from pipelines import answers

    frame = answers.sql(chosen_settings(app, own_data, own_site).marts, query)
    if as_json:
        print_json(answers.records(frame))
    elif as_csv:
        click.echo(answers.csv(frame), nl=False)
    else:
        click.echo(answers.table(frame))


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@folders
@click.pass_obj
def serve(app: App, port: int, host: str, own_data: Path | None, own_site: Path | None) -> None:
    """Serve the built site on this machine."""
    from pipelines.serve import serve as serving

    serving(chosen_settings(app, own_data, own_site).site, host, port)
