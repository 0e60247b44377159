"""What leaves a process, and under which name, is said by the standard OTEL_ variables."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from shared.telemetry import leaving

SAMPLED = 1
"""The flag of a `traceparent` that says its trace is kept."""
SCRIPT = """
import json
from opentelemetry import trace
from shared import telemetry
from shared.telemetry import leaving
leaving.start("events")
telemetry.meter().create_counter("tandem.things").add(1)
with telemetry.step("one") as span:
    recorded = span.is_recording()
    here = telemetry.traceparent_here()
from prometheus_client import generate_latest
print(json.dumps([recorded, here, "tandem_things_total" in generate_latest().decode()]))
leaving.stop()
"""


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def process(said: Mapping[str, str]) -> tuple[bool, str | None, bool]:
    """Return of a process started so: whether spans are recorded, its traceparent, its metrics."""
    environment = {name: value for name, value in os.environ.items() if name[:5] != "OTEL_"}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**environment, **said},
        capture_output=True,
        text=True,
        check=True,
    )
    recorded, here, counted = json.loads(ran.stdout)
    return recorded, here, counted


def test_without_a_word_spans_are_recorded_and_stay_here() -> None:
    recorded, here, counted = process({})
    assert recorded
    assert here is not None
    assert int(here[-2:], 16) & SAMPLED
    assert counted


def test_a_sampler_that_keeps_nothing_leaves_the_trace_in_what_goes_on() -> None:
    recorded, here, counted = process({"OTEL_TRACES_SAMPLER": "always_off"})
    assert not recorded
    assert here is not None
    assert not int(here[-2:], 16) & SAMPLED
    assert counted


def test_all_of_it_can_be_switched_off() -> None:
    assert process({"OTEL_SDK_DISABLED": "true"}) == (False, None, False)


def test_the_environment_has_the_last_word_on_names(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = leaving.resource_of("events").attributes
    assert (ours["service.name"], ours["service.namespace"]) == ("events", "tandem")
    assert ours["service.version"]
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,host.name=one")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "events-two")
    theirs = leaving.resource_of("events").attributes
    assert theirs["service.name"] == "events-two"
    assert theirs["deployment.environment.name"] == "test"
    assert theirs["service.instance.id"] != ours["service.instance.id"]


@pytest.mark.parametrize(
    ("said", "traces", "logs"),
    [
        ({}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, True, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, True, False),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_LOGS_EXPORTER": "none"},
            True,
            False,
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
                "OTEL_TRACES_EXPORTER": "none",
            },
            False,
            True,
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_SDK_DISABLED": "true"},
            False,
            False,
        ),
    ],
)
def test_spans_and_lines_leave_when_there_is_somewhere_to_go(
    said: Mapping[str, str], traces: bool, logs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert (leaving.leaves("TRACES"), leaving.leaves("LOGS")) == (traces, logs)
