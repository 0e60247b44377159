"""The checks of the services: ready, level with the ledgers, of one clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.embedded.doctor.finding import Check, Said, fail, ok, some
from shared.embedded.doctor.servers import clock_said


@dataclass(frozen=True, slots=True)
class Answers:
    """What the services say.

    Args:
        states: in a few words what is wrong with each; empty for one that is ready.
        skews: how far the clock of each is ahead of ours.
        complete: what reporting's auditor says, and whether all is well.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    skews: Mapping[str, timedelta] = field(default_factory=dict)
    complete: tuple[bool, str] = (True, "")


def services_are_ready(seen: Answers) -> Said:
    """Every service can work."""
    wrong = [f"{name} {state}" for name, state in seen.states.items() if state]
    if not wrong:
        return ok(f"{', '.join(seen.states)}")
    return fail(some(wrong), "read logs/SERVICE.log; what dies is started again by itself")


def service_clocks_are_ours(seen: Answers) -> Said:
    """The services' clocks are this machine's."""
    if not seen.skews:
        return ok("no service answers that could tell")
    name, skew = max(seen.skews.items(), key=lambda each: abs(each[1]))
    said = clock_said(skew)
    return said if said.advice == "" else Said(said.verdict, f"{name}: {said.seen}", said.advice)


def projections_are_complete(seen: Answers) -> Said:
    """Reports count every fact."""
    complete, said = seen.complete
    if complete:
        return ok(said)
    return fail(said, "wait ten seconds, it fetches what is missing; else `tandem rebuild`")


SERVICE_CHECKS: tuple[Check[Answers], ...] = (
    services_are_ready,
    service_clocks_are_ours,
    projections_are_complete,
)
