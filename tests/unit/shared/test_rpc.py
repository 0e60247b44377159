"""Calls over real channels on loopback: who gets in, what goes wrong how, whose span is whose."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc
from tandem.membership.v1 import membership_pb2, membership_pb2_grpc
from tandem.resources.v1 import resources_pb2

from shared.access import Access, Principal, digest_of
from shared.contracts.envelope import parse
from shared.contracts.messages.events import RecordAttendance
from shared.contracts.messages.membership import FormPartnership, RegisterCity
from shared.contracts.messages.resources import ShareResource
from shared.draft import FactReference, Receipt
from shared.errors import (
    IdReused,
    InvalidData,
    NotFound,
    Overloaded,
    Refused,
    Unavailable,
    VersionConflict,
)
from shared.rpc import (
    Service,
    Serving,
    caller,
    channel,
    received,
    serve,
    server,
    to_message,
    to_receipt,
)
from shared.rpc.failures import Forbidden
from shared.rpc.server import REQUEST_BYTES_MAX
from shared.sift import Received, Rejection
from tests.support.settling import SECONDS_MAX

NOW = datetime(2024, 3, 27, 18, tzinfo=UTC)
MEMBERSHIP = "tandem.membership.v1.MembershipService"
LEDGER = "tandem.ledger.v1.LedgerService"
ATHENS = {"city_id": "athens-oh", "name": "Athens", "kind": "city", "country": "US"}


class Membership(membership_pb2_grpc.MembershipServiceServicer):
    """Registers nothing, and fails as told."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.failures = 0
        self.taken: list[Received] = []

    async def RegisterCity(self, request: Any, context: Any) -> Any:  # noqa: N802
        if self.error is not None:
            self.failures += 1
            error = self.error
            if isinstance(error, Unavailable) and self.failures == 2:
                self.error = None
            raise error
        command = received(request, RegisterCity, NOW)
        self.taken.append(command)
        receipt = Receipt(*command.key, outcome="recorded")
        return membership_pb2.RegisterCityResponse(receipt=to_receipt(receipt))

    async def GetCity(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.city_id == "slow":
            await asyncio.Event().wait()
        return membership_pb2.GetCityResponse(
            city=membership_pb2.City(city_id=request.city_id, name=caller().name)
        )


class Ledger(ledger_pb2_grpc.LedgerServiceServicer):
    """Two heads, then what is asked for."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.closed = asyncio.Event()

    async def ReadHeads(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[Any]:
        try:
            for version in (1, 2):
                head = ledger_pb2.StreamHead(stream="city-a", version=version)
                yield ledger_pb2.ReadHeadsResponse(heads=[head])
            if self.error is not None:
                raise self.error
            if request.after_position:
                await asyncio.Event().wait()
        finally:
            self.closed.set()


class Spans(InMemorySpanExporter):
    """The spans that ended, and a way to wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def export(self, spans: Any) -> Any:
        result = super().export(spans)
        self._news.set()
        return result

    async def ended(self, kind: SpanKind) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while all(span.kind is not kind for span in self.get_finished_spans()):
                self._news.clear()
                await self._news.wait()


@dataclass
class Running:
    """A server with all that a test looks at."""

    serving: Serving
    address: str
    tokens: dict[str, str]
    membership: Membership
    ledger: Ledger
    exporter: Spans
    metrics: InMemoryMetricReader
    provider: TracerProvider

    def spans(self, kind: SpanKind) -> list[Any]:
        return [span for span in self.exporter.get_finished_spans() if span.kind is kind]

    @asynccontextmanager
    async def stub(self, role: str = "staff") -> AsyncIterator[Any]:
        async with channel(
            self.address, token=self.tokens[role], tracer=self.provider.get_tracer("test")
        ) as opened:
            yield membership_pb2_grpc.MembershipServiceStub(opened)

    @asynccontextmanager
    async def ledger_stub(self, role: str = "service") -> AsyncIterator[Any]:
        async with channel(
            self.address, token=self.tokens[role], tracer=self.provider.get_tracer("test")
        ) as opened:
            yield ledger_pb2_grpc.LedgerServiceStub(opened)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    tokens = {role: f"token-of-{role}" for role in ("publisher", "viewer", "staff", "service")}
    principals = {
        digest_of(token): {"name": f"the-{role}", "role": role} for role, token in tokens.items()
    }
    (tmp_path / "tokens").write_text(json.dumps(principals))
    exporter, reader = Spans(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    membership, ledger = Membership(), Ledger()  # type: ignore[abstract]  # no more is called
    serving = await serve(
        "127.0.0.1:0",
        [
            Service(
                MEMBERSHIP,
                membership,
                membership_pb2_grpc.add_MembershipServiceServicer_to_server,
            ),
            Service(LEDGER, ledger, ledger_pb2_grpc.add_LedgerServiceServicer_to_server),
        ],
        Access(tmp_path / "tokens"),
        tracer=provider.get_tracer("test"),
        meter=MeterProvider(metric_readers=[reader]).get_meter("test"),
    )
    yield Running(
        serving,
        f"127.0.0.1:{serving.port}",
        tokens,
        membership,
        ledger,
        exporter,
        reader,
        provider,
    )
    await serving.stop(grace_seconds=0)


def register(**changes: Any) -> membership_pb2.RegisterCityRequest:
    context = common_pb2.CommandContext(id="crm-1", time="2024-03-27T14:00:00-04:00")
    return membership_pb2.RegisterCityRequest(**{"context": context, **ATHENS, **changes})


def as_source(name: str, *services: str) -> None:
    """Stand where a call of this principal stands; with `services` as its scope, if there are."""
    scope = services or None
    server.CALLER.set(Principal(name=name, role="publisher", services=scope))


# Getting in


async def test_health_answers_without_a_token_and_says_when_the_server_is_not_ready(
    running: Running,
) -> None:
    async with grpc.aio.insecure_channel(running.address) as opened:
        health: Any = health_pb2_grpc.HealthStub(opened)
        for name in ("", MEMBERSHIP, LEDGER):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        await running.serving.set_ready(False)
        answer = await health.Check(health_pb2.HealthCheckRequest(service=MEMBERSHIP))
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_a_stopping_server_tells_those_who_watch_its_health(running: Running) -> None:
    async with grpc.aio.insecure_channel(running.address) as opened:
        health: Any = health_pb2_grpc.HealthStub(opened)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=MEMBERSHIP))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        stopping = asyncio.create_task(running.serving.stop(grace_seconds=1))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        await stopping


