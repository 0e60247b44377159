"""The checks of PostgreSQL and NATS: durable, level, with room, of this version's schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.embedded.doctor.finding import Check, Said, fail, ok, some, warn

SKEW_WARN, SKEW_FAIL = timedelta(seconds=2), timedelta(seconds=60)
CONNECTIONS_SHARE_WARN = 0.8
OUTBOX_AGE_WARN, OUTBOX_AGE_FAIL = timedelta(minutes=1), timedelta(hours=1)
WAITING_AGE_WARN = timedelta(days=1)
SHARE_WARN, SHARE_FAIL = 0.8, 0.95
UNTAKEN_WARN = 10_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What stands in an owner's tables and should not for long."""

    outbox: int = 0
    outbox_age: timedelta = timedelta(0)
    waiting: int = 0
    waiting_age: timedelta = timedelta(0)
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Databases:
    """What was seen of PostgreSQL.

    Args:
        skew: how far its clock is ahead of ours.
        connections, connections_max: how many are taken, of how many.
        weak: what could lose acknowledged facts, in the boot check's sentence.
        not_run: migrations of this version that have not run, by database.
        changed: those whose text is not what has run.
        unknown: those that have run and this version does not know.
        backlogs: by owner.
        vault_fits: whether the vault's key is the one that it was filled with.
    """

    skew: timedelta = timedelta(0)
    connections: int = 0
    connections_max: int = 100
    weak: str | None = None
    not_run: Sequence[str] = ()
    changed: Sequence[str] = ()
    unknown: Sequence[str] = ()
    backlogs: Mapping[str, Backlog] = field(default_factory=dict)
    vault_fits: bool = True


@dataclass(frozen=True, slots=True)
class Broker:
    """What was seen of NATS.

    Args:
        skew: how far its clock is ahead of ours.
        weak: what could lose acknowledged messages, in the boot check's sentence.
        stored, stored_max: bytes that it keeps on the disk, of how many.
        intake, intake_max: bytes of INTAKE, of how many; None when there is no such stream.
        missing_consumers: those that should be there.
        untaken: messages that their service has not taken yet.
        lost: bytes that it found damaged, by stream.
    """

    skew: timedelta = timedelta(0)
    weak: str | None = None
    stored: int = 0
    stored_max: int = 1
    intake: int | None = 0
    intake_max: int = 1
    missing_consumers: Sequence[str] = ()
    untaken: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)


def database_is_durable(seen: Databases) -> Said:
    """PostgreSQL keeps what it has committed."""
    return fail(seen.weak, "see the sentence") if seen.weak else ok("commits survive a power cut")


def database_clock_is_ours(seen: Databases) -> Said:
    """PostgreSQL's clock is this machine's."""
    return clock_said(seen.skew)


def database_has_connections(seen: Databases) -> Said:
    """Services can connect."""
    said = f"{seen.connections} of {seen.connections_max} connections are taken"
    if seen.connections > CONNECTIONS_SHARE_WARN * seen.connections_max:
        return warn(said, "end what else connects there, or raise max_connections in the override")
    return ok(said)


def schema_is_of_this_version(seen: Databases) -> Said:
    """The tables are those that this version works with."""
    if seen.changed:
        return fail(
            f"changed after they ran: {some(seen.changed)}",
            "bring the released files back: a change of tables is a new file",
        )
    if seen.unknown:
        return fail(
            f"this version does not know {some(seen.unknown)}",
            "a newer version ran here: run that one, or bring an older backup back",
        )
    if seen.not_run:
        return fail(f"have not run: {some(seen.not_run)}", "start Tandem again, which runs them")
    return ok("every migration has run")


def vault_key_fits(seen: Databases) -> Said:
    """The vault's key is the one that it was filled with."""
    if seen.vault_fits:
        return ok("it is the one that the vault was filled with")
    return fail(
        "secrets/vault.key is another than the one that the vault was filled with",
        "bring the right one back from a backup: with this one everybody would be somebody new",
    )


def outboxes_are_empty(seen: Databases) -> Said:
    """NATS takes what was recorded."""
    old = {name: each for name, each in seen.backlogs.items() if each.outbox_age > OUTBOX_AGE_WARN}
    if not old:
        return ok("NATS takes what is recorded")
    named = [
        f"{name}: {each.outbox:,} facts, the oldest for {_age(each.outbox_age)}"
        for name, each in old.items()
    ]
    advice = "see whether NATS runs and has room; nothing is lost, and reporting reads the ledgers"
    if max(each.outbox_age for each in old.values()) > OUTBOX_AGE_FAIL:
        return fail(some(named), advice)
    return warn(some(named), advice)


