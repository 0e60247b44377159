"""Each gRPC command takes the message that it mirrors, and answers once it is durable."""

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.json_format import ParseDict
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tandem.common.v1.common_pb2 import OUTCOME_DUPLICATE, OUTCOME_RECORDED, OUTCOME_WAITING
from tandem.events.v1 import events_pb2, events_pb2_grpc
from tandem.membership.v1 import membership_pb2
from tandem.resources.v1 import resources_pb2

from tests.support.system import System
from tests.support.telling import registered

Step = tuple[str, dict[str, Any], list[str]]
MODULES = {"membership": membership_pb2, "events": events_pb2, "resources": resources_pb2}
GENT = {"city_id": "gent", "name": "Gent", "kind": "city", "country": "BE"}
ANN = {"id": "ann", "email": "ann@gmail.com"}
AT = {"activity_id": "w1", "person": ANN, "at": "2024-03-27T18:00:00Z"}
WEBINAR = {
    "activity_id": "w1",
    "kind": "webinar",
    "title": "Webinar",
    "organisers": ["NLC"],
    "starts_at": "2024-03-27T14:00",
    "time_zone": "America/New_York",
}
KIT = {
    "resource_id": "kit",
    "title": "Toolkit",
    "kind": "toolkit",
    "publisher": "SCN",
    "on": "2024",
    "languages": ["en"],
}
EVERY_COMMAND: dict[str, Sequence[Step]] = {
    "membership": [
        ("RegisterCity", GENT, ["city_registered"]),
        ("RegisterCity", GENT | {"city_id": "ledeberg", "name": "Ledeberg"}, ["city_registered"]),
        ("DescribeCity", {"city_id": "gent", "urban": "city"}, ["city_described"]),
        (
            "StartMembership",
            {"city": {"city_id": "gent"}, "network": "SCN", "on": "2020"},
            ["membership_started"],
        ),
        (
            "EndMembership",
            {"city": {"city_id": "gent"}, "network": "SCN", "on": "2023-05"},
            ["membership_ended"],
        ),
        (
            "SucceedCity",
            {
                "city_id": "ledeberg",
                "successors": ["gent"],
                "on": "1977-01-01",
                "reason": "merger",
            },
            ["city_succeeded"],
        ),
        (
            "RevokeSuccession",
            {"city_id": "ledeberg", "reason": "a mistake"},
            ["city_succession_revoked"],
        ),
        ("FormPartnership", {"partners": ["NLC", "SCN"], "on": "2024"}, ["partnership_formed"]),
    ],
    "events": [
        ("ScheduleActivity", WEBINAR, ["activity_scheduled"]),
        (
            "RescheduleActivity",
            {"activity_id": "w1", "starts_at": "2024-03-28T14:00"},
            ["occurrence_rescheduled"],
        ),
        ("ReceiveRegistration", {"activity_id": "w1", "person": ANN}, ["registration_received"]),
        ("CancelRegistration", {"activity_id": "w1", "person": ANN}, ["registration_cancelled"]),
        ("JoinParticipant", AT, ["participant_joined"]),
        ("LeaveParticipant", AT | {"at": "2024-03-27T18:30:00Z"}, ["participant_left"]),
        ("HoldActivity", {"activity_id": "w1", "on": "2024-03-28"}, ["occurrence_held"]),
        (
            "RecordAttendance",
            {
                "activity_id": "w1",
                "final": True,
                "participants": [
                    {
                        "person": ANN,
                        "role": "attendee",
                        "intervals": [
                            {"since": "2024-03-27T18:00:00Z", "until": "2024-03-27T18:30:00Z"}
                        ],
                    }
                ],
            },
            ["attendance_recorded"],
        ),
        ("AttendAsCity", {"activity_id": "w1", "city": {"city_id": "gent"}}, ["city_attended"]),
        (
            "ContributeAsCity",
            {"activity_id": "w1", "city": {"city_id": "gent"}, "contribution": "speaker"},
            ["city_contributed"],
        ),
        ("GiveHelp", {"city": {"city_id": "gent"}, "network": "SCN", "on": "2024"}, ["help_given"]),
        ("ScheduleActivity", WEBINAR | {"activity_id": "w2"}, ["activity_scheduled"]),
        ("CancelActivity", {"activity_id": "w2"}, ["occurrence_cancelled"]),
        ("MergeActivity", {"activity_id": "w2", "into": "w1"}, ["activity_merged"]),
        ("UnmergeActivity", {"activity_id": "w2"}, ["activity_unmerged"]),
        (
            "DismissDuplicate",
            {"kind": "activities", "first": "w2", "second": "w1", "reason": "two audiences"},
            ["duplicate_dismissed"],
        ),
        (
            "ReopenDuplicate",
            {"kind": "activities", "first": "w1", "second": "w2"},
            ["duplicate_reopened"],
        ),
        ("ErasePerson", {"identity": ANN}, ["person_erased"]),
    ],
    "resources": [
        ("PublishResource", KIT, ["resource_published"]),
        ("PublishEdition", {"resource_id": "kit", "on": "2024-03"}, ["edition_published"]),
        ("ShareResource", {"resource_id": "kit", "with": "NLC", "on": "2024"}, ["resource_shared"]),
        (
            "DeliverResource",
            {"resource_id": "kit", "city": {"city_id": "gent"}, "channel": "email", "on": "2024"},
            ["resource_delivered"],
        ),
        (
            "DownloadResource",
            {"resource_id": "kit", "at": "2024-03-27T18:00:00Z"},
            ["resource_downloaded"],
        ),
        ("WithdrawResource", {"resource_id": "kit", "on": "2024-04"}, ["resource_withdrawn"]),
    ],
}


