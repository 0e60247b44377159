"""What a reader asks for, the same at every door: a period by its name, as known when, facts."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from services.reporting.domain.evidence import Against
from services.reporting.domain.period import Calendar, Period, UnknownPeriod, parse_period
from shared.errors import InvalidData, Violation

PLACES_MAX = 1000
VERSION_MAX = 2**31 - 1


def period_asked(period: str, calendar: str | None) -> Period:
    """Return the period of a name, counted in a calendar when the name does not tell.

    Raises:
        InvalidData: either of them means nothing.
    """
    try:
        return parse_period(period, Calendar(calendar or Calendar.CIVIL.value))
    except UnknownPeriod as error:
        raise InvalidData([Violation("period", str(error))]) from None
    except ValueError:
        problem = f"is civil or nlc, not {calendar!r}"
        raise InvalidData([Violation("calendar", problem)]) from None


def known_at_asked(text: str | None, now: datetime) -> datetime | None:
    """Return the instant as of which to answer; None for now.

    Raises:
        InvalidData: it is no instant with its offset, or lies in the future.
    """
    if text is None:
        return None
    try:
        # A "+" in an address stands for a space; nobody means a space within an instant.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        problem = f"is an instant with its offset, such as 2024-04-10T12:00:00Z, not {text!r}"
        raise InvalidData([Violation("known_at", problem)])
    if moment > now:
        problem = f"lies in the future: it is {now.isoformat()}"
        raise InvalidData([Violation("known_at", problem)])
    return moment.astimezone(UTC)


def against_asked(text: str | None) -> Against | None:
    """Return the period to compare with; None for none.

    Raises:
        InvalidData: the name means none.
    """
    if text is None:
        return None
    try:
        return Against(text)
    except ValueError:
        problem = f"is {' or '.join(Against)}, not {text!r}"
        raise InvalidData([Violation("against", problem)]) from None


def places_asked(
    ledger: str, places: Sequence[tuple[str, int]], ledgers: Collection[str]
) -> list[tuple[str, int]]:
    """Return where some facts stand, each a stream with a version in it.

    Raises:
        InvalidData: there is no such ledger or place, or they are too many.
    """
    if ledger not in ledgers:
        problem = f"is {', '.join(sorted(ledgers))}, not {ledger!r}"
        raise InvalidData([Violation("ledger", problem)])
    if not 1 <= len(places) <= PLACES_MAX:
        raise InvalidData([Violation("places", f"are {len(places)}, give 1 to {PLACES_MAX}")])
    for number, (stream, version) in enumerate(places):
        if not stream or "\0" in stream or not 1 <= version <= VERSION_MAX:
            raise InvalidData([Violation(f"places.{number}", "is no place of a fact")])
    return list(places)
