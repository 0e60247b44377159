"""The projections built again beside those that serve, compared, and put in their place at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import asyncpg
import httpx
import pytest
from tandem.reporting.v1.reporting_pb2 import AuditProjectionsRequest, GetReportRequest

from services.reporting.reading.tables import snapshot
from shared import rebuild as rebuilding
from shared.embedded import postgres
from shared.errors import Refused
from shared.queries import Connection
from tests.support.flow import PERIOD, Flow
from tests.support.rebuilding import REPORTING, building, clear, rebuild, rows_of
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System

FLOW = Flow(people=120)
FACTS = FLOW.facts_of_events + 20
ATTENDANCE = 120


@pytest.fixture(autouse=True)
async def flowed(system: System) -> AsyncIterator[None]:
    """A system that has taken the flow, and knows when 2026-Q1 is."""
    await clear(system)
    system.clock.set("2026-04-02T09:00Z")
    await system.start()
    await system.send(FLOW.messages())
    await system.settled()
    yield
    await clear(system)


async def test_an_honest_rebuild_gives_the_same_rows_with_the_same_rights(system: System) -> None:
    rows, rights, report = await rows_of(system), await rights_of(system), await ask(system)
    serving = await tables_that_serve(system)

    outcome, moved = await rebuild(system)

    assert (outcome.tables, moved, outcome.facts) == ([], [], FACTS)
    assert await tables_that_serve(system) != serving
    assert await rows_of(system) == rows
    assert await rights_of(system) == rights
    assert await ask(system) == report
    assert await schemas_of(system) == ["public", "publication"]


async def test_the_running_service_goes_on_with_the_new_tables(system: System) -> None:
    assert (await figure(system, "attendance")) == ATTENDANCE
    await rebuild(system)
    await system.send(Flow(people=30, name="later").messages())
    await system.settled()

    assert await figure(system, "attendance") == ATTENDANCE + 30
    assert await verdicts(system) == [(0, 0, 0)] * 3
    outcome, _ = await rebuild(system)
    assert outcome.tables == []


async def test_a_row_changed_by_hand_is_named_with_the_figures_it_moves(system: System) -> None:
    honest = await rows_of(system)
    await system.execute(
        REPORTING,
        "update passage set role = 'staff' where person in (select min(person) from passage)",
    )

    outcome, moved = await rebuild(system, dry_run=True)

    [table] = outcome.tables
    assert (table.table, table.only_before, table.only_rebuilt) == ("passage", 2, 2)
    changed = {each["figure"]: (each["before"], each["rebuilt"]) for each in moved}
    assert changed["attendance"] == (ATTENDANCE - 1, ATTENDANCE)
    assert await rows_of(system) != honest, "a dry run changes nothing"
    assert await schemas_of(system) == ["public", "publication"]

    await rebuild(system)
    assert await rows_of(system) == honest

    async def mended() -> bool:
        return bool(await figure(system, "attendance") == ATTENDANCE)

    await until(mended, "the report that was kept is counted again")


async def test_rows_that_are_gone_are_put_back(system: System) -> None:
    await system.execute(REPORTING, "delete from passage")
    outcome, _ = await rebuild(system)
    [table] = outcome.tables
    assert (table.table, table.only_before, table.only_rebuilt) == ("passage", 0, 240)
    assert await figure(system, "attendance") == ATTENDANCE


async def test_what_comes_meanwhile_is_in_the_new_tables(system: System) -> None:
    later = Flow(people=300, name="later").messages()
    sending = asyncio.create_task(send_slowly(system, later))
    outcome, _ = await rebuild(system)
    await sending
    await system.settled()

    assert outcome.tables == []
    assert await figure(system, "attendance") == ATTENDANCE + 300
    assert await verdicts(system) == [(0, 0, 0)] * 3


async def test_a_fact_that_becomes_visible_behind_the_reader_is_not_passed_by(
    system: System,
) -> None:
    superuser = await postgres.connect(system.servers.directory, database="events")
    late = superuser.transaction()
    await late.start()
    await superuser.execute(NEXT_VERSION, "joined-0", "participation-late", 1)
    await system.send(Flow(people=5, name="after").messages())
    await system.settled()
    steps: list[str] = []

    async with building(system, lambda step: steps.append(step.name)) as opened:
        loading = opened._load_all

        async def commit_after_loading() -> None:
            await loading()
            if "index" not in steps:
                await late.commit()

        opened._load_all = commit_after_loading  # type: ignore[method-assign]
        await opened.run()
    await superuser.close()

    stood = "select count(*) from fact where stream = 'participation-late'"
    assert await system.value(REPORTING, stood) == 1
    assert await verdicts(system) == [(0, 0, 0)] * 3


async def test_reports_answer_throughout_and_say_the_same(system: System) -> None:
    expected = await ask(system)
    answers: list[Any] = []
    reading = asyncio.create_task(read_until_cancelled(system, answers))
    for _ in range(3):
        outcome, _ = await rebuild(system)
        assert outcome.tables == []
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading

    assert len(answers) > 10
    assert all(answer == expected["figures"] for answer in answers)


async def test_a_long_reader_keeps_its_tables_and_holds_up_no_other(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "READER_WAIT_SECONDS_MAX", 0.05)
    async with snapshot_of(system) as reader:
        before = await reader.fetchval("select count(*) from passage")
        task = asyncio.create_task(rebuild(system))
        for _ in range(20):  # a call that waits for the long reader comes to its deadline
            await ask(system, known_at="2026-04-02T08:00:00Z")
        assert not task.done(), "it waits for the reader"
        assert await reader.fetchval("select count(*) from passage") == before
    assert (await task)[0].tables == []


async def test_readers_that_never_pause_leave_the_old_tables(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "READER_WAIT_SECONDS_MAX", 0.02)
    monkeypatch.setattr(rebuilding, "SWITCH_TRIES_MAX", 3)
    serving = await tables_that_serve(system)
    async with snapshot_of(system):
        with pytest.raises(Refused, match="nothing was switched"):
            await rebuild(system)
    assert await tables_that_serve(system) == serving
    outcome, _ = await rebuild(system)
    assert (outcome.resumed, outcome.tables) == (True, [])


async def test_two_rebuilds_at_once_are_one_too_many(system: System) -> None:
    async with building(system):
        with pytest.raises(Refused, match="another rebuild is under way"):
            await rebuild(system)


async def test_old_tables_are_kept_when_asked_for(system: System) -> None:
    await rebuild(system, keep=True)
    assert await schemas_of(system) == ["public", "public_before", "publication"]
    await rebuild(system)
    assert await schemas_of(system) == ["public", "publication"]


async def test_a_ledger_restored_from_an_old_backup_in_the_middle_is_noticed(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SWITCH_TRIES_MAX", 0)
    with pytest.raises(Refused):
        await rebuild(system)
    monkeypatch.undo()
    await system.execute(
        "events", "delete from ledger where stream = (select max(stream) from ledger)"
    )

    with pytest.raises(Refused, match="events is not as it was"):
        await rebuild(system)
    outcome, _ = await rebuild(system)
    assert (outcome.resumed, outcome.facts) == (False, FACTS - 2)


NEXT_VERSION = """
insert into ledger
    (stream, version, fact_id, type, data, occurred_at, recorded_at, source, source_id)
