"""Operations takes spans and log lines over HTTP, keeps them, and finds them again."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from google.rpc.status_pb2 import Status

from services.operations.domain.telling import Span
from services.operations.finding import Finding, Search
from services.operations.keeping import Keeping
from services.operations.otlp import JSON, PROTOBUF
from services.operations.web.bodies import WIRE_BYTES_MAX
from services.operations.web.receiving import REQUESTS_MAX
from shared.database import DatabaseAddress, connect_pool
from tests.support.otlp import in_json, line_of, request_of
from tests.support.settling import SECONDS_MAX
from tests.support.spans import BATCH, NOON, TRACE, span
from tests.support.system import ManualClock, System

HOUR = Search(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
SENT = span("POST /events", "gateway", at=0, took=4, kind="server")
TAKEN = span(
    "process INTAKE",
    at=20,
    took=9,
    kind="consumer",
    follows=(SENT,),
    trace=BATCH,
    attributes={"messaging.system": "nats"},
)
FAILED = span("ledger.append", at=21, took=7, under=TAKEN, error="VersionConflict")
FLOW = [SENT, TAKEN, FAILED]


@pytest.fixture
async def operations(system: System) -> System:
    system.clock.set(NOON)
    await system.start("operations")
    return system


async def post(
    system: System, body: bytes, path: str = "/v1/traces", by: str = "events", **headers: str
) -> httpx.Response:
    told = {"content-type": PROTOBUF, **{n.replace("_", "-"): v for n, v in headers.items()}}
    if by:
        told["Authorization"] = f"Bearer {system.token(by)}"
    async with httpx.AsyncClient(base_url=system.http("operations"), timeout=SECONDS_MAX) as client:
        return await client.post(path, content=body, headers=told)


async def page(system: System, path: str, by: str = "operator") -> str:
    headers = {"Authorization": f"Bearer {system.token(by)}", "Accept": "text/html"}
    async with httpx.AsyncClient(
        base_url=system.http("operations"), headers=headers, timeout=SECONDS_MAX
    ) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def found(system: System, search: Search = HOUR) -> list[str]:
    pool = await system.pool("operations")
    return [each.trace_id for each in await Finding(pool).search(search)]


async def test_what_services_tell_is_found_by_each_of_its_parts_and_shown(
    operations: System,
) -> None:
    packed = gzip.compress(request_of([SENT]).SerializeToString())
    for answer in (
        await post(operations, packed, content_encoding="gzip"),
        await post(operations, in_json(request_of([TAKEN])), content_type=JSON),
        await post(operations, request_of([FAILED]).SerializeToString()),
        await post(operations, line_of(FAILED, "tried again").SerializeToString(), "/v1/logs"),
    ):
        assert answer.status_code == 200, answer.text

    assert await found(operations) == [BATCH, TRACE]
    parts: list[tuple[dict[str, object], list[str]]] = [
        ({"service": "gateway"}, [TRACE]),
        ({"name": "ledger.append"}, [BATCH]),
        ({"name": "POST *"}, [TRACE]),
        ({"least": 9_000}, [BATCH]),
        ({"failed": True}, [BATCH]),
        ({"attribute": ("messaging.system", "nats")}, [BATCH]),
        ({"attribute": ("messaging.system", "other")}, []),
        ({"service": "membership"}, []),
    ]
    for part, expected in parts:
        search = Search(**{"since": HOUR.since, "until": HOUR.until, **part})  # type: ignore[arg-type]
        assert await found(operations, search) == expected, part

    listed = await page(operations, "/traces")
    assert "process INTAKE" in listed
    shown = await page(operations, f"/traces/{TRACE}")
    for said in ("POST /events", "nothing at work", "process INTAKE", "in a batch"):
        assert said in shown
    for said in ("Failed: VersionConflict", "tried again", f"/traces/{BATCH}"):
        assert said in shown
    assert f"/traces/{TRACE}" in await page(operations, f"/traces/{BATCH}")
    drawn = await page(operations, "/traces/map")
    assert "gateway</th><td>" in drawn
    assert "messages" in drawn


async def test_a_batch_that_is_sent_again_is_shown_once(operations: System) -> None:
    for _ in range(2):
        await post(operations, request_of([SENT]).SerializeToString())
    pool = await operations.pool("operations")
    assert [each.name for each in await Finding(pool).spans([TRACE])] == ["POST /events"]


async def test_bad_requests_are_told_apart_and_answered_in_their_own_form(
    operations: System,
) -> None:
    good = request_of([SENT]).SerializeToString()
    bad = gzip.compress(good)[:-4]
    answers = {
        "no token": (await post(operations, good, by=""), 401),
        "a publisher": (await post(operations, good, by="demo"), 403),
        "a viewer": (await post(operations, good, by="viewer"), 403),
        "another type": (await post(operations, good, content_type="text/plain"), 415),
        "another encoding": (await post(operations, good, content_encoding="br"), 415),
        "no protobuf": (await post(operations, b"\xff\xff"), 400),
        "no json": (await post(operations, b"[", content_type=JSON), 400),
        "gzip broken off": (await post(operations, bad, content_encoding="gzip"), 400),
        "too much": (await post(operations, bytes(WIRE_BYTES_MAX + 1)), 413),
        "another method": (
            await httpx.AsyncClient().get(f"{operations.http('operations')}/v1/traces"),
            405,
        ),
    }
    for what, (answer, status) in answers.items():
        assert answer.status_code == status, what
    assert Status.FromString(answers["no protobuf"][0].content).message
    assert json.loads(answers["no json"][0].content)["message"]
    assert answers["another type"][0].headers["content-type"] == JSON
    assert await found(operations) == []


async def test_more_requests_than_it_works_on_are_told_to_come_again(operations: System) -> None:
    pool = await operations.pool("operations")
    body = request_of([SENT]).SerializeToString()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table span in access exclusive mode")
        many = [asyncio.ensure_future(post(operations, body)) for _ in range(REQUESTS_MAX + 4)]
        done, _ = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
        refused = [each.result() for each in done]
        assert {(each.status_code, each.headers["retry-after"]) for each in refused} == {(503, "1")}
    taken = [answer for answer in await asyncio.gather(*many) if answer.status_code == 200]
    assert len(taken) == REQUESTS_MAX


async def test_pages_are_for_operators_and_staff_alone(operations: System) -> None:
    address = operations.http("operations")
    async with httpx.AsyncClient(base_url=address, headers={"Accept": "text/html"}) as client:
        for path in ("/traces", "/traces/map", f"/traces/{TRACE}", "/follow"):
            led = await client.get(path)
            assert (led.status_code, led.headers["location"][:7]) == (303, "/login?")
            for by, status in (("viewer", 403), ("demo", 403), ("events", 403)):
                headers = {"Authorization": f"Bearer {operations.token(by)}"}
                assert (await client.get(path, headers=headers)).status_code == status
        entered = await client.post("/login", data={"token": operations.token("staff")})
        assert "tandem_operations" in entered.headers["set-cookie"]
        assert (await client.get("/traces")).status_code == 200
        foreign = await client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        cookie = client.cookies["tandem_operations"]
        await client.post("/logout")
        again = await client.get("/traces", headers={"Cookie": f"tandem_operations={cookie}"})
        assert again.status_code == 303
        assert (await client.get("/nothing")).status_code == 404


@pytest.fixture
async def keeping(system: System) -> AsyncIterator[tuple[Keeping, ManualClock, Finding]]:
    servers = system.servers
    address = DatabaseAddress(
        servers.database_host,
        servers.database_port,
        "operations",
        "operations",
        servers.password_file("operations"),
    )
    pool = await connect_pool(address)
    clock = ManualClock()
    clock.set(NOON)
    yield Keeping(pool, clock, days=7, bytes_max=16 * 1_000_000), clock, Finding(pool)
    await pool.close()


def many(count: int, at: datetime) -> list[Span]:
    minutes = (at - NOON) / timedelta(milliseconds=1)
    return [
        span("step", at=minutes, trace=f"{number + 1:032x}", attributes={"filler": "x" * 300})
        for number in range(count)
    ]


async def test_what_is_older_than_it_may_be_goes_with_its_whole_partition(
    keeping: tuple[Keeping, ManualClock, Finding],
) -> None:
    kept, clock, finding = keeping
    for _ in range(20):
        await kept.turn()
        await kept.add(many(1, clock()), ())
        clock.advance(hours=12)
    await kept.turn()

    begun = [each.started_at for each in await finding.spans([f"{1:032x}"])]

    assert min(begun) >= clock() - timedelta(days=8)
    assert len(begun) >= 14


async def test_when_there_is_too_much_the_oldest_goes(
    keeping: tuple[Keeping, ManualClock, Finding], system: System
) -> None:
    kept, clock, finding = keeping
    for _ in range(20):
        await kept.turn()
        await kept.add(many(2_500, clock()), ())
        clock.advance(minutes=1)
    await kept.turn()

    size = await system.value(
        "operations",
        "select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits"
        " where inhparent = 'span'::regclass",
    )
    begun = [each.started_at for each in await finding.spans([f"{1:032x}"])]

    assert size < 3 * 16_000_000
    assert clock() - timedelta(minutes=1) in begun
    assert NOON not in begun


async def test_all_of_a_request_is_kept_or_nothing(
    keeping: tuple[Keeping, ManualClock, Finding], system: System
) -> None:
    kept, _, finding = keeping
    broken = span("broken", trace="zz" * 16)
    with pytest.raises(ValueError, match="hexadecimal"):
        await kept.add([SENT, broken], ())
    assert await finding.spans([TRACE]) == []
