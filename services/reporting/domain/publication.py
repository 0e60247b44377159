"""The publications of a period's report: versions from 1 on, each with its hash, for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.domain.edition import settled
from shared.contracts.messages.reporting import PublishReport
from shared.contracts.reporting import ReportingEvent, ReportPublished
from shared.decider import Command, Decider
from shared.errors import Refused

OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Command):
    """A request to publish, with the edition that was made and sealed for it.

    Args:
        version: the number that the edition carries.
        status: open, provisional, final or revised.
        known_at: the moment as of which it was composed.
        sha256: of its canonical form.
        cells_changed: in how many cells it differs from the version before.
    """

    version: int
    status: str
    known_at: datetime
    sha256: str
    cells_changed: int


@dataclass(frozen=True, slots=True)
class Publications:
    """What was published of a period, the first version first."""

    versions: tuple[ReportPublished, ...] = ()


def decide(command: Command, publications: Publications) -> Sequence[ReportingEvent]:
    """Return the facts that follow, or raise Refused with the rule that forbids it."""
    said, versions = command.said, publications.versions
    if not isinstance(command, Publish) or not isinstance(said, PublishReport):
        raise TypeError(f"{type(said).__name__} is not a command for a publication")
    if command.status == OPEN:
        raise Refused(f"{said.period} is open still: a report is published once it is provisional")
    if command.version != len(versions) + 1:
        raise Refused(
            f"version {len(versions)} of {said.period} was published meanwhile; look at it first"
        )
    if versions:
        _check_revision(said, command, versions[-1])
    elif said.reason is not None:
        raise Refused(f"version 1 of {said.period} revises nothing, so it takes no reason")
    return [
        ReportPublished.model_validate(
            {
                **dict(said),
                "version": command.version,
                "status": command.status,
                "known_at": command.known_at,
                "sha256": command.sha256,
                "cells_changed": command.cells_changed,
                "published_by": command.source,
                "previous_sha256": versions[-1].sha256 if versions else None,
            }
        )
    ]


def _check_revision(said: PublishReport, command: Publish, last: ReportPublished) -> None:
    if said.reason is None or said.note is None:
        raise Refused(
            f"version {command.version} of {said.period} revises version {last.version}: "
            "say why, by a reason (R1, R2, R3 or C) and a note"
        )
    if not command.cells_changed and settled(command.status) is settled(last.status):
        raise Refused(f"it would say nothing else than version {last.version} of {said.period}")
    if command.known_at <= last.known_at:
        raise Refused(f"version {last.version} of {said.period} is known at a later moment")


def evolve(publications: Publications, event: ReportingEvent) -> Publications:
    """Return the publications after a fact."""
    return Publications((*publications.versions, event))


DECIDER = Decider(Publications(), decide, evolve)


def stream_of(period: str) -> str:
    """Return the stream of a period's publications."""
    return f"publication-{period}"