@pytest.mark.parametrize("service", EVERY_COMMAND)
async def test_every_command_is_recorded_once_and_known_when_repeated(
    system: System, service: str
) -> None:
    await system.start("membership", *({service} - {"membership"}))
    expected: list[str] = []
    for n, (method, data, kinds) in enumerate(EVERY_COMMAND[service]):
        first = await call(system, service, method, f"{method}-{n}", data, by="staff")
        expected += kinds
        assert first.outcome == OUTCOME_RECORDED, method
        assert [fact.type for fact in first.facts] == [f"{service}.{kind}.v1" for kind in kinds]
        if method == "ErasePerson":  # by identity: nobody is known by it any more
            data = {"person": first.facts[0].stream.removeprefix("person-")}
            first = await call(system, service, method, f"{method}-by-key", data, by="staff")
            assert (first.outcome, list(first.facts)) == (OUTCOME_RECORDED, []), method
            continue
        again = await call(system, service, method, f"{method}-{n}", data, by="staff")
        assert again.outcome == OUTCOME_DUPLICATE, method
        assert list(again.facts) == list(first.facts), method

    facts = await system.facts(service)
    assert [fact["kind"] for fact in facts] == expected
    assert {fact["source"] for fact in facts} == {"staff"}
    assert await system.rejected(service) == []


async def test_every_method_that_commands_is_tried_above() -> None:
    for service, module in MODULES.items():
        [described] = module.DESCRIPTOR.services_by_name.values()
        commands = {
            method.name
            for method in described.methods
            if "context" in method.input_type.fields_by_name
        }
        # These need a question, or two people, first: tried elsewhere.
        answers = {"ResolveReference", "DismissReference", "MergePerson", "UnmergePerson"}
        assert commands - answers == {step[0] for step in EVERY_COMMAND[service]}


async def test_the_same_message_over_nats_and_grpc_is_one(system: System) -> None:
    await system.start("membership")
    event = registered("gent", "one", name="Gent")
    await system.publish(event)
    await system.settled()
    receipt = await call(
        system, "membership", "RegisterCity", "one", event["data"], at=event["time"]
    )

    assert receipt.outcome == OUTCOME_DUPLICATE
    assert len(await system.facts("membership")) == 1


