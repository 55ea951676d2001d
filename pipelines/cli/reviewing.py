"""Commands by which a person decides about editions: review, approve, reject; and about what is to be read: seen.

What belongs here: their arguments and how they print. What does not: logic of their own (pipelines/review.py).
"""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.app import App, chosen_settings, finish, folders, print_json
from pipelines.lock import held
from pipelines.progress import Progress, tell


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON list of objects.")
@folders
@click.pass_obj
def review(app: App, as_json: bool, own_data: Path | None, own_site: Path | None) -> None:
    """List the editions in quarantine: why, and what differs."""
    from pipelines import review as reviewing

    found = reviewing.pending(chosen_settings(app, own_data, own_site))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.edition}\n  recorded {one.recorded_on}, of {one.reference}\n  {one.reason}")
        for line in one.differs:
            click.echo(f"    {line}")
    tell(f"{len(found)} in quarantine")


@click.command()
@click.argument("edition")
@click.option("--reason", required=True, help="Why; shown publicly.")
@click.option("--by", default="", help="Who decided, a name or a role; shown publicly.")
@folders
@click.pass_obj
def approve(app: App, edition: str, reason: str, by: str, own_data: Path | None, own_site: Path | None) -> None:
    """Admit an EDITION in quarantine from today on, then run."""
    _decide(app, (edition, "approved", reason, by), own_data, own_site)


@click.command()
@click.argument("edition")
@click.option("--reason", required=True, help="Why; shown publicly.")
@click.option("--by", default="", help="Who decided, a name or a role; shown publicly.")
@folders
@click.pass_obj
def reject(app: App, edition: str, reason: str, by: str, own_data: Path | None, own_site: Path | None) -> None:
    """Keep an EDITION out from today on, whatever comes later, then run."""
    _decide(app, (edition, "rejected", reason, by), own_data, own_site)


@click.command()
@click.argument("page")
@click.option("--note", default="", help="What was read on it.")
@click.option("--by", default="", help="Who read it, a name or a role.")
@folders
@click.pass_obj
def seen(app: App, page: str, note: str, by: str, own_data: Path | None, own_site: Path | None) -> None:
    """Mark a watched PAGE as read: nothing on it to record."""
    from pipelines import watchers

    chosen = chosen_settings(app, own_data, own_site)
    with held(chosen.work):
        watchers.seen(chosen.raw, page, note, by)
    tell(f"{page}: read. The page Tila says so after the next run")


def _decide(app: App, given: tuple[str, str, str, str], own_data: Path | None, own_site: Path | None) -> None:
    from pipelines import review as reviewing

    chosen = chosen_settings(app, own_data, own_site)
    with Progress(chosen) as say, held(chosen.work):
        report = reviewing.decide(chosen, *given, say)
        finish(report, say.warn)
    sys.exit(1 if report.newly_wrong else 0)
