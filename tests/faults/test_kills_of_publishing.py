"""Publishing killed anywhere: nothing was published, or all of it, and the same request tells."""

import asyncio
import json
import re
from contextlib import suppress
from pathlib import Path

import grpc.aio
import pytest
from tandem.common.v1.common_pb2 import OUTCOME_DUPLICATE, OUTCOME_RECORDED, CommandContext
from tandem.reporting.v1 import reporting_pb2 as pb

from tests.support.flow import PERIOD, Flow
from tests.support.killing import run_until_killed
from tests.support.rebuilding import REPORTING, clear, rebuild
from tests.support.system import System

ROOT = Path(__file__).parents[2]
AFTER_THE_KILL = {
    "publishing.sealed": OUTCOME_RECORDED,
    "publishing.recorded": OUTCOME_DUPLICATE,
}
"""Each place, and what the same request is told afterwards."""
ASK_SECONDS = 0.1
REQUEST = pb.PublishReportRequest(context=CommandContext(id="the-one"), period=PERIOD)


@pytest.mark.parametrize("place", AFTER_THE_KILL)
async def test_publishing_killed_anywhere_publishes_once(system: System, place: str) -> None:
    system.clock.set("2026-05-20T09:00Z")
    await system.start("membership", "events", "resources")
    await system.send(Flow(people=20).messages())

    asking = asyncio.create_task(ask_for_ever(system))
    await run_until_killed(system, REPORTING, place)
    asking.cancel()
    await system.start(REPORTING)
    await system.settled()

    answer = await system.stub(REPORTING, by="staff").PublishReport(REQUEST)
    assert answer.receipt.outcome == AFTER_THE_KILL[place]
    [fact] = answer.receipt.facts
    assert (fact.stream, fact.version) == (f"publication-{PERIOD}", 1)
    assert await system.value(REPORTING, "select count(*) from publication.ledger") == 1
    assert await system.value(REPORTING, "select count(*) from publication.published_report") == 1
    assert (await published(system)).sha256


async def ask_for_ever(system: System) -> None:
    """Ask to publish, again and again: nobody is there yet, or dies of it."""
    while True:
        with suppress(grpc.aio.AioRpcError):
            await system.stub(REPORTING, by="staff").PublishReport(REQUEST, timeout=20)
        await asyncio.sleep(ASK_SECONDS)


async def published(system: System) -> pb.GetPublishedReportResponse:
    request = pb.GetPublishedReportRequest(period=PERIOD, version=1)
    answer: pb.GetPublishedReportResponse = await system.stub(
        REPORTING, by="viewer"
    ).GetPublishedReport(request)
    return answer


async def test_what_was_published_survives_a_rebuild_and_a_restart(system: System) -> None:
    await clear(system)
    system.clock.set("2026-05-20T09:00Z")
    await system.start()
    await system.send(Flow(people=20).messages())
    await system.settled()
    viewer, staff = (system.stub(REPORTING, by=role) for role in ("viewer", "staff"))
    await staff.PublishReport(REQUEST)
    before = await published(system)

    outcome, _ = await rebuild(system)
    assert outcome.tables == []
    assert (await published(system)).document == before.document
    await system.stop(REPORTING)
    await system.start(REPORTING)

    assert (await published(system)).document == before.document
    verdict = await viewer.VerifyReport(pb.VerifyReportRequest(file=before.document))
    assert (verdict.genuine, verdict.version, verdict.sha256) == (True, 1, before.sha256)
    report = (await viewer.GetReport(pb.GetReportRequest(period=PERIOD, version=1))).report
    assert report.seal.sha256 == before.sha256
    assert report.status == json.loads(before.document)["status"] == "final"
    [version] = (await viewer.ListVersions(pb.ListVersionsRequest(period=PERIOD))).versions
    assert (version.version, version.published_by) == (1, "staff")
    await clear(system)


async def test_a_revision_names_its_cause_over_grpc(system: System) -> None:
    system.clock.set("2026-04-20T09:00Z")
    await system.start()
    await system.send(Flow(people=20).messages())
    await system.settled()
    viewer, staff = (system.stub(REPORTING, by=role) for role in ("viewer", "staff"))
    system.clock.advance(seconds=1)
    await staff.PublishReport(REQUEST)
    system.clock.advance(days=1)
    await system.send(Flow(people=9, name="later").messages())
    await system.settled()
    system.clock.advance(seconds=1)
    with pytest.raises(grpc.aio.AioRpcError, match="say why"):
        await staff.PublishReport(
            pb.PublishReportRequest(context=CommandContext(id="another"), period=PERIOD)
        )
    with pytest.raises(grpc.aio.AioRpcError, match="may not publish"):
        await viewer.PublishReport(REQUEST)
    await staff.PublishReport(
        pb.PublishReportRequest(
            context=CommandContext(id="second"), period=PERIOD, reason="R1", note="More came"
        )
    )

    change = await viewer.DiffReports(pb.DiffReportsRequest(period=PERIOD, before=1, after=2))

    cells = {cell.cell: cell for cell in change.cells}
    moved = cells["figures.attendance.value"]
    assert (getattr(moved, "from").number_value, moved.to.number_value) == (20, 29)
    assert change.after.reason == "R1"
    assert change.causes["attendance"].facts_withheld > 0
    seen = await staff.DiffReports(pb.DiffReportsRequest(period=PERIOD, before=1, after=2))
    arrived = seen.causes["attendance"].arrived
    assert {fact.type for fact in arrived} >= {"events.participant_joined.v1"}
    assert all(fact.recorded_at > change.before.known_at for fact in arrived)


def test_every_place_of_publishing_is_swept() -> None:
    text = (ROOT / "services" / "reporting" / "publishing" / "__init__.py").read_text()
    assert set(re.findall(r'failpoint\("([a-z_.]+)"\)', text)) == set(AFTER_THE_KILL)
