"""Reading a report: knowledge in one snapshot, made into a report by the rules."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version

from services.reporting.domain.dates import FOREVER
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Knowledge
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.domain.report import Provenance, Report, compose
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.as_of_now import AsOfNow
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import HERE, snapshot
from shared.queries import Connection

MAKING = ("projections", "reading", "domain", "sql")
HASH_CHARACTERS = 12


class FuturePeriod(LookupError):
    """The period has not begun; the message says when it will."""


def begun(period: Period, moment: datetime) -> None:
    """Refuse a period that has not begun at a moment.

    Raises:
        FuturePeriod: it has not.
    """
    if moment.astimezone(UTC).date() < period.dates.first:
        raise FuturePeriod(f"{period.name} begins on {period.dates.first.isoformat()}")


async def read_knowledge(
    connection: Connection,
    registry: Registry,
    period: Period,
    known_at: datetime | None = None,
    surroundings: Surroundings | None = None,
) -> Knowledge:
    """Return all that the report of a period looks at, in one state of the tables.

    As of now that is what stands derived; until all of it has been, the rows are counted.
    """
    async with snapshot(connection):
        if known_at is None:
            now = AsOfNow(connection, registry.parameters, period, surroundings or Surroundings())
            knowledge = await now.knowledge()
            if knowledge is not None:
                return knowledge
        return await AsKnown(
            connection, registry.parameters, period, known_at or FOREVER
        ).knowledge()


async def read_report(
    connection: Connection,
    registry: Registry,
    period: Period,
    now: datetime,
    known_at: datetime | None = None,
) -> Report:
    """Return the report of a period as it stands now, or as it was known at a moment.

    With `known_at` every fact recorded later is left out, and the status is that of then.

    Raises:
        FuturePeriod: the period has not begun at that moment.
    """
    moment = known_at or now
    begun(period, moment)
    knowledge = await read_knowledge(connection, registry, period, known_at)
    return composed(knowledge, registry, period, moment)


def composed(
    knowledge: Knowledge,
    registry: Registry,
    period: Period,
    moment: datetime,
    *,
    whole: bool = False,
) -> Report:
    """Return the report that some knowledge makes."""
    provenance = provenance_of(knowledge.facts, registry)
    return compose(Ground(knowledge, registry), period, moment, provenance, whole=whole)


@cache
def code_version() -> str:
    """Return the version of the code, with a hash of all that makes a report out of facts.

    Two builds of one version may count or word differently: a reproduction has to tell.
    """
    files = [file for part in MAKING for file in sorted((HERE / part).rglob("*.*"))]
    texts = [file.read_bytes() for file in files if file.suffix in (".py", ".sql")]
    digest = hashlib.sha256(b"\0".join(texts)).hexdigest()
    return f"{version('tandem-cities')}+{digest[:HASH_CHARACTERS]}"


def provenance_of(facts: Mapping[str, int], registry: Registry) -> Provenance:
    """Return what a report was made from and by."""
    return Provenance(
        ledgers=facts,
        registry=registry.hash,
        code=code_version(),
        tzdata=version("tzdata"),
    )