select $2, $3, gen_random_uuid(), type, data, occurred_at, recorded_at, source, $2
  from ledger where source_id like '%' || $1 order by position limit 1
"""


async def ask(system: System, known_at: str | None = None) -> Any:
    """Return the report of the flow's quarter over gRPC."""
    request = GetReportRequest(period=PERIOD, known_at=known_at)
    return json_of((await system.stub(REPORTING, by="viewer").GetReport(request)).report)


async def figure(system: System, metric: str) -> float:
    return float((await ask(system))["figures"][metric])


def json_of(report: Any) -> dict[str, Any]:
    return {
        "figures": {name: each.value for name, each in report.figures.items()},
        "ledgers": dict(report.provenance.ledgers),
    }


async def read_until_cancelled(system: System, answers: list[Any]) -> None:
    """Read the report over gRPC and HTTP, as known now and at a moment, again and again."""
    headers = {"Authorization": f"Bearer {system.token('viewer')}"}
    async with httpx.AsyncClient(
        base_url=system.http(REPORTING), headers=headers, timeout=SECONDS_MAX
    ) as client:
        while True:
            answers.append((await ask(system))["figures"])
            answers.append((await ask(system, known_at="2026-04-02T09:00:00Z"))["figures"])
            told = await client.get(f"/reports/{PERIOD}.json")
            assert told.status_code == 200, told.text
            figures = json.loads(told.text)["figures"]
            answers.append({name: each["value"] or 0 for name, each in figures.items()})


async def verdicts(system: System) -> list[tuple[int, int, int]]:
    """Return what a full audit says of each ledger: missing, ahead, different."""
    request = AuditProjectionsRequest(full=True)
    return [
        (said.missing, said.ahead, said.different)
        async for said in system.stub(REPORTING, by="operator").AuditProjections(request)
        if said.finished
    ]


async def send_slowly(system: System, messages: list[Any]) -> None:
    for start in range(0, len(messages), 50):
        await system.send(messages[start : start + 50])
        await asyncio.sleep(0.02)


@asynccontextmanager
async def snapshot_of(system: System) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that reads one state of the tables, as a report does."""
    connection = await postgres.connect(
        system.servers.directory, role=REPORTING, database=REPORTING
    )
    async with snapshot(cast(Connection, connection)):
        yield connection
    await connection.close()


async def tables_that_serve(system: System) -> int:
    return int(await system.value(REPORTING, "select 'public.fact'::regclass::oid::bigint"))


async def schemas_of(system: System) -> list[str]:
    rows = await system.rows(
        REPORTING, "select nspname from pg_namespace where nspname like 'public%' order by 1"
    )
    return [row["nspname"] for row in rows]


async def rights_of(system: System) -> list[dict[str, Any]]:
    """Return what the role of the service may do with each table, and with the schema."""
    return await system.rows(REPORTING, RIGHTS)


RIGHTS = """
select c.relname as name, a.privilege_type as privilege
  from pg_class c, aclexplode(c.relacl) a
 where c.relnamespace = 'public'::regnamespace and a.grantee = 'reporting'::regrole
union all
select 'public', privilege from unnest(array['USAGE', 'CREATE']) privilege
 where has_schema_privilege('reporting', 'public', privilege)
 order by 1, 2
"""
