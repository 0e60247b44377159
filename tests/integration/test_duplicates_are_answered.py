"""Whether two are one is asked of people, answered by them, and the answer may be taken back."""

from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from tandem.events.v1 import events_pb2 as pb
from tandem.reporting.v1.reporting_pb2 import ListDuplicateActivitiesRequest

from tests.support.system import System
from tests.support.telling import attended, held, registered, scheduled

ADA = {"email": "ada@city.example", "name": "Ada Quill", "organisation": "City of Gent"}
ADA_BY_NAME = {"name": "ada  QUILL ", "organisation": "City of Gent"}
ADA_TOO = {"id": "77", "name": "Ada Quill", "organisation": "city of gent"}


async def tell(system: System, method: str, id_: str, by: str = "staff", **said: Any) -> Any:
    request = getattr(pb, f"{method}Request")(**said)
    request.context.id = id_
    return await getattr(system.stub("events", by=by), method)(request)


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), str(caught.value.details())


async def namesakes(system: System) -> list[pb.DuplicatePeople]:
    answer = await system.stub("events", by="operator").ListDuplicatePeople(
        pb.ListDuplicatePeopleRequest()
    )
    return list(answer.pairs)


async def asked(system: System, **which: Any) -> list[tuple[str, str, str]]:
    answer = await system.stub("reporting", by="operator").ListDuplicateActivities(
        ListDuplicateActivitiesRequest(**which)
    )
    return [(pair.kind, pair.first, pair.second) for pair in answer.pairs]


async def everybody_once(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(registered("gent"), scheduled("w1"), held("w1"))
    await system.settled()
    await system.publish(attended("w1", None, ADA))
    await system.settled()
    await system.publish(attended("w1", None, ADA_BY_NAME, ADA_TOO))
    await system.settled()


async def test_people_of_one_name_and_organisation_are_asked_about_by_their_keys_alone(
    system: System,
) -> None:
    await everybody_once(system)

    pairs = await namesakes(system)

    assert len({pair.into for pair in pairs}) == 1, "all are asked about whom is known best"
    assert sorted((pair.weak, pair.into_weak) for pair in pairs) == [(False, False), (True, False)]
    told = b"".join(pair.SerializeToString() for pair in pairs).lower()
    assert b"quill" not in told
    assert b"gent" not in told


async def test_a_merged_key_and_a_dismissed_pair_are_asked_about_no_more_until_taken_back(
    system: System,
) -> None:
    await everybody_once(system)
    weak, other = sorted(await namesakes(system), key=lambda pair: not pair.weak)
    pair = {"kind": "people", "first": other.person, "second": other.into}

    await tell(system, "MergePerson", "1", person=weak.person, into=weak.into)
    await tell(system, "DismissDuplicate", "2", **pair, reason="mother and daughter")
    assert await namesakes(system) == []

    await tell(system, "UnmergePerson", "3", person=weak.person)
    await tell(system, "ReopenDuplicate", "4", **pair)
    assert {each.person for each in await namesakes(system)} == {weak.person, other.person}
    kinds = [fact["kind"] for fact in await system.facts("events")][-4:]
    assert kinds == [
        "person_merged",
        "duplicate_dismissed",
        "person_unmerged",
        "duplicate_reopened",
    ]


async def test_a_merge_of_what_is_not_known_or_in_a_circle_is_refused(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), scheduled("w2"), scheduled("w3"))
    await system.settled()

    unknown = await refused(tell(system, "MergeActivity", "1", activity_id="w9", into="w1"))
    nobody = await refused(tell(system, "MergePerson", "2", person="k1", into="k2"))
    await tell(system, "MergeActivity", "3", activity_id="w1", into="w2")
    await tell(system, "MergeActivity", "4", activity_id="w2", into="w3")
    circle = await refused(tell(system, "MergeActivity", "5", activity_id="w3", into="w1"))

    assert unknown == (grpc.StatusCode.NOT_FOUND, "of activities, none is known as 'w9'")
    assert nobody[0] == grpc.StatusCode.NOT_FOUND
    assert circle == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "w1 counts as w3 already: unmerge that first",
    )
    stub = system.stub("events", by="operator")
    merges = (await stub.ListMerges(pb.ListMergesRequest())).merges
    assert [(each.id, each.into) for each in merges] == [("w1", "w2"), ("w2", "w3")]
    activity = (await stub.GetActivity(pb.GetActivityRequest(activity_id="w1"))).activity
    assert activity.merged_into == "w2"


async def test_a_publisher_merges_nothing_by_whatever_door(system: System) -> None:
    await system.start("membership", "events")
    decision = scheduled("w1") | {
        "type": "tandem.events.activity_merged.v1",
        "data": {"activity_id": "w1", "into": "w2"},
    }
    await system.publish(scheduled("w1"), scheduled("w2"), decision)
    await system.settled()

    code, _ = await refused(
        tell(system, "MergeActivity", "1", by="demo", activity_id="w1", into="w2")
    )

    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert [row["reason"] for row in await system.rejected("events")] == ["unknown_type"]


async def test_activities_that_may_be_one_are_told_with_why_and_merged_from_intake_to_figures(
    system: System,
) -> None:
    await system.start()
    title = {"title": "Countering hate in cities"}
    await system.publish(scheduled("w1", organisers=["NLC"], **title), held("w1"))
    await system.publish(scheduled("w2", organisers=["NLC"], **title))
    await system.publish(scheduled("w9", organisers=["SCN"], **title), held("w9"), by="platform")
    await system.settled()
    questions = await asked(system)

    await tell(system, "MergeActivity", "1", activity_id="w9", into="w1")
    await tell(
        *(system, "DismissDuplicate", "2"),
        kind="activities",
        first="w2",
        second="w1",
        reason="morning and afternoon",
    )
    await system.settled()

    assert questions == [
        ("announced_apart", "w2", "w9"),
        ("announced_apart", "w1", "w9"),
        ("double_entry", "w1", "w2"),
    ]
    assert await asked(system, period="2024-Q1") == []
    figures = await system.rows("reporting", "select activity_id from standing_sitting")
    assert sorted(row["activity_id"] for row in figures) == ["w1", "w2"]