def nothing_waits_for_long(seen: Databases) -> Said:
    """What a waiting message speaks of comes."""
    old = {
        name: each for name, each in seen.backlogs.items() if each.waiting_age > WAITING_AGE_WARN
    }
    if not old:
        return ok(f"{sum(each.waiting for each in seen.backlogs.values()):,} wait, none for a day")
    named = [
        f"{name}: {each.waiting:,}, the oldest for {_age(each.waiting_age)}"
        for name, each in old.items()
    ]
    return warn(some(named), "`tandem waiting list` says for what: somebody has not announced it")


def nothing_is_rejected(seen: Databases) -> Said:
    """No rejected message waits for a decision."""
    named = [f"{name}: {each.rejected:,}" for name, each in seen.backlogs.items() if each.rejected]
    if not named:
        return ok("none waits for a decision")
    return warn(some(named), "`tandem rejected list` says why; replay or discard them")


DATABASE_CHECKS: tuple[Check[Databases], ...] = (
    database_is_durable,
    database_clock_is_ours,
    database_has_connections,
    schema_is_of_this_version,
    vault_key_fits,
    outboxes_are_empty,
    nothing_waits_for_long,
    nothing_is_rejected,
)


def broker_is_durable(seen: Broker) -> Said:
    """NATS writes before it acknowledges."""
    return fail(seen.weak, "see the sentence") if seen.weak else ok("it writes, then acknowledges")


def broker_clock_is_ours(seen: Broker) -> Said:
    """NATS's clock is this machine's."""
    return clock_said(seen.skew)


def broker_has_room(seen: Broker) -> Said:
    """NATS is not near the limit of what it may keep."""
    return _room(
        seen.stored,
        seen.stored_max,
        "make room on the disk and start again: the limit follows from what is free",
    )


def intake_has_room(seen: Broker) -> Said:
    """INTAKE takes new messages."""
    if seen.intake is None:
        return fail("there is no such stream", "wait five seconds: Tandem makes it again")
    return _room(
        seen.intake,
        seen.intake_max,
        "keep messages for fewer days (`tandem up --intake-days`): when full, senders are refused",
    )


def consumers_are_there(seen: Broker) -> Said:
    """Each source has a queue at each service, and reporting has its own."""
    if not seen.missing_consumers:
        return ok("none is missing")
    return fail(
        f"missing: {some(seen.missing_consumers)}",
        "wait five seconds: Tandem makes them again; then ask who deleted them",
    )


def services_keep_up(seen: Broker) -> Said:
    """What comes in is taken."""
    said = f"{seen.untaken:,} messages of INTAKE are not taken yet"
    if seen.untaken > UNTAKEN_WARN:
        return warn(said, "look again in a minute; if it grows, see the service's log and its load")
    return ok(said)


def broker_lost_nothing(seen: Broker) -> Said:
    """NATS found no damage in its files."""
    if not seen.lost:
        return ok("no damage was found")
    named = [f"{count:,} bytes of {stream}" for stream, count in seen.lost.items()]
    return warn(
        f"lost to damage: {some(named)}",
        "let senders repeat what they sent last; FACTS is read from the ledgers",
    )


BROKER_CHECKS: tuple[Check[Broker], ...] = (
    broker_is_durable,
    broker_clock_is_ours,
    broker_has_room,
    intake_has_room,
    consumers_are_there,
    services_keep_up,
    broker_lost_nothing,
)


def clock_said(skew: timedelta) -> Said:
    """Judge how far a clock is from ours."""
    seconds = skew.total_seconds()
    said = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this clock"
    advice = "let both machines follow one time server (`timedatectl`)"
    if abs(skew) > SKEW_FAIL:
        return fail(said, advice)
    return warn(said, advice) if abs(skew) > SKEW_WARN else ok("the same")


def _room(held: int, limit: int, advice: str) -> Said:
    share = held / limit
    said = f"{share:.0%} of {limit / 1e9:,.1f} GB"
    if share >= SHARE_FAIL:
        return fail(said, advice)
    return warn(said, advice) if share >= SHARE_WARN else ok(said)


def _age(age: timedelta) -> str:
    if age.days:
        return f"{age.days} days"
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
