"""gRPC of reporting: reports, their evidence, why a city is not counted, and what was published."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict
from tandem.reporting.v1 import reporting_pb2 as pb
from tandem.reporting.v1 import reporting_pb2_grpc

from services.reporting.asking import against_asked, known_at_asked, period_asked, places_asked
from services.reporting.domain.duplicates import PossibleDuplicate
from services.reporting.domain.evidence import UnknownComparison, UnknownRow
from services.reporting.domain.period import Period
from services.reporting.preview import PREVIEW_FACTS_MAX, Preview, previewed
from services.reporting.publishing import Publishing
from services.reporting.reading import FuturePeriod, Inquiry, UnknownMetric
from services.reporting.reading.records import UnknownRecord
from services.reporting.reports import Reports
from services.reporting.trails import Trails, sees_everything
from shared.comparison import Comparison, Finding, Verdict
from shared.contracts.messages.reporting import PublishReport
from shared.errors import InvalidData, NotFound, Unavailable, Violation
from shared.paging import PAGE_SIZE, PAGE_SIZE_MAX
from shared.recorded import Recorded
from shared.rpc import caller, received, to_receipt

WAIT_SECONDS_MAX = 10.0
ARRIVAL_SECONDS = 0.05
ITEM_FIELDS = frozenset(
    {
        *("counted", "of", "status", "facts", "facts_of_people_withheld"),
        *("now", "now_of", "before", "before_of", "stands"),
    }
)


class ReportingServicer(reporting_pb2_grpc.ReportingServiceServicer):
    """What others ask of reporting."""

    def __init__(
        self,
        reports: Reports,
        trails: Trails,
        publishing: Publishing,
        comparison: Comparison,
        preview: Preview,
    ) -> None:
        """Bind the reports, what leads to their facts, what was published, what is compared."""
        self._reports, self._trails = reports, trails
        self._publishing, self._comparison, self._preview = publishing, comparison, preview

    async def GetReport(self, request: pb.GetReportRequest, context: Any) -> pb.GetReportResponse:
        """Return the report of a period: as it stands now, as it was known then, as published."""
        if request.HasField("version"):
            return await self._published_report(request)
        known_at = known_at_asked(request.known_at or None, self._reports.now())
        try:
            report = await self._reports.report(_period(request), known_at)
        except FuturePeriod as error:
            raise NotFound(str(error)) from None
        return pb.GetReportResponse(report=report.message)

    async def WatchReport(
        self, request: pb.WatchReportRequest, context: Any
    ) -> AsyncIterator[pb.WatchReportResponse]:
        """Yield the report at once, and again whenever a figure has moved."""
        try:
            async for report in self._reports.watch(_period(request)):
                yield pb.WatchReportResponse(report=report.message)
        except FuturePeriod as error:
            raise NotFound(str(error)) from None

    async def GetEvidence(
        self, request: pb.GetEvidenceRequest, context: Any
    ) -> pb.GetEvidenceResponse:
        """Return what a figure counts, one by one, with the facts behind each."""
        known_at = known_at_asked(request.known_at or None, self._reports.now())
        try:
            inquiry = Inquiry(
                _period(request),
                request.metric,
                known_at,
                dict(request.filters),
                against_asked(request.against or None),
            )
            evidence = await self._trails.evidence(inquiry)
        except (FuturePeriod, UnknownMetric, UnknownRow, UnknownComparison) as error:
            raise NotFound(str(error.args[0])) from None
        document = evidence.to_json(everything=sees_everything(caller()))
        document["items"] = [_item(item) for item in document["items"]]
        if "against" in document:
            moved = [_item(item) for item in document["against"]["items"]]
            document["against"]["items"] = moved
        return pb.GetEvidenceResponse(evidence=ParseDict(document, pb.Evidence()))

    async def ExplainAbsence(
        self, request: pb.ExplainAbsenceRequest, context: Any
    ) -> pb.ExplainAbsenceResponse:
        """Return why a city is counted as engaged in a period, or is not."""
        known_at = known_at_asked(request.known_at or None, self._reports.now())
        try:
            document = await self._trails.absence(
                _period(request), request.city_id, known_at, everything=sees_everything(caller())
            )
        except (FuturePeriod, UnknownRecord) as error:
            raise NotFound(str(error.args[0])) from None
        return pb.ExplainAbsenceResponse(explanation=ParseDict(document, pb.Explanation()))

    async def ListReports(
        self, request: pb.ListReportsRequest, context: Any
    ) -> pb.ListReportsResponse:
        """Return the quarters there are reports for, newest first."""
        entries = await self._publishing.entries()
        return pb.ListReportsResponse(
            reports=[ParseDict(entry, pb.ReportSummary()) for entry in entries]
        )

    async def _published_report(self, request: pb.GetReportRequest) -> pb.GetReportResponse:
        if request.HasField("known_at"):
            raise InvalidData([Violation("known_at", "does not go with a version")])
        content = await self._publishing.published(_period(request), request.version)
        document = orjson.loads(content)
        del document["lists"]
        return pb.GetReportResponse(report=ParseDict(document, pb.Report()))

    async def PublishReport(
        self, request: pb.PublishReportRequest, context: Any
    ) -> pb.PublishReportResponse:
        """Publish a report, and answer once it is durable."""
        asked = received(request, PublishReport, self._reports.now())
        try:
            receipt = await self._publishing.publish(asked)
        except FuturePeriod as error:
            raise NotFound(str(error)) from None
        return pb.PublishReportResponse(receipt=to_receipt(receipt))

    async def ListVersions(
        self, request: pb.ListVersionsRequest, context: Any
    ) -> pb.ListVersionsResponse:
        """Return the versions of a period, the first one first."""
        versions = await self._publishing.versions(_period(request))
        return pb.ListVersionsResponse(
            versions=[ParseDict(each.to_json(), pb.PublishedVersion()) for each in versions]
        )

    async def GetPublishedReport(
        self, request: pb.GetPublishedReportRequest, context: Any
    ) -> pb.GetPublishedReportResponse:
        """Return the bytes of a version."""
        period = _period(request)
        version = await self._publishing.version(period, request.version)
        return pb.GetPublishedReportResponse(
            document=await self._publishing.published(period, request.version),
            sha256=version.sha256,
        )

    async def DiffReports(
        self, request: pb.DiffReportsRequest, context: Any
    ) -> pb.DiffReportsResponse:
        """Return what changed from a version to a later one, or to now."""
        after = request.after if request.HasField("after") else None
        change = await self._publishing.change(_period(request), request.before, after)
        said = change.to_json(everything=sees_everything(caller()))
        document = {
            "before": said["from"],
            "after": said["to"],
            "known_at": said["known_at"],
            "cells": said["cells"],
            "causes": said["causes"],
        }
        return ParseDict(document, pb.DiffReportsResponse())

    async def VerifyReport(
        self, request: pb.VerifyReportRequest, context: Any
    ) -> pb.VerifyReportResponse:
        """Tell whether a file is a report that was published, and unchanged."""
        verdict = await self._publishing.verify(request.file)
        return ParseDict(verdict.to_json(), pb.VerifyReportResponse())

    async def ListDuplicateActivities(
        self, request: pb.ListDuplicateActivitiesRequest, context: Any
    ) -> pb.ListDuplicateActivitiesResponse:
        """Return activities that may be one, the latest first."""
        size = request.page_size or PAGE_SIZE
        if size > PAGE_SIZE_MAX:
            raise InvalidData([Violation("page_size", f"is {size}, at most {PAGE_SIZE_MAX}")])
        period = period_asked(request.period, None) if request.HasField("period") else None
        pairs = await self._reports.duplicates(period)
        return pb.ListDuplicateActivitiesResponse(
            pairs=[_duplicates(kind, pair) for kind, pair in pairs[:size]],
            more=len(pairs) > size,
        )

    async def PreviewFacts(
        self, requests: AsyncIterator[pb.PreviewFactsRequest], context: Any
    ) -> pb.PreviewFactsResponse:
        """Return what facts would change in which figures."""
        facts: list[Recorded] = []
        async for request in requests:
            facts += previewed(request.ledger, request.facts)
            if len(facts) > PREVIEW_FACTS_MAX:
                problem = f"at most {PREVIEW_FACTS_MAX} facts are looked at together"
                raise InvalidData([Violation("facts", problem)])
        effect = await self._preview.effect_of(facts)
        return pb.PreviewFactsResponse(
            periods=[
                ParseDict(
                    {"period": period.id, "cells": [cell.to_json() for cell in cells]},
                    pb.PeriodPreview(),
                )
                for period, cells in effect.changes.items()
            ],
            periods_left_out=[period.id for period in effect.left_out],
        )

    async def AuditProjections(
        self, request: pb.AuditProjectionsRequest, context: Any
    ) -> AsyncIterator[pb.AuditProjectionsResponse]:
        """Yield for each ledger how it compares, as it goes and at the end."""
        compare = self._comparison.whole if request.full else self._comparison.recent
        for ledger in self._comparison.ledgers:
            verdict = Verdict(ledger)
            try:
                async for verdict in compare(ledger):
                    yield _audited(verdict, finished=False)
            except Unavailable as error:
                verdict.unavailable = str(error)
            yield _audited(verdict, finished=True)

    async def GetProjected(
        self, request: pb.GetProjectedRequest, context: Any
    ) -> pb.GetProjectedResponse:
        """Return whether some facts have arrived, and whether every report of today counts them."""
        asked = [(place.stream, place.version) for place in request.places]
        places = places_asked(request.ledger, asked, self._comparison.ledgers)
        facts = await self._reports.arrived(request.ledger, places)
        try:
            async with asyncio.timeout(min(request.wait_milliseconds / 1000, WAIT_SECONDS_MAX)):
                while facts is None:
                    await asyncio.sleep(ARRIVAL_SECONDS)
                    facts = await self._reports.arrived(request.ledger, places)
                await self._reports.shows(request.ledger, facts)
        except TimeoutError:
            return pb.GetProjectedResponse(projected=facts is not None)
        return pb.GetProjectedResponse(projected=True, reported=True)


def _duplicates(kind: str, pair: PossibleDuplicate) -> pb.DuplicateActivities:
    return pb.DuplicateActivities(
        kind=kind,
        first=pair.activity_ids[0],
        second=pair.activity_ids[1],
        first_title=pair.titles[0],
        second_title=pair.titles[1],
        on=pair.on.stated(),
        first_source=pair.sources[0],
        second_source=pair.sources[1],
    )


def _audited(verdict: Verdict, *, finished: bool) -> pb.AuditProjectionsResponse:
    return pb.AuditProjectionsResponse(
        ledger=verdict.ledger,
        finished=finished,
        unavailable=verdict.unavailable,
        recorded=verdict.recorded,
        projected=verdict.projected,
        streams=verdict.streams,
        missing=verdict.missing,
        ahead=verdict.ahead,
        different=verdict.different,
        first=_finding(verdict.first) if verdict.first else None,
    )


def _finding(found: Finding) -> pb.AuditFinding:
    return pb.AuditFinding(
        kind=found.kind.value,
        stream=found.stream,
        version=found.version,
        type=found.type,
        fact_id=str(found.fact_id),
        recorded_at=found.recorded_at.isoformat(),
        source=found.source,
        source_id=found.source_id,
    )


def _period(request: Any) -> Period:
    return period_asked(request.period, request.calendar or None)


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """Set what an item says of itself apart from how it counts: its words differ by figure."""
    counted = {name: value for name, value in item.items() if name in ITEM_FIELDS}
    said = {name: value for name, value in item.items() if name not in ITEM_FIELDS}
    return {**counted, "said": said}
