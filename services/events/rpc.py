"""gRPC of events: the commands, and activities as they stand now."""

from typing import Any

import asyncpg
from tandem.events.v1 import events_pb2 as pb
from tandem.events.v1 import events_pb2_grpc

from services.events.domain.activity import Activity, Sitting
from services.events.merges import Merges
from shared.clock import Clock
from shared.commands import command
from shared.contracts.messages import events as messages
from shared.errors import NotFound
from shared.intake import Intake
from shared.paging import page_size, page_start, page_token
from shared.queries import Queries
from shared.streams import Streams


class EventsServicer(events_pb2_grpc.EventsServiceServicer):
    """What others ask of events."""

    ScheduleActivity = command(messages.ScheduleActivity, pb.ScheduleActivityResponse)
    RescheduleActivity = command(messages.RescheduleActivity, pb.RescheduleActivityResponse)
    CancelActivity = command(messages.CancelActivity, pb.CancelActivityResponse)
    HoldActivity = command(messages.HoldActivity, pb.HoldActivityResponse)
    ReceiveRegistration = command(messages.ReceiveRegistration, pb.ReceiveRegistrationResponse)
    CancelRegistration = command(messages.CancelRegistration, pb.CancelRegistrationResponse)
    JoinParticipant = command(messages.JoinParticipant, pb.JoinParticipantResponse)
    LeaveParticipant = command(messages.LeaveParticipant, pb.LeaveParticipantResponse)
    RecordAttendance = command(messages.RecordAttendance, pb.RecordAttendanceResponse)
    AttendAsCity = command(messages.AttendAsCity, pb.AttendAsCityResponse)
    ContributeAsCity = command(messages.ContributeAsCity, pb.ContributeAsCityResponse)
    GiveHelp = command(messages.GiveHelp, pb.GiveHelpResponse)
    ErasePerson = command(messages.ErasePerson, pb.ErasePersonResponse)
    MergeActivity = command(messages.MergeActivity, pb.MergeActivityResponse)
    UnmergeActivity = command(messages.UnmergeActivity, pb.UnmergeActivityResponse)
    MergePerson = command(messages.MergePerson, pb.MergePersonResponse)
    UnmergePerson = command(messages.UnmergePerson, pb.UnmergePersonResponse)
    DismissDuplicate = command(messages.DismissDuplicate, pb.DismissDuplicateResponse)
    ReopenDuplicate = command(messages.ReopenDuplicate, pb.ReopenDuplicateResponse)

    def __init__(
        self,
        intake: Intake,
        streams: Streams,
        merges: Merges,
        pool: asyncpg.Pool,
        queries: Queries,
        clock: Clock,
    ) -> None:
        """Bind the way in, the streams, the answers about duplicates, the list of activities."""
        self.intake, self.clock, self._merges = intake, clock, merges
        self._streams, self._pool, self._queries = streams, pool, queries

    async def GetActivity(
        self, request: pb.GetActivityRequest, context: Any
    ) -> pb.GetActivityResponse:
        """Return one activity as it stands now."""
        activities = await self._activities([request.activity_id])
        if not activities:
            raise NotFound(f"no activity was announced as {request.activity_id!r}")
        return pb.GetActivityResponse(activity=activities[0])

    async def ListActivities(
        self, request: pb.ListActivitiesRequest, context: Any
    ) -> pb.ListActivitiesResponse:
        """Return a page of activities in the order of their ids."""
        size = page_size(request)
        [start] = page_start(request, ("",))
        kind = request.kind if request.HasField("kind") else None
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                self._queries["activity_page"], str(start), kind, size + 1
            )
        ids = [row["activity_id"] for row in rows[:size]]
        last = ids[-1] if ids else ""
        return pb.ListActivitiesResponse(
            activities=await self._activities(ids), next_page_token=page_token(rows, size, last)
        )

    async def ListDuplicatePeople(
        self, request: pb.ListDuplicatePeopleRequest, context: Any
    ) -> pb.ListDuplicatePeopleResponse:
        """Return a page of keys with one name and organisation, in the order of the keys."""
        size = page_size(request)
        [start] = page_start(request, ("",))
        rows = await self._merges.namesakes(str(start), size + 1)
        last = rows[min(size, len(rows)) - 1]["person"] if rows else ""
        return pb.ListDuplicatePeopleResponse(
            pairs=[
                pb.DuplicatePeople(
                    person=row["person"],
                    into=row["best"],
                    weak=row["weak"],
                    into_weak=row["best_weak"],
                    first_seen_at=row["first_seen_at"].isoformat(),
                )
                for row in rows[:size]
            ],
            next_page_token=page_token(rows, size, last),
        )

    async def ListMerges(
        self, request: pb.ListMergesRequest, context: Any
    ) -> pb.ListMergesResponse:
        """Return a page of what counts as another one."""
        size = page_size(request)
        kind, id_ = page_start(request, ("", ""))
        rows = await self._merges.merged(str(kind), str(id_), size + 1)
        last = rows[min(size, len(rows)) - 1] if rows else None
        return pb.ListMergesResponse(
            merges=[
                pb.Merge(kind=row["kind"], id=row["id"], into=row["into_id"]) for row in rows[:size]
            ],
            next_page_token=page_token(rows, size, last["kind"], last["id"]) if last else "",
        )

    async def ListDismissals(
        self, request: pb.ListDismissalsRequest, context: Any
    ) -> pb.ListDismissalsResponse:
        """Return a page of pairs of which it was said that they are two."""
        size = page_size(request)
        start = [str(part) for part in page_start(request, ("", "", ""))]
        rows = await self._merges.dismissed(start[0], start[1], start[2], size + 1)
        last = rows[min(size, len(rows)) - 1] if rows else None
        return pb.ListDismissalsResponse(
            dismissals=[
                pb.Dismissal(kind=row["kind"], first=row["first_id"], second=row["second_id"])
                for row in rows[:size]
            ],
            next_page_token=page_token(
                rows, size, last["kind"], last["first_id"], last["second_id"]
            )
            if last
            else "",
        )

    async def _activities(self, ids: list[str]) -> list[pb.Activity]:
        states = await self._streams.states([f"activity-{activity_id}" for activity_id in ids])
        return [_activity(*state) for state in states.values()]


