"""The ``lukuina`` command.

What belongs here: arguments, exit codes (R12), printing. What does not: logic of its own; every command calls the
same functions as Dagster's assets.

Standard output is data only; messages go to standard error. 0 = done; 1 = done, and something is newly wrong (newly
quarantined, failed or stale); 2 = could not be done, nothing published changed.
"""

import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines import __version__, settings
from pipelines.errors import InputError, LukuinaError
from pipelines.lock import held
from pipelines.progress import Progress


@dataclass(frozen=True)
class App:
    """What every command needs."""

    settings: settings.Settings


class Lukuina(click.Group):
    """Turn our errors into one message and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except LukuinaError as error:
            click.echo(f"lukuina: {error}", err=True)
            ctx.exit(2)
        except (click.ClickException, click.Abort, click.exceptions.Exit, SystemExit):
            raise
        except BrokenPipeError:
            ctx.exit(0)
        except Exception:  # a defect of ours: show where, and the code for "could not be done"
            traceback.print_exc()
            ctx.exit(2)


class Day(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A calendar day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date or fail naming what was expected."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; expected YYYY-MM-DD, e.g. 2019-11-30", param, ctx)


DAY = Day()
_BOUNDS = ["exact", "about", "at_least", "at_most"]


@click.group(cls=Lukuina, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(path_type=Path), help="Data folder [LUKUINA_DATA, default data/].")
@click.option("--site", type=click.Path(path_type=Path), help="Site folder [LUKUINA_SITE, default site/].")
@click.version_option(__version__, prog_name="lukuina")
@click.pass_context
def main(ctx: click.Context, data: Path | None, site: Path | None) -> None:
    """Toiminta lukuina: public figures, fetched, kept and quotable."""
    ctx.obj = App(settings.load(data, site))


def _folders(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --data and --site stand after the command too."""
    for name in ("site", "data"):
        command = click.option(f"--{name}", f"own_{name}", type=click.Path(path_type=Path), hidden=True)(command)
    return command


def _settings(app: App, own_data: Path | None, own_site: Path | None) -> settings.Settings:
    chosen = app.settings
    return replace(chosen, data=own_data or chosen.data, site=own_site or chosen.site)


@main.command()
@click.option("--known-on", type=DAY, help="Build the world as it was public on this day, in another folder.")
@_folders
@click.pass_obj
def run(app: App, known_on: date | None, own_data: Path | None, own_site: Path | None) -> None:
    """Rebuild marts and site from the raw store, without network."""
    from pipelines import run as running

    chosen = _settings(app, own_data, own_site)
    with held(chosen.work), Progress() as say:
        report = running.run(chosen, say, known_on, with_site=True)
    _finish(report)
    page = running.site_folder(chosen, known_on) / "index.html"
    click.echo(f"The page is at {page}" + ("" if known_on else " (or: lukuina serve)"), err=True)
    sys.exit(1 if report.newly_wrong else 0)


@main.command()
@click.argument("sources", nargs=-1)
@_folders
@click.pass_obj
def refresh(app: App, sources: tuple[str, ...], own_data: Path | None, own_site: Path | None) -> None:
    """Fetch what is due, or the named SOURCES, then run."""
    from pipelines import run as running

    chosen = _settings(app, own_data, own_site)
    with held(chosen.work), Progress() as say:
        report, failed = running.refresh(chosen, sources, say)
    for text in failed:
        click.echo(f"newly failed: {text}", err=True)
    _finish(report)
    sys.exit(1 if failed or report.newly_wrong else 0)


@main.command("import")
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--published", type=DAY, help="The day on which it became public.")
@_folders
@click.pass_obj
def import_(
    app: App, source: str, file: Path, published: date | None, own_data: Path | None, own_site: Path | None
) -> None:
    """Take a FILE of a SOURCE into the raw store, then run."""
    from pipelines import run as running

    chosen = _settings(app, own_data, own_site)
    with held(chosen.work), Progress() as say:
        report = running.bring_in(chosen, source, file, published, say)
    _finish(report)
    sys.exit(1 if report.newly_wrong else 0)


