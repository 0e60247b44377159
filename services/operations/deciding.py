"""What only a person can decide, and the answers, each undoable: asked of its owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc.aio
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2 as events
from tandem.events.v1 import events_pb2_grpc
from tandem.membership.v1 import membership_pb2 as membership
from tandem.membership.v1 import membership_pb2_grpc
from tandem.reporting.v1 import reporting_pb2 as reporting
from tandem.reporting.v1 import reporting_pb2_grpc

from services.operations.calling import asking
from shared.effects import Effect, answer_fact, bearer, effect
from shared.errors import NotFound

LISTED_MAX = 100
MERGES_MAX = 1_000
ANSWER_SECONDS_MAX = 10.0
PEOPLE, ACTIVITIES = "people", "activities"


@dataclass(frozen=True, slots=True)
class Questions:
    """What waits for an answer, and what was answered; `more` of the first there may be."""

    references: Sequence[membership.OpenReference]
    activities: Sequence[reporting.DuplicateActivities]
    people: Sequence[events.DuplicatePeople]
    merges: Sequence[events.Merge]
    dismissals: Sequence[events.Dismissal]
    more: bool

    @property
    def open(self) -> int:
        """How many wait for an answer."""
        return len(self.references) + len(self.activities) + len(self.people)


class Deciding:
    """Asks and answers under the right of whoever is logged in."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        """Bind the channels, by name."""
        self._reporting = channels["reporting"]
        self._membership = membership_pb2_grpc.MembershipServiceStub(channels["membership"])
        self._events = events_pb2_grpc.EventsServiceStub(channels["events"])

    async def questions(self, token: str) -> Questions:
        """Return the questions of every kind.

        Raises:
            TandemError: one who would have to tell does not.
        """
        with asking("membership"):
            references = await self._membership.ListReferences(
                membership.ListReferencesRequest(page_size=LISTED_MAX), **_as(token)
            )
        with asking("reporting"):
            stub = reporting_pb2_grpc.ReportingServiceStub(self._reporting)
            activities = await stub.ListDuplicateActivities(
                reporting.ListDuplicateActivitiesRequest(page_size=LISTED_MAX), **_as(token)
            )
        with asking("events"):
            people = await self._events.ListDuplicatePeople(
                events.ListDuplicatePeopleRequest(page_size=LISTED_MAX), **_as(token)
            )
            merges = await self._events.ListMerges(
                events.ListMergesRequest(page_size=MERGES_MAX), **_as(token)
            )
            dismissals = await self._events.ListDismissals(
                events.ListDismissalsRequest(page_size=LISTED_MAX), **_as(token)
            )
        return Questions(
            references.references,
            activities.pairs,
            people.pairs,
            merges.merges,
            dismissals.dismissals,
            bool(references.next_page_token or activities.more or people.next_page_token),
        )

    async def counted_as(self, id_: str, kind: str, token: str) -> str:
        """Return what something counts as.

        Raises:
            NotFound: it stands for itself.
        """
        for each in (await self.questions(token)).merges:
            if (each.kind, each.id) == (kind, id_):
                return each.into
        raise NotFound(f"{id_} stands for itself: nothing is to be taken back")

    async def effect(self, id_: str, into: str, kind: str, done: str, token: str) -> Effect | None:
        """Return what merging two, or taking that back, would change in reports."""
        fact = answer_fact(id_, into, people=kind == PEOPLE, done=done)
        with asking("reporting"):
            return await effect(self._reporting, "events", [fact], token=token)

    async def resolve(self, reference: str, city: str, token: str) -> None:
        """Say which city a reference means."""
        request = membership.ResolveReferenceRequest(
            context=_said(), reference_id=reference, city_id=city
        )
        with asking("membership"):
            await self._membership.ResolveReference(request, **_as(token))

    async def no_city(self, reference: str, reason: str, token: str) -> None:
        """Say that a reference means no city."""
        request = membership.DismissReferenceRequest(
            context=_said(), reference_id=reference, reason=reason
        )
        with asking("membership"):
            await self._membership.DismissReference(request, **_as(token))

    async def merge(self, id_: str, into: str, kind: str, reason: str, token: str) -> None:
        """Say that two are one."""
        said: dict[str, Any] = {"context": _said(), "into": into, "reason": reason or None}
        with asking("events"):
            if kind == PEOPLE:
                request = events.MergePersonRequest(person=id_, **said)
                await self._events.MergePerson(request, **_as(token))
            else:
                merge = events.MergeActivityRequest(activity_id=id_, **said)
                await self._events.MergeActivity(merge, **_as(token))

    async def unmerge(self, id_: str, kind: str, reason: str, token: str) -> None:
        """Say that something stands for itself after all."""
        said: dict[str, Any] = {"context": _said(), "reason": reason or None}
        with asking("events"):
            if kind == PEOPLE:
                request = events.UnmergePersonRequest(person=id_, **said)
                await self._events.UnmergePerson(request, **_as(token))
            else:
                unmerge = events.UnmergeActivityRequest(activity_id=id_, **said)
                await self._events.UnmergeActivity(unmerge, **_as(token))

    async def two(self, first: str, second: str, kind: str, reason: str, token: str) -> None:
        """Say that two are not one."""
        request = events.DismissDuplicateRequest(
            context=_said(), kind=kind, first=first, second=second, reason=reason
        )
        with asking("events"):
            await self._events.DismissDuplicate(request, **_as(token))

    async def reopen(self, first: str, second: str, kind: str, reason: str, token: str) -> None:
        """Take back that two are not one."""
        request = events.ReopenDuplicateRequest(
            context=_said(), kind=kind, first=first, second=second, reason=reason or None
        )
        with asking("events"):
            await self._events.ReopenDuplicate(request, **_as(token))


def _as(token: str) -> dict[str, Any]:
    return {"metadata": bearer(token), "timeout": ANSWER_SECONDS_MAX}


def _said() -> common_pb2.CommandContext:
    return common_pb2.CommandContext(id=str(uuid4()))