def _activity(version: int, activity: Activity) -> pb.Activity:
    announced = activity.announced
    assert announced is not None  # noqa: S101 - nothing precedes the announcement in the stream
    claims = sorted(activity.claims)
    organisers = dict.fromkeys(
        [*announced.organisers, *(name for _, names in claims for name in names)]
    )
    return pb.Activity(
        activity_id=announced.activity_id,
        kind=announced.kind,
        title=announced.title,
        organisers=organisers,
        time_zone=announced.time_zone,
        duration_minutes=announced.duration_minutes,
        delivery=announced.delivery,
        themes=announced.themes,
        phase=announced.phase,
        languages=announced.languages,
        series=announced.series,
        occurrences=[
            _occurrence(name, sitting, announced.time_zone)
            for name, sitting in sorted(activity.sittings.items())
        ],
        sources=[announced.announced_by, *(source for source, _ in claims)],
        merged_into=activity.merged_into,
        version=version,
    )


def _occurrence(name: str, sitting: Sitting, time_zone: str) -> pb.OccurrenceState:
    held = sitting.held
    state = "held" if held else "cancelled" if sitting.cancelled else "planned"
    return pb.OccurrenceState(
        occurrence=name,
        state=state,
        starts_at=sitting.starts_at,
        time_zone=sitting.time_zone or time_zone,
        started_at=held.started_at.isoformat() if held and held.started_at else None,
        ended_at=held.ended_at.isoformat() if held and held.ended_at else None,
        on=held.on if held else None,
        attendance_final=any(final for _, final in sitting.files),
    )
