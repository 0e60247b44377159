"""Every metric that a rule or a dashboard reads is there, with the labels by which it is read.

One system runs as users run it, and much happens in it: events are recorded and refused over both
doors, a fact that no broker brought is found, reports are asked for. Then /metrics of every service
is laid beside every question.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.contracts.envelope import STRUCTURED
from shared.embedded.catalogue import SERVICES
from tests.support.real_processes import real_processes
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System, said
from tests.support.telling import held, scheduled
from tests.support.watching import grouped_by, labels_of, metrics_of, questions, recorded

pytestmark = pytest.mark.slow

BY_PROMETHEUS = {"up", "ALERTS"}
"""What Prometheus says of itself."""
BY_THE_COLLECTOR = {
    "otelcol_receiver_refused_spans_total",
    "otelcol_exporter_send_failed_spans_total",
    "otelcol_exporter_enqueue_failed_spans_total",
    "system_filesystem_usage_bytes",
}
"""What the Collector tells, which is not here to be asked: its documentation has these names.

Source:
    https://opentelemetry.io/docs/collector/internal-telemetry, and the scraper `filesystem` of the
    receiver `hostmetrics`, which has the attributes device, mode, mountpoint, state and type.
"""
OF_TARGETS = {"job", "instance"}
"""Labels that prometheus.yml gives to whatever it asks."""
UNPUBLISHED = """
insert into ledger
    (stream, version, fact_id, type, data, occurred_at, recorded_at, source, source_id)
select stream, version + 1, gen_random_uuid(), type, data, occurred_at, now(), source, 'unsent'
from ledger order by position desc limit 1
"""
"""A fact that no outbox knows of, as if the broker had lost it."""
LOOK_SECONDS = 0.5


@dataclass
class Shown:
    """What /metrics of every service shows.

    Attributes:
        labels: of each metric, the labels that any of its samples has.
        values: of each label of a metric, by (metric, label).
    """

    labels: dict[str, set[str]] = field(default_factory=dict)
    values: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def all_of(self, metrics: set[str]) -> bool:
        """Tell whether everything is shown that services show themselves."""
        return metrics - BY_PROMETHEUS - BY_THE_COLLECTOR - set(recorded()) <= set(self.labels)

    def add(self, service: str, text: str) -> None:
        """Read what a service shows."""
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = {**sample.labels, "instance": service, "job": "tandem"}
                self.labels.setdefault(sample.name, set()).update(labels)
                for label, value in labels.items():
                    self.values.setdefault((sample.name, label), set()).add(value)


@pytest.fixture(scope="module")
def shown() -> Shown:
    """What a system has shown, which is gone when this returns."""
    return asyncio.run(_run())


async def _run() -> Shown:
    async with real_processes() as real:
        system, found = real.system, Shown()
        await system.publish(scheduled("w1"), held("w1"), held("not-there-yet"))
        await system.publish(said("events.activity_held", "wrong", activity_id="w2", heldon="?"))

        async def projected() -> bool:
            return await real.projected() > 1

        await until(projected, "the facts in the projections")
        await system.execute("events", UNPUBLISHED)
        async with httpx.AsyncClient(timeout=SECONDS_MAX) as client:
            await _ask(client, system)

            deadline = time.monotonic() + SECONDS_MAX
            while not found.all_of(named()) and time.monotonic() < deadline:
                await asyncio.sleep(LOOK_SECONDS)
                for service in SERVICES:
                    answer = await client.get(f"{system.http(service.name)}/metrics")
                    found.add(service.name, answer.raise_for_status().text)
        return found


async def _ask(client: httpx.AsyncClient, system: System) -> None:
    """Ask for a report, and bring an event by HTTP: one that is taken, one by nobody known."""
    reader = {"Authorization": f"Bearer {system.token('viewer')}"}
    for address in ("/reports/2024-Q1", "/reports/2024-Q1.json"):
        answer = await client.get(f"{system.http('reporting')}{address}", headers=reader)
        answer.raise_for_status()
    body = json.dumps({"source": "/systems/demo", **scheduled("w3")}).encode()
    gateway, kind = f"{system.http('gateway')}/events", {"Content-Type": STRUCTURED}
    sender = {"Authorization": f"Bearer {system.token('demo')}"}
    answer = await client.post(gateway, content=body, headers=kind | sender)
    assert answer.status_code == 202
    answer = await client.post(gateway, content=body, headers=kind)
    assert answer.status_code == 401


def named() -> set[str]:
    """Return every metric that a question names."""
    return {metric for promql in questions().values() for metric in metrics_of(promql)}


@pytest.mark.parametrize("place", questions())
def test_what_a_rule_or_a_dashboard_reads_is_there(place: str, shown: Shown) -> None:
    promql = questions()[place]
    elsewhere = BY_PROMETHEUS | BY_THE_COLLECTOR | set(recorded())
    metrics = metrics_of(promql) - elsewhere
    assert metrics <= set(shown.labels), metrics - set(shown.labels)
    for metric, labels in labels_of(promql).items():
        if metric not in elsewhere:
            assert labels <= shown.labels[metric], metric
    if metrics and not metrics_of(promql) & elsewhere:
        known = set().union(*(shown.labels[metric] for metric in metrics))
        assert grouped_by(promql) - known <= {"found"}


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("http_route", "/events"),
        ("http_route", "/reports/{period}"),
        ("http_response_status_code", "202"),
        ("http_response_status_code", "200"),
        ("le", "1"),
    ],
)
def test_requests_are_told_apart_by_what_the_objectives_ask_for(
    label: str, value: str, shown: Shown
) -> None:
    assert value in shown.values["http_server_request_duration_seconds_bucket", label]


def test_labels_that_are_asked_for_by_value_have_that_value(shown: Shown) -> None:
    assert "5" in shown.values["tandem_projection_delay_seconds_bucket", "le"]
    assert "rejected" in shown.values["tandem_intake_messages_total", "outcome"]
    assert "INTAKE" in shown.values["tandem_consumer_age_seconds", "stream"]
    assert {"INTAKE", "FACTS"} <= shown.values["tandem_stream_bytes", "stream"]
    assert {"INTAKE", "FACTS"} <= shown.values["tandem_stream_bytes_max", "stream"]
    assert {"database", "nats"} <= shown.values["tandem_part_answers", "part"]
    assert {service.name for service in SERVICES} <= shown.values["tandem_service_ready", "service"]
    calls = "rpc_server_call_duration_seconds_count"
    assert "OK" in shown.values[calls, "rpc_response_status_code"]


def test_no_metric_names_somebody(shown: Shown) -> None:
    values = {value for those in shown.values.values() for value in those}
    assert not [value for value in values if re.search(r"\w@\w", value)]
