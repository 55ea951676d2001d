"""What every command shares: the settings, errors turned into exit codes, the --data and --site options, printing.

What belongs here: that. What does not: any command.
"""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines import settings
from pipelines.errors import LukuinaError


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
        except OSError as error:  # a full disk, a folder that may not be written
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"lukuina: {place}{error.strerror or error}. What was published is as it was", err=True)
            ctx.exit(2)
        except Exception as error:  # a defect of ours: show where, and the code for "could not be done"
            if not _told_as_template(error):
                traceback.print_exc()
            ctx.exit(2)


def _told_as_template(error: Exception) -> bool:
    """Tell a mistake in a file of ``dashboards/templates`` by file and line; False for every other error."""
    from jinja2 import TemplateSyntaxError  # most commands never need it

    if not isinstance(error, TemplateSyntaxError):
        return False
    place = f"{error.filename or error.name}:{error.lineno}"
    click.echo(
        f"lukuina: {place}: {error.message}; expected a Jinja2 template. What was published is as it was", err=True
    )
    return True


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


def folders(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --data and --site stand after the command too."""
    for name in ("site", "data"):
        command = click.option(f"--{name}", f"own_{name}", type=click.Path(path_type=Path), hidden=True)(command)
    return command


def chosen_settings(app: App, own_data: Path | None, own_site: Path | None) -> settings.Settings:
    """Return the settings with the folders that the command was given."""
    chosen = app.settings
    return replace(chosen, data=own_data or chosen.data, site=own_site or chosen.site)


def finish(report: Any, say: Callable[[str], None]) -> None:
    """Name what a build found newly wrong."""
    for edition in report.newly_quarantined:
        say(f"newly quarantined: {edition}: {report.reasons.get(edition, '')}")
    for figure in report.newly_stale:
        say(f"newly stale: {figure}")


def print_json(content: object) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))
