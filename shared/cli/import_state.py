"""What the system knows of what a file speaks of: activities, attendance files, cities, reports."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2, events_pb2_grpc
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc
from tandem.membership.v1 import membership_pb2, membership_pb2_grpc

from shared.cli.system import OPERATOR, OWNERS, VIEWER, System
from shared.contracts.events import AttendanceRecorded
from shared.contracts.values import CityReference
from shared.importing.known import KnownActivity, KnownOccurrence

ACTIVITIES_ASKED_MAX = 500
QUESTIONS_MAX = 500
MESSAGES_SEEN_MAX = 1000


@dataclass(frozen=True, slots=True)
class Roll:
    """An attendance file as it was recorded; people are keys of the vault."""

    occurrence: str
    file_hash: str
    final: bool
    recorded_at: datetime
    participants: Sequence[Any]


@dataclass(frozen=True, slots=True)
class CityAnswer:
    """What a reference to a city means now: a city, or so many places it may mean."""

    city_id: str | None
    candidates: int


async def known_activities(system: System, ids: Iterable[str]) -> dict[str, KnownActivity]:
    """Return the activities among these that have been announced, at most ACTIVITIES_ASKED_MAX."""
    found = {}
    async with system.channel("events", VIEWER) as channel:
        stub = events_pb2_grpc.EventsServiceStub(channel)
        for activity_id in list(dict.fromkeys(ids))[:ACTIVITIES_ASKED_MAX]:
            try:
                request = events_pb2.GetActivityRequest(activity_id=activity_id)
                found[activity_id] = _known((await stub.GetActivity(request)).activity)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
    return found


def _known(activity: events_pb2.Activity) -> KnownActivity:
    minutes = activity.duration_minutes if activity.HasField("duration_minutes") else None
    return KnownActivity(
        activity_id=activity.activity_id,
        kind=activity.kind,
        title=activity.title,
        organisers=tuple(activity.organisers),
        time_zone=activity.time_zone,
        duration_minutes=minutes,
        sources=tuple(activity.sources),
        occurrences={each.occurrence: _occurrence(each) for each in activity.occurrences},
    )


def _occurrence(state: events_pb2.OccurrenceState) -> KnownOccurrence:
    told = {field.name: value for field, value in state.ListFields()}
    started_at, ended_at = told.get("started_at"), told.get("ended_at")
    return KnownOccurrence(
        name=state.occurrence,
        state=state.state,  # type: ignore[arg-type]
        starts_at=told.get("starts_at"),
        time_zone=told.get("time_zone"),
        started_at=datetime.fromisoformat(started_at) if started_at else None,
        ended_at=datetime.fromisoformat(ended_at) if ended_at else None,
        on=told.get("on"),
    )


async def rolls(system: System, activity_id: str, occurrence: str) -> list[Roll]:
    """Return the attendance files of an occurrence, oldest first."""
    start = ledger_pb2.StreamHeads(
        heads=[ledger_pb2.StreamHead(stream=f"activity-{activity_id}", version=0)]
    )
    found = []
    async with system.channel("events", OPERATOR) as channel:
        ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
        async for batch in ledger.ReadLedger(ledger_pb2.ReadLedgerRequest(after_versions=start)):
            for fact in batch.facts:
                if fact.type != AttendanceRecorded.TYPE:
                    continue
                data = json.loads(fact.data)
                if data["occurrence"] == occurrence:
                    found.append(
                        Roll(
                            occurrence,
                            data["file_hash"],
                            data["final"],
                            fact.recorded_at.ToDatetime(tzinfo=UTC),
                            data["participants"],
                        )
                    )
    return found


async def city_answers(
    system: System, references: Iterable[CityReference]
) -> dict[CityReference, CityAnswer]:
    """Return what each reference means as things stand; nothing is put on the work queue."""
    asked = list(dict.fromkeys(references))
    answers: dict[CityReference, CityAnswer] = {}
    async with system.channel("membership", OPERATOR) as channel:
        stub = membership_pb2_grpc.MembershipServiceStub(channel)
        for start in range(0, len(asked), QUESTIONS_MAX):
            some = asked[start : start + QUESTIONS_MAX]
            response = await stub.ResolveCities(
                membership_pb2.ResolveCitiesRequest(
                    questions=[
                        membership_pb2.CityQuestion(
                            reference=common_pb2.CityReference(**each.model_dump(exclude_none=True))
                        )
                        for each in some
                    ]
                )
            )
            for reference, answer in zip(some, response.answers, strict=True):
                answers[reference] = CityAnswer(answer.city_id or None, len(answer.candidates))
    return answers


async def not_recorded(system: System, source: str, ids: Iterable[str]) -> dict[str, list[str]]:
    """Return which of these events were rejected, and which wait, each with the reason."""
    wanted = set(ids)
    found: dict[str, list[str]] = {"rejected": [], "waiting": []}
    for owner in OWNERS:
        async with system.channel(owner, OPERATOR) as channel:
            ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
            refused = await ledger.ListRejected(
                ledger_pb2.ListRejectedRequest(page_size=MESSAGES_SEEN_MAX, source=source)
            )
            waits = await ledger.ListWaiting(
                ledger_pb2.ListWaitingRequest(page_size=MESSAGES_SEEN_MAX)
            )
        found["rejected"] += [
            f"{each.reason}: {each.explanation}" for each in refused.messages if each.id in wanted
        ]
        found["waiting"] += [
            each.waiting_for
            for each in waits.messages
            if each.source == source and each.id in wanted
        ]
    return found


def reports(system: System, periods: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the report of each period as it is known now."""
    from shared.cli.report import ask_report

    return {period: ask_report(system, period) for period in periods}
