"""The way of an event hop by hop: what waits at each, and for how long the oldest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.operations.domain.health import AGE_SECONDS_MAX, WAITING_SECONDS_MAX
from services.operations.domain.seeing import Seen
from shared.behind import Lag

REPORTING = "reporting"


@dataclass(frozen=True, slots=True)
class Hop:
    """Where messages or facts may lie.

    Attributes:
        name: what happens there.
        service: who takes from there.
        source: whose messages; empty for all.
        count: how many wait.
        age: of the oldest, in seconds; 0 when none waits.
        detail: what else is known.
        late: whether the age is one to look after.
    """

    name: str
    service: str
    source: str
    count: int
    age: float
    detail: str
    late: bool


def hops(seen: Seen) -> Sequence[Hop]:
    """Return every hop in the order of the flow."""
    return [*_intake(seen), *_owners(seen), *_facts(seen), *_projections(seen)]


def _intake(seen: Seen) -> Iterator[Hop]:
    for lag in seen.lags.consumers if seen.lags else ():
        if lag.source is None:
            continue
        yield _consumer(seen, lag, "INTAKE")


def _consumer(seen: Seen, lag: Lag, name: str) -> Hop:
    age = lag.age(seen.at)
    count = lag.pending + lag.ack_pending
    parts = (
        (lag.pending, "pending"),
        (lag.ack_pending, "delivered and not acknowledged"),
        (lag.redelivered, "redelivered"),
    )
    detail = ", ".join(f"{number:,} {word}" for number, word in parts if number) or "all is taken"
    return Hop(name, lag.service, lag.source or "", count, age, detail, age > AGE_SECONDS_MAX)


def _owners(seen: Seen) -> Iterator[Hop]:
    backlogs = {each.name: each.backlog for each in seen.services if each.backlog}
    for name, backlog in backlogs.items():
        yield Hop(
            "waits for what it speaks of",
            name,
            "",
            backlog.waiting,
            backlog.waiting_age,
            "messages that name something unknown",
            backlog.waiting_age > WAITING_SECONDS_MAX,
        )
    for name, backlog in backlogs.items():
        yield Hop(
            "outbox",
            name,
            "",
            backlog.outbox,
            backlog.outbox_age,
            "facts that NATS has not acknowledged",
            backlog.outbox_age > AGE_SECONDS_MAX,
        )


def _facts(seen: Seen) -> Iterator[Hop]:
    for lag in seen.lags.consumers if seen.lags else ():
        if lag.source is None:
            yield _consumer(seen, lag, "FACTS")


def _projections(seen: Seen) -> Iterator[Hop]:
    reporting = seen.service(REPORTING)
    for ledger, found in reporting.projections.items() if reporting else ():
        compared = "never" if found.compared_age is None else f"{found.compared_age:.0f} s ago"
        wrong = [
            f"{count:,} {word}"
            for count, word in (
                (found.missing, "missing"),
                (found.ahead, "not in the ledger"),
                (found.different, "different"),
            )
            if count
        ]
        verdict = ", ".join(wrong) or ("complete" if found.compared_age is not None else "unknown")
        yield Hop(
            f"ledger of {ledger} against reports",
            REPORTING,
            "",
            found.behind,
            found.age,
            f"{verdict}; compared {compared}",
            found.age > AGE_SECONDS_MAX or bool(wrong),
        )
