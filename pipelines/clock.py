"""What time it is, in one place, so that a night can be rehearsed.

What belongs here: now (UTC) and today (Europe/Helsinki). ``LUKUINA_NOW`` (ISO 8601) moves the clock for tests
and rehearsals; ``SOURCE_DATE_EPOCH`` fixes the build date the way reproducible builds do.
What does not: parsing of publishers' dates (pipelines/dates.py).
"""

import os
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipelines.errors import InputError

HELSINKI = ZoneInfo("Europe/Helsinki")


def now() -> datetime:
    """Return the present moment as an aware UTC datetime, or what ``LUKUINA_NOW`` says."""
    text = os.environ.get("LUKUINA_NOW")
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)).astimezone(UTC)
        local_date(moment)
    except (ValueError, OverflowError):  # the second: a year before 1 or after 9999 on one of the two clocks
        raise InputError("LUKUINA_NOW", f"{text!r} is not a time", "ISO 8601, e.g. 2026-11-24T02:30:00") from None
    return moment


def local_date(moment: datetime) -> date:
    """Return the calendar day in Helsinki on which ``moment`` falls: the day that pages and vintages name."""
    return moment.astimezone(HELSINKI).date()


def today() -> date:
    """Return the build date: ``SOURCE_DATE_EPOCH`` when set, else today in Helsinki."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return local_date(now())
    try:
        return local_date(datetime.fromtimestamp(int(epoch), UTC))
    except (ValueError, OverflowError, OSError):
        raise InputError("SOURCE_DATE_EPOCH", f"{epoch!r} is not a time", "whole seconds since 1970") from None