@main.command()
@click.option("--known-on", type=DAY, help="What was public on this day.")
@click.option("--said-on", type=DAY, help="What we had recorded on this day.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@_folders
@click.pass_obj
def figures(
    app: App, known_on: date | None, said_on: date | None, as_json: bool, own_data: Path | None, own_site: Path | None
) -> None:
    """Show the figures as they stand now, or as they stood on a day."""
    from pipelines import answers

    if known_on and said_on:
        raise InputError("--known-on, --said-on", "both given", "one clock at a time")
    found = answers.figures(_settings(app, own_data, own_site).marts, known_on, said_on)
    if as_json:
        _json([answers.contract(figure) for figure in found])
        return
    for figure in found:
        click.echo(f"{figure['id']:<40}{figure['text_fi']}")


@main.command()
@click.argument("figure")
@click.option("--known-on", type=DAY, help="As it was public on this day.")
@click.option("--lang", type=click.Choice(["fi", "sv", "en"]), default="fi", show_default=True)
@_folders
@click.pass_obj
def quote(
    app: App, figure: str, known_on: date | None, lang: str, own_data: Path | None, own_site: Path | None
) -> None:
    """Print one FIGURE as a sentence with its citation."""
    from pipelines import answers

    click.echo(answers.quote(_settings(app, own_data, own_site), figure, known_on, lang))


@main.command()
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
@_folders
@click.pass_obj
def record(app: App, figure: str, own_data: Path | None, own_site: Path | None, **given: Any) -> None:
    """Record a value of a FIGURE that its producer gave, then run."""
    from pipelines import record as recording

    chosen = _settings(app, own_data, own_site)
    with held(chosen.work), Progress() as say:
        report, sentence = recording.record(chosen, figure, recording.Given(**given), say)
    _finish(report)
    click.echo(sentence)
    sys.exit(1 if report.newly_wrong else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@_folders
@click.pass_obj
def status(app: App, as_json: bool, own_data: Path | None, own_site: Path | None) -> None:
    """Show how each source is doing."""
    from pipelines import run as running

    found = running.statuses(_settings(app, own_data, own_site))
    if as_json:
        _json([item.as_dict() for item in found])
        return
    for item in found:
        click.echo(f"{item.source:<13}{item.state:<13}{item.last_fetch or '-':<27}{item.message}")


@main.command()
@_folders
@click.pass_obj
def verify(app: App, own_data: Path | None, own_site: Path | None) -> None:
    """Re-hash the raw store; say what is missing, altered or orphaned."""
    from pipelines.raw import RawStore

    raw = _settings(app, own_data, own_site).raw
    if not raw.is_dir():
        raise InputError(str(raw), "no raw store", fix="Run: lukuina run")
    problems = list(RawStore(raw).verify())
    for problem in problems:
        click.echo(f"{problem.kind}: {problem.path}: {problem.detail}")
    if problems:
        click.echo(f"lukuina: {len(problems)} problems in {raw}", err=True)
        sys.exit(2)
    click.echo(f"{raw}: every snapshot is there and unaltered", err=True)


@main.command()
@click.argument("query")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header.")
@_folders
@click.pass_obj
def sql(app: App, query: str, as_json: bool, as_csv: bool, own_data: Path | None, own_site: Path | None) -> None:
    """Run a read-only QUERY on the published file."""
    from pipelines import answers

    frame = answers.sql(_settings(app, own_data, own_site).marts, query)
    if as_json:
        _json(answers.records(frame))
    elif as_csv:
        click.echo(answers.csv(frame), nl=False)
    else:
        click.echo(answers.table(frame))


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@_folders
@click.pass_obj
def serve(app: App, port: int, host: str, own_data: Path | None, own_site: Path | None) -> None:
    """Serve the built site on this machine."""
    from pipelines.serve import serve as serving

    serving(_settings(app, own_data, own_site).site, host, port)


def _finish(report: Any) -> None:
    for edition in report.newly_quarantined:
        click.echo(f"newly quarantined: {edition}: {report.reasons.get(edition, '')}", err=True)
    for figure in report.newly_stale:
        click.echo(f"newly stale: {figure}", err=True)


def _json(content: object) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))
