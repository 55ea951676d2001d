"""The installation that the assets work in, as a Dagster resource.

What belongs here: settings, store and sources, read when a step starts, as the command line reads them; asking one
source so that being refused is an answer. What does not: what is done with them (the rooms).
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from pipelines import catalogue, collect, refresh, run, settings
from pipelines.errors import LukuinaError, NoContactError
from pipelines.lock import held
from pipelines.raw import RawStore
from pipelines.sources.base import Source
from pipelines.status import SourceStatus
from pipelines.visits import Visit


@dataclass(frozen=True)
class Attempt:
    """What asking one source gave. ``refused`` says why it was not asked; "" when it was."""

    visits: tuple[Visit, ...] = ()
    newly_failed: tuple[str, ...] = ()
    refused: str = ""

    @property
    def brought_new(self) -> bool:
        """Whether any page had new content."""
        return any(visit.outcome == "new" for visit in self.visits)


class House(dg.ConfigurableResource["House"]):
    """``lukuina.toml`` and ``LUKUINA_…`` of the process that runs the step; no configuration of its own.

    A run in one process makes it once and holds the data folder until the end, so that neither another run nor a
    command of ``lukuina`` that writes comes between its steps.
    """

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["House"]:
        """Hold the data folder for the run. Raises BusyError, or InputError for a wrong setting."""
        say = context.log.warning if context.log else print
        with held(self.settings.work, say):  # names a run that was killed before its end
            yield self

    @property
    def settings(self) -> settings.Settings:
        """The settings. Raises InputError naming what is wrong."""
        return settings.load()

    @property
    def store(self) -> RawStore:
        """The raw store as it stands, which may be empty."""
        return RawStore(self.settings.raw)

    @property
    def sources(self) -> dict[str, Source]:
        """The sources by id, as configured here."""
        return catalogue.build(self.settings)

    def ask(self, source: str, say: Callable[[str], None]) -> Attempt:
        """Fetch what is due of one source; its trouble is in the seen-log and never raises (R11).

        Raises Failure, not to be retried, for what a person must mend: a wrong setting, a damaged store.
        """
        try:
            done = refresh.refresh(self.settings, self.store, self.sources, [source], say, only_due=True)
        except NoContactError as error:
            say(f"{source}: not asked. {error}")
            return Attempt(refused=str(error))
        except LukuinaError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return Attempt(done.visits, done.newly_failed)

    def status(self, source: str) -> SourceStatus:
        """Return what ``lukuina status`` says of one source."""
        return next(status for status in run.statuses(self.settings) if status.source == source)

    def collected(self, say: Callable[[str], None]) -> collect.Collected:
        """Read and judge everything stored; the bundled figures are taken in first, so any step can run alone."""
        return run.collect(self.settings, run.prepare(self.settings, say))
