"""The real processes tell of themselves by the standard variables, and of nobody else.

One system for all of it: somebody attends, one message is refused and one waits; then its spans,
its lines and its metrics are looked at.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.operations.domain.health import SKEW_SECONDS_MAX
from tests.e2e.test_one_trace import TRACE, help_given
from tests.support.canary import Canary
from tests.support.collecting import Collector, collecting
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.system import System, said
from tests.support.telling import held, scheduled

EXPECTED = {
    ("events", "process INTAKE"),
    ("events", "ledger.append"),
    ("events", "send FACTS"),
    ("membership", "tandem.membership.v1.MembershipService/ResolveCities"),
    ("reporting", "process FACTS"),
    ("reporting", "projection.write"),
    ("reporting", "reporting.derive"),
}
OWNERS = ("membership", "events", "resources")
SERVICES = (*OWNERS, "reporting", "operations")
MAY_BE_NOTHING = ("_age_seconds", "_behind", "_pending", "_redelivered")
"""How metrics end that are 0 when all is well."""
NATS = {"messaging_system": "nats"}
CONSUMER = {
    "stream": "INTAKE",
    "consumer": "events-demo",
    "service": "events",
    "source": "demo",
}
MEASURED: dict[str, dict[str, dict[str, str]]] = {
    "events": {
        "messaging_process_duration_seconds_count": {
            **NATS,
            "messaging_operation_name": "process",
            "messaging_destination_name": "INTAKE",
            "messaging_consumer_group_name": "events",
        },
        "messaging_client_consumed_messages_total": {"messaging_destination_name": "INTAKE"},
        "messaging_client_sent_messages_total": {
            "messaging_operation_name": "send",
            "messaging_destination_name": "FACTS",
        },
        "messaging_client_operation_duration_seconds_count": NATS,
        "db_client_operation_duration_seconds_count": {
            "db_system_name": "postgresql",
            "db_namespace": "events",
            "db_operation_name": "COPY",
        },
        "http_server_request_duration_seconds_count": {"http_route": "/metrics"},
        "rpc_client_call_duration_seconds_count": {"rpc_system_name": "grpc"},
        "tandem_intake_messages_total": {"outcome": "recorded", "source": "demo"},
        "tandem_intake_delay_seconds_count": {"source": "demo"},
        "tandem_outbox_age_seconds": {},
        "tandem_waiting_messages": {},
        "tandem_rejected_messages": {},
        "process_start_time_seconds": {},
    },
    "reporting": {
        "messaging_process_duration_seconds_count": {
            "messaging_destination_name": "FACTS",
            "messaging_consumer_group_name": "reporting",
        },
        "tandem_projection_delay_seconds_count": {"ledger": "events"},
        "tandem_projection_behind": {"ledger": "events"},
        "tandem_projection_age_seconds": {"ledger": "events"},
        "db_client_operation_duration_seconds_count": {"db_namespace": "reporting"},
    },
    "operations": {
        "tandem_broker_up": {},
        "tandem_consumer_age_seconds": CONSUMER,
        "tandem_consumer_pending": CONSUMER,
        "tandem_consumer_ack_pending": CONSUMER,
        "tandem_consumer_redelivered": CONSUMER,
        "tandem_part_answers": {"service": "events", "part": "database"},
        "tandem_service_clock_skew_seconds": {"service": "events"},
        "tandem_service_ready": {"service": "events"},
        "tandem_stream_bytes": {"stream": "FACTS"},
        "tandem_stream_bytes_max": {"stream": "INTAKE"},
        "tandem_stream_messages": {"stream": "INTAKE"},
    },
}
"""A metric of each kind, with labels that it has at least."""


@dataclass
class Told:
    """What a system told of itself, and who was spoken of meanwhile."""

    collector: Collector
    canary: Canary
    metrics: dict[str, str] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    def samples(self, service: str, name: str, /, **labels: str) -> list[float]:
        """Return the values of a metric of a service that has these labels."""
        return [
            sample.value
            for family in text_string_to_metric_families(self.metrics[service])
            for sample in family.samples
            if sample.name == name and sample.labels.items() >= labels.items()
        ]


def events_of(person: dict[str, str]) -> list[dict[str, Any]]:
    """Return what is said: two events that are recorded, one that is refused, one that waits."""
    attends = {"person": person, "at": "2024-03-27T18:05:00Z"}
    return [
        scheduled("w1"),
        said("events.participant_joined", person["email"], activity_id="w1", **attends),
        said("events.activity_held", person["id"], activity_id=person["name"], heldon=person),
        held("not-there-yet"),
    ]


@pytest.fixture(scope="module")
def told() -> Told:
    """What the system told, which is gone when this returns."""
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        patch.setenv("OTEL_BLRP_SCHEDULE_DELAY", "100")
        everything = Told(collector, Canary())
        asyncio.run(_run(everything))
        return everything


async def _run(everything: Told) -> None:
    async with real_processes() as real:
        await real.system.publish(*events_of(everything.canary.person()))
        await until(lambda: _all_taken(real), "what was said is taken and derived")
        await _tell(real.system, everything)
        directory = real.system.servers.directory
        for name in SERVICES:
            everything.logs[name] = directory.log(name).read_text()


async def _all_taken(real: RealProcesses) -> bool:
    """Tell whether nothing of the first events is left to be done with what follows, as one batch.

    A batch of several traces is of none of them, and links to each.
    """
    became = "select (select count(*) from rejected) + (select count(*) from waiting)"
    derived = "select not exists (select from stale)"
    return (
        await real.system.value("events", became) == 2
        and await real.projected() == 2
        and await real.system.value("reporting", derived)
    )


async def _tell(system: System, everything: Told) -> None:
    collector = everything.collector
    await system.publish(help_given("one", TRACE))

    async def whole() -> bool:
        return collector.spans.get(TRACE, set()) >= EXPECTED

    async def measured() -> bool:
        async with httpx.AsyncClient() as client:
            for name in SERVICES:
                everything.metrics[name] = (await client.get(f"{system.http(name)}/metrics")).text
        waits = everything.samples("events", "tandem_waiting_messages")
        looked = everything.samples("reporting", "tandem_projection_behind")
        consumers = everything.samples("operations", "tandem_consumer_pending", **CONSUMER)
        return waits == [1.0] and len(looked) == len(OWNERS) and consumers == [0.0]

    await until(whole, "the whole trace")
    await until(measured, "a look at what waits")


def test_a_collector_receives_one_trace_from_every_service_it_passed(told: Told) -> None:
    assert told.collector.spans[TRACE] >= EXPECTED


def test_a_collector_receives_the_lines_of_every_service(told: Told) -> None:
    ready = {service for service, line in told.collector.lines[""] if line == "ready"}
    assert ready >= {*OWNERS, "reporting"}


@pytest.mark.parametrize(
    ("service", "metric", "labels"),
    [(service, name, labels) for service, of in MEASURED.items() for name, labels in of.items()],
)
def test_a_metric_is_there_and_has_a_value(
    told: Told, service: str, metric: str, labels: dict[str, str]
) -> None:
    values = told.samples(service, metric, **labels)
    assert values
    least = 0 if metric.endswith(MAY_BE_NOTHING) else 1e-9
    if metric.endswith("_skew_seconds"):  # a clock may be behind
        least = -SKEW_SECONDS_MAX
    assert all(value >= least for value in values)


def test_what_became_of_each_message_is_counted(told: Told) -> None:
    became = {
        outcome: sum(told.samples("events", "tandem_intake_messages_total", outcome=outcome))
        for outcome in ("recorded", "rejected", "waiting", "duplicate")
    }
    assert became == {"recorded": 3, "rejected": 1, "waiting": 1, "duplicate": 0}
    [reason] = told.samples(
        "events", "tandem_intake_messages_total", reason="invalid_data", source="demo"
    )
    assert reason == 1


def test_delays_are_those_of_a_moment(told: Told) -> None:
    for service, delay in (
        ("events", "tandem_intake_delay"),
        ("reporting", "tandem_projection_delay"),
    ):
        counts = sum(told.samples(service, f"{delay}_seconds_count"))
        seconds = sum(told.samples(service, f"{delay}_seconds_sum"))
        assert 0 < seconds / counts < 60


def test_neither_spans_nor_lines_nor_metrics_tell_of_anybody(told: Told) -> None:
    everything = [
        *told.collector.bodies,
        *(text.encode() for text in (*told.metrics.values(), *told.logs.values())),
    ]
    assert len(everything) > 10
    canary = told.canary
    words = {word.lower().encode() for word in (*canary.words, *canary.tokens)}
    assert not {word for word in words for text in everything if word in text.lower()}
