"""The real processes export spans by the standard variables: one trace over three services."""

import json
import tempfile
from pathlib import Path

import pytest

from shared.contracts.envelope import STRUCTURED
from shared.embedded.supervisor import running_system
from shared.messaging import NatsAddress, Outgoing, connect, publish_one
from tests.e2e.test_one_trace import TRACE, help_given
from tests.support.collecting import collecting
from tests.support.machine import free_port_base
from tests.support.settling import until

EXPECTED = {
    ("events", "process INTAKE"),
    ("events", "ledger.append"),
    ("events", "send FACTS"),
    ("membership", "tandem.membership.v1.MembershipService/ResolveCities"),
    ("reporting", "process FACTS"),
}


async def test_a_collector_receives_one_trace_from_every_service_it_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collecting() as collector, tempfile.TemporaryDirectory(prefix="tandem-otlp-") as folder:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        async with running_system(Path(folder) / "data", free_port_base()) as endpoints:
            seed = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
            publisher = await connect(NatsAddress(endpoints["nats"], "demo", seed))
            event = help_given("one", TRACE) | {"source": "/systems/demo"}
            body = json.dumps(event).encode()
            message = Outgoing("intake.demo.events.help_given", {"content-type": STRUCTURED}, body)
            await publish_one(publisher, message)

            async def whole() -> bool:
                return collector.spans.get(TRACE, set()) >= EXPECTED

            await until(whole, "the whole trace")
            await publisher.close()
