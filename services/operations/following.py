"""Follows one event: asks the owners and reporting what became of it, and lays the spans beside."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc.aio
import httpx
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc
from tandem.reporting.v1 import reporting_pb2, reporting_pb2_grpc

from services.operations.domain.journey import (
    FactSeen,
    Fate,
    Figure,
    facts_named,
    figures_of,
    quarters_explained,
)
from services.operations.domain.telling import Span
from services.operations.finding import LINKED_TRACES_MAX, Finding
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.errors import NotFound, Unavailable
from shared.ledger import RemoteLedger, instant
from shared.recorded import Recorded
from shared.telemetry import TRACE_ID

FACTS: Mapping[str, Any] = {
    "membership": MembershipEvent,
    "events": EventsEvent,
    "resources": ResourcesEvent,
}
"""The facts of each owner."""
REPORTING = "reporting"
ANSWER_SECONDS_MAX = 3.0
QUARTERS_MAX = 12
"""In which a city may have done something, whose facts are looked up."""
FACTS_MAX = 50
"""Of one event, that are looked up one by one."""
STATES = {
    ledger_pb2.MESSAGE_STATE_RECORDED: "recorded",
    ledger_pb2.MESSAGE_STATE_WAITING: "waiting",
    ledger_pb2.MESSAGE_STATE_REJECTED: "rejected",
}
FURTHEST_FIRST = ("recorded", "waiting", "rejected", "unknown")


@dataclass(frozen=True, slots=True)
class Followed:
    """An event on its way.

    Args:
        source, id: who sent it, and under which id.
        spans: of its trace and of what follows from that; none when it was not traced.
        more: how many facts there are beyond those that were looked up.
    """

    source: str
    id: str
    fate: Fate
    facts: tuple[FactSeen, ...]
    trace_id: str | None
    spans: tuple[Span, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class City:
    """A city by its id and name, and the facts that speak of it."""

    city_id: str
    name: str
    facts: tuple[str, ...]


class Following:
    """Asks for operations; what reports may show somebody is asked with their own token."""

    def __init__(
        self,
        channels: Mapping[str, grpc.aio.Channel],
        reporting: str,
        reports: str,
        finding: Finding,
    ) -> None:
        """Bind whom to ask.

        Args:
            channels: to the owners of ledgers, and to reporting, by name.
            reporting: where its HTTP side answers.
            reports: where people open it.
            finding: where spans are found.
        """
        self._channels, self._reports, self._finding = channels, reports, finding
        self._http = httpx.AsyncClient(
            base_url=reporting, timeout=ANSWER_SECONDS_MAX, trust_env=False
        )
        self._ledgers = {
            name: RemoteLedger(name, channels[name], union) for name, union in FACTS.items()
        }

    async def close(self) -> None:
        """Close the connections to reporting."""
        await self._http.aclose()

    async def event(self, source: str, id_: str, token: str) -> Followed:
        """Return what became of an event of a source."""
        fate = await self._fate(source, id_)
        looked = fate.places[:FACTS_MAX]
        facts = await asyncio.gather(
            *(self._fact(fate.service or "", stream, version, token) for stream, version in looked)
        )
        seen = tuple(fact for fact in facts if fact is not None)
        trace_id = next((fact.trace_id for fact in seen if fact.trace_id), None)
        if trace_id is None and fate.rejected_id and fate.service:
            trace_id = await self._trace_of_rejected(fate.service, fate.rejected_id)
        spans = await self.spans(trace_id) if trace_id else ()
        more = len(fate.places) - len(looked)
        return Followed(source, id_, fate, seen, trace_id, tuple(spans), more)

    async def fact(self, ledger: str, stream: str, version: int, token: str) -> Followed:
        """Return what became of the event that a fact followed from.

        Raises:
            NotFound: there is no such fact.
            Unavailable: its ledger does not answer.
        """
        if ledger not in self._ledgers:
            raise NotFound(f"no ledger is called {ledger}: there are {', '.join(FACTS)}")
        recorded = await self._ledgers[ledger].fact(stream, version)
        if recorded is None:
            raise NotFound(f"{ledger} holds no fact {version} of {stream}")
        return await self.event(recorded.source, recorded.source_id, token)

    async def city(self, words: str, token: str) -> Sequence[City]:
        """Return the cities that may be meant; one alone comes with the facts that speak of it.

        Raises:
            Unavailable: reporting does not answer.
        """
        listed = await self._asked(f"/cities.json?q={quote(words, safe='')}", token) or {}
        cities = [City(each["city_id"], each["name"], ()) for each in listed.get("cities", [])]
        exact = [city for city in cities if city.city_id == words]
        if len(exact or cities) != 1:
            return cities
        [one] = exact or cities
        document = await self._asked(f"/cities/{quote(one.city_id, safe='')}.json", token)
        explained = quarters_explained(document)[:QUARTERS_MAX]
        told = await asyncio.gather(*(self._asked(f"{path}.json", token) for path in explained))
        return [City(one.city_id, one.name, tuple(facts_named([document, *told])))]

    async def spans(self, trace_id: str) -> Sequence[Span]:
        """Return the spans of a trace, and of traces that follow from it."""
        linked = await self._finding.linked(trace_id)
        others = sorted({place.trace_id for place in linked})[:LINKED_TRACES_MAX]
        return await self._finding.spans([trace_id, *others])

    async def _fate(self, source: str, id_: str) -> Fate:
        answers = await asyncio.gather(*(self._receipt(name, source, id_) for name in FACTS))
        told = dict(zip(FACTS, answers, strict=True))
        silent = tuple(name for name, fate in told.items() if fate is None)
        heard = [fate for fate in told.values() if fate is not None]
        best = min(
            heard, key=lambda fate: FURTHEST_FIRST.index(fate.state), default=Fate("unknown")
        )
        return Fate(
            best.state, best.service, best.at, best.said, best.rejected_id, best.places, silent
        )

    async def _receipt(self, service: str, source: str, id_: str) -> Fate | None:
        """Return what a service says of an event; None when it does not answer."""
        stub = ledger_pb2_grpc.LedgerServiceStub(self._channels[service])
        request = ledger_pb2.GetReceiptsRequest(source=source, ids=[id_])
        try:
            answer = await stub.GetReceipts(request, timeout=ANSWER_SECONDS_MAX)
        except grpc.aio.AioRpcError:
            return None
        receipt = answer.receipts[0]
        state = STATES.get(receipt.state, "unknown")
        match state:
            case "recorded":
                places = tuple((fact.stream, fact.version) for fact in receipt.facts)
                return Fate(state, service, instant(receipt.recorded_at), places=places)
            case "waiting":
                return Fate(state, service, instant(receipt.waiting_since), receipt.waiting_for)
            case "rejected":
                rejection = receipt.rejection
                said = f"{rejection.reason}: {rejection.explanation}"
                at = instant(rejection.rejected_at)
                return Fate(state, service, at, said, rejection.rejected_id)
            case _:
                return Fate(state)

    async def _trace_of_rejected(self, service: str, rejected_id: str) -> str | None:
        stub = ledger_pb2_grpc.LedgerServiceStub(self._channels[service])
        request = ledger_pb2.GetRejectedRequest(rejected_id=rejected_id)
        try:
            answer = await stub.GetRejected(request, timeout=ANSWER_SECONDS_MAX)
        except grpc.aio.AioRpcError:
            return None
        return _trace_id(answer.message.traceparent)

    async def _fact(self, ledger: str, stream: str, version: int, token: str) -> FactSeen | None:
        try:
            recorded = await self._ledgers[ledger].fact(stream, version)
        except Unavailable:
            return None
        if recorded is None:
            return None
        projected, figures = await asyncio.gather(
            self._projected(ledger, stream, version), self._figures(recorded, token)
        )
        return FactSeen(
            ledger,
            stream,
            version,
            recorded.fact.TYPE,
            recorded.source,
            recorded.source_id,
            recorded.occurred_at,
            recorded.recorded_at,
            _trace_id(recorded.traceparent),
            projected,
            figures,
        )

    async def _projected(self, ledger: str, stream: str, version: int) -> bool | None:
        stub = reporting_pb2_grpc.ReportingServiceStub(self._channels[REPORTING])
        place = reporting_pb2.FactPlace(stream=stream, version=version)
        request = reporting_pb2.GetProjectedRequest(ledger=ledger, places=[place])
        try:
            answer = await stub.GetProjected(request, timeout=ANSWER_SECONDS_MAX)
        except grpc.aio.AioRpcError:
            return None
        return bool(answer.reported)

    async def _figures(self, recorded: Recorded, token: str) -> tuple[Figure, ...] | None:
        path = f"/facts/{recorded.ledger}/{quote(recorded.stream)}/{recorded.version}.json"
        try:
            document = await self._asked(path, token)
        except Unavailable:
            return None
        return figures_of(document, self._reports) if document is not None else None

    async def _asked(self, path: str, token: str) -> dict[str, Any] | None:
        """Return a document of reporting; None when it has none for whoever asks."""
        try:
            answer = await self._http.get(path, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError as error:
            raise Unavailable(f"reporting does not answer: {type(error).__name__}") from None
        if answer.status_code >= 500:
            raise Unavailable(f"reporting answers {answer.status_code}")
        if answer.status_code != 200:
            return None
        found = json.loads(answer.content)
        return found if isinstance(found, dict) else None


def _trace_id(traceparent: str | None) -> str | None:
    return traceparent[TRACE_ID] if traceparent else None
