"""Attacks over gRPC, where a source is whoever the token belongs to."""

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from tandem.common.v1.common_pb2 import OUTCOME_DUPLICATE, CommandContext
from tandem.events.v1.events_pb2 import HoldActivityRequest
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc
from tandem.membership.v1.membership_pb2 import (
    DescribeCityRequest,
    DismissReferenceRequest,
    RegisterCityRequest,
)
from tandem.reporting.v1.reporting_pb2 import WatchReportRequest

from shared.embedded.credentials import revoke_publisher
from shared.rpc import channel
from tests.support.attacks.doors import ATTACKER, GRPC, HONEST, NARROW, Doors, attack, register
from tests.support.settling import SECONDS_MAX

CODE = grpc.StatusCode
FLOOD_CALLERS, FLOOD_CALLS = 200, 15
SOURCE_FIELD = 99


def source_added(request: RegisterCityRequest, source: str) -> RegisterCityRequest:
    """Return a request with a field that its definition has not, in which a source stands."""
    said = f"/systems/{source}".encode()
    more = bytes([(SOURCE_FIELD << 3 | 2) & 0x7F | 0x80, (SOURCE_FIELD << 3 | 2) >> 7, len(said)])
    return RegisterCityRequest.FromString(request.SerializeToString() + more + said)


@attack("a source that is another's", GRPC, "there is no field for it: it counts as the caller's")
async def another_source(doors: Doors) -> None:
    request = source_added(register(doors.name("city"), id_ := doors.name("id")), HONEST)
    stub = doors.stub("membership", doors.token(ATTACKER))
    answer = await stub.RegisterCity(request, metadata=[("source", HONEST)])
    assert answer.receipt.source == ATTACKER
    assert len(await doors.facts(ATTACKER, id_)) == 1
    assert await doors.facts(HONEST, id_) == []


@attack("another's subject or method", GRPC, "`PERMISSION_DENIED`")
async def another_method(doors: Doors) -> None:
    token = doors.token(ATTACKER)
    dismissed = DismissReferenceRequest(
        context=CommandContext(id=doors.name("id")), reference_id="r", reason="an attack"
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await doors.stub("membership", token).DismissReference(dismissed)
    assert caught.value.code() is CODE.PERMISSION_DENIED
    async with channel(doors.real.system.address("membership"), token=token) as opened:
        stub = ledger_pb2_grpc.LedgerServiceStub(opened)
        for call in (
            stub.ReadLedger(ledger_pb2.ReadLedgerRequest()).read,
            lambda: stub.ListRejected(ledger_pb2.ListRejectedRequest()),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call()
            assert caught.value.code() is CODE.PERMISSION_DENIED


@attack("an id that another has used", GRPC, "no effect: each source has ids of its own")
async def id_of_another(doors: Doors) -> None:
    id_ = doors.name("id")
    for source in (ATTACKER, HONEST):
        city = doors.name("city")
        stub = doors.stub("membership", doors.token(source))
        receipt = (await stub.RegisterCity(register(city, id_))).receipt
        assert [fact.stream for fact in receipt.facts] == [f"city-{city}"]


@attack("another body under a used id", GRPC, "`ALREADY_EXISTS`; the first stands")
async def another_body(doors: Doors) -> None:
    stub, id_ = doors.stub("membership", doors.token(ATTACKER)), doors.name("id")
    await stub.RegisterCity(register(doors.name("city"), id_))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.RegisterCity(register(doors.name("city"), id_))
    assert caught.value.code() is CODE.ALREADY_EXISTS
    assert len(await doors.facts(ATTACKER, id_)) == 1


@attack("the same again, as captured", GRPC, "the same receipt, as a duplicate; no second fact")
async def replayed(doors: Doors) -> None:
    stub = doors.stub("membership", doors.token(ATTACKER))
    request = register(doors.name("city"), id_ := doors.name("id"))
    first, again = [(await stub.RegisterCity(request)).receipt for _ in range(2)]
    assert (again.outcome, list(again.facts)) == (OUTCOME_DUPLICATE, list(first.facts))
    assert len(await doors.facts(ATTACKER, id_)) == 1


@attack("a scope exceeded", GRPC, "`PERMISSION_DENIED`, with what the scope lacks")
async def scope_exceeded(doors: Doors) -> None:
    token = doors.token(NARROW)
    context = CommandContext(id=doors.name("id"), time="2024-03-27T15:00:00Z")
    requests: list[tuple[str, str, Message, str]] = [
        ("membership", "RegisterCity", register("x", doors.name("id")), "the type tandem.member"),
        ("events", "HoldActivity", HoldActivityRequest(context=context), "the type tandem.events"),
    ]
    for service, method, request, lacking in requests:
        with pytest.raises(grpc.aio.AioRpcError, match=f"lacks {lacking}") as caught:
            await getattr(doors.stub(service, token), method)(request)
        assert caught.value.code() is CODE.PERMISSION_DENIED
    city = doors.name("city")
    honest = doors.stub("membership", doors.token(HONEST))
    await honest.RegisterCity(register(city, doors.name("id")))
    inside = DescribeCityRequest(context=context, city_id=city, urban="city")
    assert (await doors.stub("membership", token).DescribeCity(inside)).receipt.source == NARROW


@attack("a flood", GRPC, "calls share commits as they come, so others wait for one commit of it")
async def flood(doors: Doors) -> None:
    attacker = doors.stub("membership", doors.token(ATTACKER))
    honest = doors.stub("membership", doors.token(HONEST))

    async def flooding() -> None:
        await asyncio.gather(*(caller() for _ in range(FLOOD_CALLERS)))

    async def caller() -> None:
        for _ in range(FLOOD_CALLS):
            await attacker.RegisterCity(register(doors.name("flood"), doors.name("id")))

    async def say() -> None:
        await honest.RegisterCity(register(doors.name("city"), doors.name("id")))

    await doors.others_wait(GRPC, flooding(), say)


@attack(
    "a revoked key",
    GRPC,
    "`UNAUTHENTICATED` a second later; a stream that is being read ends within 5 seconds",
)
async def revoked_token(doors: Doors) -> None:
    stolen = doors.credential()
    token = doors.token(stolen.name)
    watching = doors.stub("reporting", token).WatchReport(WatchReportRequest(period="2024-Q1"))
    await asyncio.wait_for(watching.read(), SECONDS_MAX)

    revoke_publisher(doors.root, stolen.name, "an attack of the tests")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(_read_to_the_end(watching), SECONDS_MAX)
    assert caught.value.code() is CODE.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await doors.stub("membership", token).RegisterCity(register("x", doors.name("id")))
    assert caught.value.code() is CODE.UNAUTHENTICATED


async def _read_to_the_end(stream: Any) -> None:
    while await stream.read() is not grpc.aio.EOF:
        pass
