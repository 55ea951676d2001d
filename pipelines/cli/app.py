"""What every command shares: the settings, errors turned into exit codes, the --data and --site options, printing.

What belongs here: that. What does not: any command.
"""

import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click

from pipelines import settings
from pipelines.errors import LukuinaError
from pipelines.garbage import seldom
from pipelines.progress import tell
from pipelines.stopping import Stopped, cause, heard


@dataclass(frozen=True)
class App:
    """What every command needs."""

    settings: settings.Settings


class Lukuina(click.Group):
    """Turn our errors into one message and exit code 2, never a traceback."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; --help and --version, too, end in words when they cannot be printed."""
        _with_all_streams()
        try:
            with heard(), seldom():
                return super().main(*arguments, **options)
        except OSError as error:
            tell(f"lukuina: standard output: {error.strerror or error}")
            os._exit(2)  # what is left for it would be tried once more at the end, in vain

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except LukuinaError as error:
            tell(f"lukuina: {error}")
            ctx.exit(2)
        except (click.ClickException, click.Abort, click.exceptions.Exit, SystemExit):
            raise
        except BrokenPipeError:
            ctx.exit(0)
        except Stopped as stopped:
            self._stop(ctx, stopped)
        except OSError as error:  # a full disk, a folder that may not be written
            if _of_printing(error):
                raise
            named = error.filename2 or error.filename  # what was to be replaced, rather than our temporary file
            place = f"{named}: " if named else ""
            tell(f"lukuina: {place}{error.strerror or error}. What was published is as it was")
            ctx.exit(2)
        except Exception as error:  # a defect of ours: show where, and the code for "could not be done"
            if stopped := cause(error):
                self._stop(ctx, stopped)
            if not _told_as_template(error):
                tell(traceback.format_exc().rstrip())
            ctx.exit(2)

    def _stop(self, ctx: click.Context, stopped: Stopped) -> NoReturn:
        """Tell a command that was stopped from outside, once it has left everything tidy."""
        tell(f"lukuina: {stopped}. Nothing is half written; {stopped.then}")
        ctx.exit(stopped.code)


def _of_printing(error: OSError) -> bool:
    """Whether it was standard output, not a file of ours, that did not take what it was given."""
    return traceback.extract_tb(error.__traceback__)[-1].filename == click.utils.__file__


def _with_all_streams() -> None:
    """Give a command that was started with a closed stream the null device: the next file must not take its number.

    A terminal that is not UTF-8 gets the number of a sign that it cannot print, instead of a traceback.
    """
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _told_as_template(error: Exception) -> bool:
    """Tell a mistake in a file of ``dashboards/templates`` by file and line; False for every other error."""
    from jinja2 import TemplateSyntaxError  # most commands never need it

    if not isinstance(error, TemplateSyntaxError):
        return False
    place = f"{error.filename or error.name}:{error.lineno}"
    tell(f"lukuina: {place}: {error.message}; expected a Jinja2 template. What was published is as it was")
    return True


class Day(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A calendar day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date or fail naming what was expected."""
        if isinstance(value, date):
            return value
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value), re.ASCII):
                raise ValueError(value)
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; expected YYYY-MM-DD, e.g. 2019-11-30", param, ctx)


DAY = Day()


class Place(click.Path):
    """A file or folder. An empty one is refused: an unset variable of a script would mean the working directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Return the path or fail."""
        if not os.fspath(value):
            self.fail("empty; expected a path", param, ctx)
        return super().convert(value, param, ctx)


PLACE = Place()


def folders(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --data and --site stand after the command too."""
    for name in ("site", "data"):
        command = click.option(f"--{name}", f"own_{name}", type=PLACE, hidden=True)(command)
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
