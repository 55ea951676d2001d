"""TEM's register of social enterprises: a closed source.

What belongs here: that it is closed, since when and why, and a check that it stays silent. What does not: its last
value (28 on 17.10.2019), which a person transcribed (data/raw/transcribed/handbook.csv); its successors, which count
something else and are never chained to it.

Facts: ../shared/sources/handbook-figures.md §3. Nothing is fetched: a 404, an empty list or a 0 from a closed source
is never an observation (§3.4). A published list's layout was never seen, so there is no reader for one either.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import polars as pl

from pipelines.errors import InputError
from pipelines.http import Http
from pipelines.sources.base import Edition, Fetched, Known, Page, Reading, Series

REGISTER = "sosiaaliset_yritykset_rekisteri"

CLOSED_SINCE = date(2023, 7, 1)
"""From this day the register is closed; before it the series was open (R10). Inferred: the day on which the renewed
wage subsidy came into force, whose bill also repealed the act (§3.3)."""

LEGAL_BASIS = "HE 175/2022 vp; kumoavan lain numero on tarkistettava Finlexistä"
LEGAL_BASIS_VERIFIED = False
"""No one has read the repealing act itself; a person must check its number and commencement before it is printed."""

REASON: Mapping[str, str] = {
    "fi": "Rekisteri lakkautettiin, kun laki sosiaalisista yrityksistä (1351/2003) kumottiin palkkatukiuudistuksessa "
    "vuonna 2023.",
    "sv": "Registret lades ned när lagen om sociala företag (1351/2003) upphävdes i samband med reformen av "
    "lönesubventionen 2023.",
    "en": "The register was discontinued when the Act on Social Enterprises (1351/2003) was repealed with the "
    "wage-subsidy reform of 2023.",
}


class TemSource:
    """The source; see ``pipelines.sources.base.Source``. It has no pages and no edition."""

    id = "tem"
    publisher = "tem"
    licence = "not stated: facts quoted with source and date"
    cadence = timedelta(days=36_500)  # never stale: closed (R10)
    min_interval_s = 1.0
    reader = 1
    pages: tuple[Page, ...] = ()
    floors: Mapping[str, int] = {}
    witnesses: Mapping[str, str] = {}
    series: Mapping[str, Series] = {REGISTER: Series("stock", "count")}

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Ask nobody and yield nothing."""
        del http, known
        return iter(())

    def read(self, edition: Edition) -> Reading:
        """Refuse whatever came: raises InputError always."""
        raise InputError(
            f"{self.id}/{edition.page}",
            "closed source yields nothing",
            f"no edition after {CLOSED_SINCE.isoformat()}",
            "A figure that a person read belongs in data/raw/transcribed/",
        )


SOURCE = TemSource()


def silent(observations: pl.DataFrame) -> list[str]:
    """Return complaints about rows that a closed register cannot have; [] when all is well.

    ``observations``: columns ``series``, ``as_of`` and ``period`` at least, ``edition`` and ``source`` where known.
    Complains of a value of the register whose reference lies after ``CLOSED_SINCE``, and of any edition whose source
    is ``tem`` (edition ids begin ``tem:``).
    """
    reference = pl.when(pl.col("as_of") != "").then("as_of").otherwise("period")
    # as text: "2024" and "2023-07-02" sort after "2023-07-01", "2023" and "2023-07" (which may lie before it) do not
    late = (pl.col("series") == REGISTER) & (reference.str.split("/").list.first() > CLOSED_SINCE.isoformat())
    complaints = [
        f"{REGISTER}: a value of {day}, but the register is closed since {CLOSED_SINCE.isoformat()}"
        for day in observations.filter(late).select(reference.alias("day"))["day"].unique(maintain_order=True)
    ]
    owns = [pl.col("edition").str.contains("^tem[:/]")] if "edition" in observations.columns else []
    owns += [pl.col("source") == "tem"] if "source" in observations.columns else []
    if owns:
        names = observations.filter(pl.any_horizontal(owns))
        label = names["edition"] if "edition" in names.columns else names["source"]
        complaints += [f"edition {name} came from the closed source tem" for name in label.unique(maintain_order=True)]
    return complaints
