"""Whoever watches a report sees a figure move when an event is published."""

from tandem.reporting.v1.reporting_pb2 import WatchReportRequest

from tests.e2e.test_golden_quarter import first_weeks, late_file
from tests.support.system import System


async def test_a_watched_report_comes_again_when_a_figure_moves(system: System) -> None:
    await system.start()
    await system.publish(*first_weeks())
    await system.settled()
    reporting = system.stub("reporting", by="viewer")
    watching = reporting.WatchReport(WatchReportRequest(period="2024-Q1"), timeout=20)
    first = (await watching.read()).report
    assert first.figures["cities_engaged"].value == 4
    await system.publish(late_file())
    moved = (await watching.read()).report
    assert moved.figures["cities_engaged"].value == 5
    watching.cancel()
