"""One sentence on how the system is: broken, refusing, behind or healthy, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.operations.domain.seeing import Seen, ServiceSeen

AGE_SECONDS_MAX = 60.0
"""Older than this, what waits on its way counts as behind."""
WAITING_SECONDS_MAX = 24 * 3600.0
SKEW_SECONDS_MAX = 60.0
SHARE_MAX = 0.95
REASONS_SHOWN_MAX = 3


class State(StrEnum):
    """How the system is, the worst first."""

    BROKEN = "broken"
    REFUSING = "refusing"
    BEHIND = "behind"
    HEALTHY = "healthy"
    UNKNOWN = "not looked at yet"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it is, and why: nothing when it is healthy."""

    state: State
    reasons: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.state is State.HEALTHY:
            return "Healthy: every service is ready, and nothing waits."
        if self.state is State.UNKNOWN:
            return "Not looked at yet."
        shown = self.reasons[:REASONS_SHOWN_MAX]
        more = len(self.reasons) - len(shown)
        rest = f"; and {more} more" if more else ""
        return f"{self.state.capitalize()}: {'; '.join(shown)}{rest}."


def verdict(seen: Seen | None) -> Verdict:
    """Return how the system is: the worst of what is seen, with all of its reasons."""
    if seen is None:
        return Verdict(State.UNKNOWN)
    for state, reasons in (
        (State.BROKEN, _broken(seen)),
        (State.REFUSING, _refusing(seen)),
        (State.BEHIND, _behind(seen)),
    ):
        if found := tuple(reasons):
            return Verdict(state, found)
    return Verdict(State.HEALTHY)


def _broken(seen: Seen) -> Iterator[str]:
    if seen.lags is None:
        yield "NATS does not answer"
    if seen.weak is None:
        yield "PostgreSQL does not answer"
    elif seen.weak:
        yield f"PostgreSQL can lose what it acknowledged: {', '.join(seen.weak)} off"
    for service in seen.services:
        if service.wrong:
            yield f"{service.name} {service.wrong}"
        elif service.skew is not None and abs(service.skew) > SKEW_SECONDS_MAX:
            yield f"the clock of {service.name} is {service.skew:+.0f} s off"
        yield from _differing(service)


def _differing(service: ServiceSeen) -> Iterator[str]:
    for ledger, found in service.projections.items():
        if found.ahead:
            yield f"reports hold {found.ahead:,} facts that the ledger of {ledger} does not"
        if found.different:
            yield f"{found.different:,} facts of {ledger} are others in reports"


def _refusing(seen: Seen) -> Iterator[str]:
    for stream in seen.lags.streams if seen.lags else ():
        if stream.name == "INTAKE" and stream.bytes_max:
            share = stream.bytes / stream.bytes_max
            if share > SHARE_MAX:
                yield f"INTAKE is {share:.0%} full, and refuses what is sent when it is full"
    for service in seen.services:
        if service.backlog and service.backlog.rejected:
            count = service.backlog.rejected
            yield (
                f"{service.name} rejected {count:,} {'message' if count == 1 else 'messages'} "
                "that nobody has replayed or discarded"
            )


def _behind(seen: Seen) -> Iterator[str]:
    for lag in seen.lags.consumers if seen.lags else ():
        if (age := lag.age(seen.at)) > AGE_SECONDS_MAX:
            whose = f" of {lag.source}" if lag.source else ""
            count = lag.pending + lag.ack_pending
            yield _lies(f"{lag.service} has not taken {count:,} messages{whose}", age)
    for service in seen.services:
        if backlog := service.backlog:
            if backlog.outbox_age > AGE_SECONDS_MAX:
                said = f"NATS has not taken {backlog.outbox:,} facts of {service.name}"
                yield _lies(said, backlog.outbox_age)
            if backlog.waiting_age > WAITING_SECONDS_MAX:
                said = f"{backlog.waiting:,} messages wait at {service.name} for what they speak of"
                yield _lies(said, backlog.waiting_age)
        for ledger, found in service.projections.items():
            if found.missing:
                yield f"reports lack {found.missing:,} facts of {ledger}"
            elif found.age > AGE_SECONDS_MAX:
                yield _lies(f"reports are {found.behind:,} facts of {ledger} behind", found.age)


def _lies(said: str, age: float) -> str:
    return f"{said}, the oldest for {_told(age)}"


UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def _told(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