async def test_a_command_that_speaks_of_something_unknown_waits(system: System) -> None:
    await system.start("membership", "events")
    held = {"activity_id": "w1", "on": "2024-03-27"}
    receipt = await call(system, "events", "HoldActivity", "early", held)
    again = await call(system, "events", "HoldActivity", "early", held)
    assert receipt == again
    assert (receipt.outcome, receipt.waiting_for) == (OUTCOME_WAITING, "activity-w1")

    await call(system, "events", "ScheduleActivity", "late", WEBINAR)
    released = await call(system, "events", "HoldActivity", "early", held)
    assert released.outcome == OUTCOME_DUPLICATE
    assert [fact.type for fact in released.facts] == ["events.occurrence_held.v1"]


async def test_what_breaks_the_contract_is_told_field_by_field(system: System) -> None:
    await system.start("membership", "events")
    data = {
        "activity_id": "W 1",
        "final": True,
        "participants": [
            {"person": ANN, "role": "attendee"},
            {"person": {"name": "Ann"}, "role": "guest"},
        ],
    }
    error = await failure(system, "events", "RecordAttendance", "one", data)

    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert await fields(error) == {
        "activity_id",
        "participants.1.person",
        "participants.1.role",
    }
    assert await system.rejected("events") == []


@pytest.mark.parametrize(
    ("id_", "time", "field"),
    [
        ("", None, "context.id"),
        ("x" * 129, None, "context.id"),
        ("one", "2024-03-27T15:00", "context.time"),
        ("one", "2030-01-01T00:00:00Z", "context.time"),
    ],
)
async def test_a_bad_context_is_told_as_one(
    system: System, id_: str, time: str | None, field: str
) -> None:
    await system.start("membership")
    error = await failure(system, "membership", "RegisterCity", id_, GENT, at=time)

    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert await fields(error) == {field}


async def test_what_a_rule_refuses_is_a_failed_precondition_and_kept_nowhere(
    system: System,
) -> None:
    await system.start("membership")
    await call(system, "membership", "RegisterCity", "one", GENT)
    error = await failure(system, "membership", "RegisterCity", "two", GENT | {"name": "Gand"})

    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "gent is registered as 'Gent'" in str(error.details())
    assert await system.rejected("membership") == []
    assert len(await system.rows("membership", "select * from inbox")) == 1


async def test_an_id_used_for_something_else_already_exists(system: System) -> None:
    await system.start("membership")
    await call(system, "membership", "RegisterCity", "one", GENT)
    error = await failure(system, "membership", "RegisterCity", "one", GENT | {"name": "Gand"})

    assert error.code() == grpc.StatusCode.ALREADY_EXISTS
    assert await system.rejected("membership") == []
    assert len(await system.facts("membership")) == 1


async def test_an_unknown_question_cannot_be_answered(system: System) -> None:
    await system.start("membership")
    data = {"reference_id": "nothing", "city_id": "gent"}
    error = await failure(system, "membership", "ResolveReference", "one", data, by="staff")

    assert error.code() == grpc.StatusCode.NOT_FOUND


async def test_while_membership_is_away_a_command_that_names_a_city_is_unavailable(
    system: System,
) -> None:
    await system.start("events")
    request = events_pb2.GiveHelpRequest(network="SCN", on="2024")
    request.city.city_id, request.context.id = "gent", "one"
    options = [("grpc.enable_retries", 0)]  # our own channel would try again for seconds
    async with grpc.aio.insecure_channel(system.address("events"), options=options) as channel:
        stub = events_pb2_grpc.EventsServiceStub(channel)
        metadata = [("authorization", f"Bearer {system.token('demo')}")]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GiveHelp(request, metadata=metadata, timeout=20)

    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert await system.facts("events") == []


async def call(
    system: System,
    service: str,
    method: str,
    id_: str,
    data: dict[str, Any],
    *,
    by: str = "demo",
    at: str | None = None,
) -> Any:
    context = {"id": id_} | ({"time": at} if at else {})
    request = getattr(MODULES[service], f"{method}Request")()
    ParseDict(data | {"context": context}, request)
    answer = await getattr(system.stub(service, by=by), method)(request)
    return answer.receipt


async def failure(
    system: System, service: str, method: str, id_: str, data: dict[str, Any], **options: Any
) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(system, service, method, id_, data, **options)
    return caught.value


async def fields(error: grpc.aio.AioRpcError) -> set[str]:
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]  # asyncio's will do
    details = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(details)
    return {each.field for each in details.field_violations}