async def test_reflection_lists_the_services_to_those_with_a_token(running: Running) -> None:
    ask = reflection_pb2.ServerReflectionRequest(list_services="")
    stub_of: Any = reflection_pb2_grpc.ServerReflectionStub  # typed for channels without asyncio
    async with grpc.aio.insecure_channel(running.address) as opened:
        stub = stub_of(opened)
        metadata = (("authorization", f"Bearer {running.tokens['viewer']}"),)
        call = stub.ServerReflectionInfo(iter([ask]), metadata=metadata)
        listed = {service.name for service in (await call.read()).list_services_response.service}
        assert {MEMBERSHIP, LEDGER, "grpc.health.v1.Health"} <= listed
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ServerReflectionInfo(iter([ask])).read()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "token-of-staff", "Bearer "])
async def test_a_call_without_a_known_token_is_unauthenticated(
    running: Running, authorization: str | None
) -> None:
    async with grpc.aio.insecure_channel(running.address) as opened:
        stub = membership_pb2_grpc.MembershipServiceStub(opened)
        metadata = (("authorization", authorization),) if authorization else ()
        with pytest.raises(grpc.aio.AioRpcError, match="send a valid token") as caught:
            await stub.GetCity(membership_pb2.GetCityRequest(), metadata=metadata, timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_viewer_may_read_but_not_register_a_city(running: Running) -> None:
    async with running.stub("viewer") as stub:
        answer = await stub.GetCity(membership_pb2.GetCityRequest(city_id="gent"))
        assert answer.city.name == "the-viewer"
        with pytest.raises(grpc.aio.AioRpcError, match="role viewer of the-viewer") as caught:
            await stub.RegisterCity(register())
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert running.membership.taken == []


async def test_a_publisher_may_not_read_a_ledger(running: Running) -> None:
    async with running.ledger_stub("publisher") as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ReadHeads(ledger_pb2.ReadHeadsRequest()).read()
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("seconds", [None, 45.0])
async def test_a_call_without_a_deadline_of_30_seconds_at_most_is_refused(
    running: Running, seconds: float | None
) -> None:
    async with grpc.aio.insecure_channel(running.address) as opened:
        stub = membership_pb2_grpc.MembershipServiceStub(opened)
        metadata = (("authorization", f"Bearer {running.tokens['staff']}"),)
        with pytest.raises(grpc.aio.AioRpcError, match="at most 30 seconds") as caught:
            await stub.GetCity(membership_pb2.GetCityRequest(), metadata=metadata, timeout=seconds)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        await stub.GetCity(membership_pb2.GetCityRequest(), metadata=metadata, timeout=30)


async def test_a_stream_ends_when_its_token_is_revoked(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TOKEN_CHECK_SECONDS", 0.05)
    async with running.ledger_stub("service") as stub:
        heads = stub.ReadHeads(ledger_pb2.ReadHeadsRequest(after_position=1))
        assert [(await heads.read()).heads[0].version for _ in range(2)] == [1, 2]

        (tmp_path / "tokens").write_text("{}")

        with pytest.raises(grpc.aio.AioRpcError, match="not valid any more") as caught:
            await asyncio.wait_for(heads.read(), timeout=SECONDS_MAX)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    await asyncio.wait_for(running.ledger.closed.wait(), timeout=SECONDS_MAX)


async def test_a_request_over_256_kb_is_refused_with_the_limit_named(running: Running) -> None:
    async with grpc.aio.insecure_channel(running.address) as opened:
        stub = membership_pb2_grpc.MembershipServiceStub(opened)
        with pytest.raises(grpc.aio.AioRpcError, match=str(REQUEST_BYTES_MAX)) as caught:
            await stub.RegisterCity(register(name="x" * REQUEST_BYTES_MAX), timeout=5)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_second_server_on_the_same_port_is_an_error(
    running: Running, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="cannot listen on"):
        await serve(running.address, [], Access(tmp_path / "tokens"))


async def test_an_address_open_to_others_needs_to_be_asked_for(
    running: Running, tmp_path: Path
) -> None:
    access = Access(tmp_path / "tokens")
    with pytest.raises(ValueError, match="other machines"):
        await serve("0.0.0.0:0", [], access)
    serving = await serve("0.0.0.0:0", [], access, trusted_network=True)
    await serving.stop(0)


# Going wrong


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("gent is not a member"), grpc.StatusCode.FAILED_PRECONDITION),
        (VersionConflict("city-gent", 3, 4), grpc.StatusCode.ABORTED),
        (IdReused("crm", "1"), grpc.StatusCode.ALREADY_EXISTS),
        (NotFound("no city gent"), grpc.StatusCode.NOT_FOUND),
        (Overloaded("too many calls"), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_an_error_with_a_name_has_its_code_and_its_own_words(
    running: Running, error: Exception, code: grpc.StatusCode
) -> None:
    running.membership.error = error
    async with running.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.RegisterCity(register())
    assert (caught.value.code(), caught.value.details()) == (code, str(error))
    assert running.membership.failures == 1  # none of these is worth trying again


async def test_an_unavailable_service_is_asked_again(running: Running) -> None:
    running.membership.error = Unavailable("the database restarts")
    async with running.stub() as stub:
        answer = await stub.RegisterCity(register())
    assert answer.receipt.outcome == common_pb2.OUTCOME_RECORDED
    assert running.membership.failures == 2


async def test_bad_data_come_back_with_the_path_of_each_field(running: Running) -> None:
    request = register(country="us", population=membership_pb2.Population(value=5, source="x"))
    async with running.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.RegisterCity(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = await _bad_request(caught.value)
    assert {each.field for each in details.field_violations} == {"country", "population.year"}


async def _bad_request(error: grpc.aio.AioRpcError) -> Any:
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]  # asyncio's will do
    found = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(found)
    return found


async def test_an_unforeseen_error_says_nothing_of_itself_to_the_caller_or_the_log(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.membership.error = RuntimeError("password of jane@example.org is tulip")
    async with running.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.RegisterCity(register())
    (span,) = running.spans(SpanKind.SERVER)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert f"{span.context.trace_id:032x}" in (caught.value.details() or "")
    assert "RuntimeError" in caplog.text
    assert "RegisterCity" in caplog.text
    spans = "".join(span.to_json() for span in running.exporter.get_finished_spans())
    assert "tulip" not in f"{caught.value.details()}{caplog.text}{spans}"


async def test_a_stream_may_fail_half_way_with_its_code(running: Running) -> None:
    running.ledger.error = NotFound("the rest is gone")
    async with running.ledger_stub() as stub:
        call = stub.ReadHeads(ledger_pb2.ReadHeadsRequest())
        assert [(await call.read()).heads[0].version for _ in range(2)] == [1, 2]
        with pytest.raises(grpc.aio.AioRpcError, match="the rest is gone") as caught:
            await call.read()
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_stream_has_no_deadline_and_ends_when_its_reader_leaves(running: Running) -> None:
    async with running.ledger_stub() as stub:
        call = stub.ReadHeads(ledger_pb2.ReadHeadsRequest(after_position=1))
        assert (await call.read()).heads[0].version == 1
        call.cancel()
        await asyncio.wait_for(running.ledger.closed.wait(), timeout=SECONDS_MAX)
    await running.exporter.ended(SpanKind.SERVER)
    (span,) = running.spans(SpanKind.SERVER)
    assert span.attributes["rpc.response.status_code"] == "CANCELLED"


# Seen from outside


async def test_the_servers_span_is_the_child_of_the_clients_and_named_after_the_method(
    running: Running,
) -> None:
    async with running.stub() as stub:
        with running.provider.get_tracer("test").start_as_current_span("import") as importing:
            await stub.RegisterCity(register())
    (served,), (client,) = running.spans(SpanKind.SERVER), running.spans(SpanKind.CLIENT)
    assert client.parent.span_id == importing.get_span_context().span_id
    assert served.parent.span_id == client.context.span_id
    assert served.context.trace_id == importing.get_span_context().trace_id
    assert served.name == f"{MEMBERSHIP}/RegisterCity"
    assert dict(served.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.system": "grpc",
        "rpc.service": MEMBERSHIP,
        "rpc.method": f"{MEMBERSHIP}/RegisterCity",
        "rpc.response.status_code": "OK",
        "rpc.grpc.status_code": 0,
        "tandem.caller": "the-staff",
    }
    # What was said goes on in the same trace.
    (taken,) = running.membership.taken
    assert f"{served.context.trace_id:032x}-{served.context.span_id:016x}" in str(
        taken.envelope.traceparent
    )


async def test_a_stream_of_answers_is_one_span_on_each_side(running: Running) -> None:
    async with running.ledger_stub() as stub:
        batches = [batch async for batch in stub.ReadHeads(ledger_pb2.ReadHeadsRequest())]
        assert len(batches) == 2
        await running.exporter.ended(SpanKind.CLIENT)
    (served,), (client,) = running.spans(SpanKind.SERVER), running.spans(SpanKind.CLIENT)
    assert served.parent.span_id == client.context.span_id


async def test_a_refusal_is_an_answer_to_the_server_and_an_error_to_the_client(
    running: Running,
) -> None:
    running.membership.error = Refused("gent is not a member")
    async with running.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.RegisterCity(register())
    (served,), (client,) = running.spans(SpanKind.SERVER), running.spans(SpanKind.CLIENT)
    assert served.status.is_unset
    assert served.attributes["rpc.grpc.status_code"] == 9
    assert not client.status.is_ok
    assert client.attributes["error.type"] == "FAILED_PRECONDITION"


async def test_the_duration_of_a_call_is_measured_by_method_and_outcome(running: Running) -> None:
    async with running.stub() as stub:
        await stub.GetCity(membership_pb2.GetCityRequest(city_id="gent"))
    data: Any = running.metrics.get_metrics_data()
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert metric.name == "rpc.server.call.duration"
    assert point.count == 1
    assert point.attributes["rpc.response.status_code"] == "OK"


async def test_a_caller_that_gives_up_stops_the_call(running: Running) -> None:
    async with running.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetCity(membership_pb2.GetCityRequest(city_id="slow"), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await running.exporter.ended(SpanKind.SERVER)


async def test_a_rotated_token_file_counts_for_the_next_call(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.rpc.client.TOKEN_CHECK_SECONDS", 0.0)
    file = tmp_path / "own-token"
    file.write_text("token-of-viewer\n")
    async with channel(running.address, token_file=file) as opened:
        stub: Any = membership_pb2_grpc.MembershipServiceStub(opened)
        ask = membership_pb2.GetCityRequest(city_id="gent")
        assert (await stub.GetCity(ask)).city.name == "the-viewer"
        file.write_text("token-of-service\n")
        assert (await stub.GetCity(ask)).city.name == "the-service"


# Words


def test_a_request_says_what_the_same_message_over_nats_says() -> None:
    as_source("crm")
    said = {
        "activity_id": "w1",
        "final": False,
        "participants": [
            {
                "person": {"email": "a@example.org"},
                "role": "attendee",
                "city": {"name": "Athens", "country": "US", "subdivision": "OH"},
                "intervals": [["2024-03-27T18:00:00Z", "2024-03-27T18:40:00Z"]],
            },
            {"person": {"id": "7"}, "role": "host", "intervals": []},
        ],
    }
    request = events_pb2.RecordAttendanceRequest(
        context=common_pb2.CommandContext(id="zoom-1", time="2024-03-27T20:00:00Z"),
        activity_id="w1",
        final=False,
        participants=[
            events_pb2.Participant(
                person=events_pb2.Person(email="a@example.org"),
                role="attendee",
                city=common_pb2.CityReference(name="Athens", country="US", subdivision="OH"),
                intervals=[
                    events_pb2.Interval(since="2024-03-27T18:00:00Z", until="2024-03-27T18:40:00Z")
                ],
            ),
            events_pb2.Participant(person=events_pb2.Person(id="7"), role="host"),
        ],
    )
    event = {
        "specversion": "1.0",
        "id": "zoom-1",
        "source": "/systems/crm",
        "type": RecordAttendance.TYPE,
        "time": "2024-03-27T20:00:00Z",
        "data": said,
    }
    over_nats = parse({"content-type": "application/cloudevents+json"}, json.dumps(event).encode())
    over_grpc = received(request, RecordAttendance, NOW)
    assert over_grpc.envelope == over_nats
    assert over_grpc.message == RecordAttendance.model_validate_json(json.dumps(said))
    assert over_grpc.raw.subject == "intake.crm.events.attendance_recorded"
    assert parse(over_grpc.raw.headers, over_grpc.raw.body) == over_nats


def test_a_command_without_a_time_is_the_same_command_when_tried_again_later() -> None:
    as_source("crm")
    request = register(context=common_pb2.CommandContext(id="crm-1"))
    first, again = (received(request, RegisterCity, NOW.replace(hour=hour)) for hour in (18, 19))
    assert first.envelope.time == NOW
    assert first.envelope.digest == again.envelope.digest
    assert first.envelope.digest != received(register(), RegisterCity, NOW).envelope.digest


@pytest.mark.parametrize(
    ("context", "field"),
    [
        (common_pb2.CommandContext(), "context.id"),
        (common_pb2.CommandContext(id="x" * 129), "context.id"),
        (common_pb2.CommandContext(id="1", time="yesterday"), "context.time"),
        (common_pb2.CommandContext(id="1", time="2024-03-27T14:00:00"), "context.time"),
        (common_pb2.CommandContext(id="1", time="2024-03-29T14:00:00Z"), "context.time"),
    ],
)
def test_a_context_that_breaks_the_contract_is_named(context: Any, field: str) -> None:
    as_source("crm")
    with pytest.raises(InvalidData) as caught:
        received(register(context=context), RegisterCity, NOW)
    assert [violation.field for violation in caught.value.violations] == [field]


def test_a_command_outside_the_scope_is_refused_before_it_is_read() -> None:
    as_source("crm", "events", "resources")
    with pytest.raises(Forbidden, match="scope of the credential crm lacks the service membership"):
        received(membership_pb2.RegisterCityRequest(), RegisterCity, NOW)


def test_a_field_keeps_the_contracts_name_where_python_cannot() -> None:
    request = resources_pb2.ShareResourceRequest(resource_id="r", shared_with="SCN", on="2024")
    assert to_message(request, ShareResource).shared_with == "SCN"
    request.shared_with = "EU"
    with pytest.raises(InvalidData) as caught:
        to_message(request, ShareResource)
    assert [violation.field for violation in caught.value.violations] == ["with"]


def test_what_is_not_said_is_absent_and_what_is_required_is_missed() -> None:
    with pytest.raises(InvalidData) as caught:
        to_message(events_pb2.RecordAttendanceRequest(activity_id="w1"), RecordAttendance)
    assert [each.field for each in caught.value.violations] == ["final"]
    with pytest.raises(InvalidData, match="partners: is required"):
        to_message(membership_pb2.FormPartnershipRequest(on="2024"), FormPartnership)


def test_a_receipt_of_a_rejection_is_raised() -> None:
    as_source("crm")
    command = received(register(), RegisterCity, NOW)
    for reason, kind in [
        ("refused", Refused),
        ("id_reused", IdReused),
        ("invalid_data", InvalidData),
    ]:
        rejection = Rejection(command.raw, reason, "gent is not a member", id="crm-1")
        with pytest.raises(kind):
            to_receipt(Receipt("crm", "crm-1", "rejected", rejection=rejection))


def test_a_receipt_names_the_facts_that_followed() -> None:
    fact = FactReference("city-gent", 1, "membership.city_registered.v1", UUID(int=7))
    answer = to_receipt(Receipt("crm", "1", "duplicate", (fact,)))
    assert answer.outcome == common_pb2.OUTCOME_DUPLICATE
    assert answer.facts[0].fact_id == str(UUID(int=7))
    assert not answer.HasField("waiting_for")
    waiting = to_receipt(Receipt("crm", "2", "waiting", waiting_for="activity-w1"))
    assert waiting.waiting_for == "activity-w1"
