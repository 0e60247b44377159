"""What became of a message, and whether a report counts it: told to whoever sent it."""

from datetime import UTC, datetime
from typing import Any

import grpc
import grpc.aio
import pytest
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.reporting.v1.reporting_pb2 import FactPlace, GetProjectedRequest, GetReportRequest

from services.reporting.reading import QUERIES
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import came, held, registered, scheduled


async def receipts(
    system: System, owner: str, *ids: str, by: str = "demo", source: str | None = None
) -> list[Any]:
    """Return what an owner tells of some ids."""
    request = pb.GetReceiptsRequest(ids=ids, source=source)
    return list((await system.ledger(owner, by).GetReceipts(request)).receipts)


def states(answer: list[Any]) -> list[str]:
    return [pb.MessageState.Name(each.state).removeprefix("MESSAGE_STATE_") for each in answer]


async def test_each_id_is_told_as_it_stands(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(registered("gent", "said"))
    await system.publish(
        registered("gent", "again"), registered("Gent!", "wrong"), held("w1", "early")
    )
    await system.settled()

    told = await receipts(system, "membership", "wrong", "never", "said", "again")
    assert states(told) == ["REJECTED", "UNKNOWN", "RECORDED", "RECORDED"]
    assert [each.id for each in told] == ["wrong", "never", "said", "again"]
    rejection = told[0].rejection
    assert (rejection.reason, [each.field for each in rejection.violations]) == (
        "invalid_data",
        ["city_id"],
    )
    [row] = await system.rejected("membership")
    assert rejection.rejected_id == str(row["rejection_id"])
    assert rejection.explanation == row["detail"]
    assert not told[1].HasField("rejection")
    [fact] = told[2].facts
    assert (fact.stream, fact.version, fact.type) == (
        "city-gent",
        1,
        "membership.city_registered.v1",
    )
    assert told[2].recorded_at.ToDatetime(UTC) == system.clock.now
    assert list(told[3].facts) == []  # it changed nothing, and is recorded all the same
    assert told[3].HasField("recorded_at")

    [early] = await receipts(system, "events", "early")
    assert (states([early]), early.waiting_for) == (["WAITING"], "activity-w1")
    await system.publish(scheduled("w1"))
    await system.settled()
    [early] = await receipts(system, "events", "early")
    assert states([early]) == ["RECORDED"]
    assert not early.HasField("waiting_for")


async def test_an_id_used_twice_is_told_as_both(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent", "one"))
    await system.settled()
    await system.publish(registered("gent", "one", name="Gand"))
    await system.settled()

    [told] = await receipts(system, "membership", "one")
    assert states([told]) == ["RECORDED"]
    assert told.rejection.reason == "id_reused"


async def test_nobody_learns_of_anothers_messages(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent", "one"), by="crm")
    await system.settled()

    assert states(await receipts(system, "membership", "one", by="demo")) == ["UNKNOWN"]
    for who, whose in (("demo", "crm"), ("viewer", None), ("viewer", "crm")):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await receipts(system, "membership", "one", by=who, source=whose)
        assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    for who in ("staff", "operator", "reporting"):
        told = await receipts(system, "membership", "one", by=who, source="crm")
        assert states(told) == ["RECORDED"]


@pytest.mark.parametrize("ids", [[], ["x"] * 501, [""], ["x" * 129], ["a\0b"]])
async def test_what_is_no_id_is_refused(system: System, ids: list[str]) -> None:
    await system.start("membership")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await receipts(system, "membership", *ids)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def projected(
    system: System, ledger: str, *places: tuple[str, int], wait: int = 0
) -> tuple[bool, bool]:
    """Return what reporting tells of some facts."""
    request = GetProjectedRequest(
        ledger=ledger,
        places=[FactPlace(stream=stream, version=version) for stream, version in places],
        wait_milliseconds=wait,
    )
    answer = await system.stub("reporting").GetProjected(request)
    return answer.projected, answer.reported


async def test_who_was_told_that_it_is_reported_reads_it_in_the_report(system: System) -> None:
    system.clock.set(datetime(2024, 4, 2, 9, tzinfo=UTC))
    await system.start()
    viewer = system.stub("reporting", by="viewer")
    for number in range(1, 6):
        activity = f"w{number}"
        await system.publish(scheduled(activity), held(activity, f"held-{number}"))
        place = (f"activity-{activity}", 2)

        async def reported(place: tuple[str, int] = place) -> bool:
            return await projected(system, "events", place, wait=2000) == (True, True)

        await until(reported, f"the report counts {activity}")
        report = (await viewer.GetReport(GetReportRequest(period="2024-Q1"))).report
        assert report.figures["webinars_held"].value == number


async def test_a_fact_that_is_on_its_way_is_not_reported_yet(system: System) -> None:
    await system.start()
    await system.publish(registered("gent"), scheduled("w1"), came("w1", "gent"))
    await system.settled()

    assert await projected(system, "membership", ("city-gent", 1), wait=5000) == (True, True)
    assert await projected(system, "membership", ("city-gent", 1), ("city-gent", 2)) == (
        False,
        False,
    )
    assert await projected(system, "events", ("city-gent", 1)) == (False, False)


@pytest.mark.parametrize(
    ("ledger", "places"),
    [
        ("reporting", [("report-2024-Q1", 1)]),
        ("events", []),
        ("events", [("activity-w1", 1)] * 1001),
        ("events", [("", 1)]),
        ("events", [("activity-w1", 0)]),
        ("events", [("activity-w1", 2**32 - 1)]),
    ],
)
async def test_what_is_no_place_is_refused(
    system: System, ledger: str, places: list[tuple[str, int]]
) -> None:
    await system.start("reporting")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await projected(system, ledger, *places)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_what_is_projected_and_not_derived_is_not_reported(system: System) -> None:
    await system.start()
    pool = await system.pool("reporting")
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(QUERIES["one_at_a_time"])  # as another that derives
            await system.publish(scheduled("w1"), held("w1"))

            async def arrived() -> bool:
                return (await projected(system, "events", ("activity-w1", 2)))[0]

            await until(arrived, "the facts are projected")
            place = ("activity-w1", 2)
            assert await projected(system, "events", place, wait=300) == (True, False)
        assert await projected(system, "events", place, wait=10_000) == (True, True)
