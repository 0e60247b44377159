"""The Collector and Jaeger are told of no part that they do not have, and spans reach both ends.

Neither program is here to ask, so what they would refuse at once is looked for: a pipeline that
names a part which is not defined, a part that no pipeline uses, an address where nobody listens.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from shared.access import RIGHTS, Action
from tests.support.watching import ROOT

COLLECTOR = yaml.safe_load((ROOT / "deploy/collector/collector.yaml").read_text("utf-8"))
JAEGER = yaml.safe_load((ROOT / "deploy/jaeger/jaeger.yaml").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
CONTAINERS = COMPOSE["services"]
CORE = {
    "receivers": {"otlp", "hostmetrics"},
    "processors": {"memory_limiter", "batch"},
    "exporters": {"otlp_http", "prometheus"},
}
"""Kinds of parts in the image: https://github.com/open-telemetry/opentelemetry-collector-releases,
distributions/otelcol, at the release that docker-compose.yml names."""


@pytest.mark.parametrize("configuration", [COLLECTOR, JAEGER], ids=["collector", "jaeger"])
def test_a_pipeline_names_the_parts_there_are_and_every_part_is_used(
    configuration: dict[str, Any],
) -> None:
    pipelines = configuration["service"]["pipelines"]
    for kind in ("receivers", "processors", "exporters"):
        used = {part for pipeline in pipelines.values() for part in pipeline.get(kind, [])}
        assert used == set(configuration[kind])
    extensions = set(configuration["service"].get("extensions", []))
    assert extensions == set(configuration.get("extensions", {}))


@pytest.mark.parametrize("kind", CORE)
def test_the_collector_needs_no_part_that_its_image_lacks(kind: str) -> None:
    assert {part.partition("/")[0] for part in COLLECTOR[kind]} <= CORE[kind]


def test_a_pipeline_is_told_of_the_memory_first() -> None:
    for pipeline in COLLECTOR["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"


def test_spans_go_to_jaeger_and_to_the_operations_service() -> None:
    exporters = COLLECTOR["service"]["pipelines"]["traces"]["exporters"]
    hosts = [urlsplit(COLLECTOR["exporters"][each]["endpoint"]) for each in exporters]
    assert {host.hostname for host in hosts} == {"jaeger", "operations"}
    reached = set(CONTAINERS["collector"]["networks"])
    for host in hosts:
        assert reached & set(CONTAINERS[host.hostname]["networks"])
    listens = JAEGER["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert {host.port for host in hosts if host.hostname == "jaeger"} == {
        int(listens.rpartition(":")[2])
    }


def test_the_collector_says_who_it_is_to_operations_and_to_nobody_else() -> None:
    exporters = COLLECTOR["exporters"]
    said = {name: each["headers"] for name, each in exporters.items() if "headers" in each}
    token = "/run/tandem/collector.token"
    assert said == {"otlp_http/operations": {"authorization": f"Bearer ${{file:{token}}}"}}
    assert "for-collector:/run/tandem:ro" in CONTAINERS["collector"]["volumes"]
    rights = {action for action, roles in RIGHTS.items() if "collector" in roles}
    assert rights == {Action.TELL}


def test_services_send_to_the_collector_when_the_profile_is_chosen() -> None:
    text = (ROOT / "deploy/observability.env").read_text("utf-8")
    told = dict(line.split("=", 1) for line in text.splitlines() if line and line[0] != "#")
    address = urlsplit(told["OTEL_EXPORTER_OTLP_ENDPOINT"])
    listens = COLLECTOR["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert address.hostname == "collector"
    assert address.port == int(listens.rpartition(":")[2])
    assert CONTAINERS[address.hostname]["profiles"] == [told["COMPOSE_PROFILES"]]
    for name in ("membership", "events", "resources", "reporting", "gateway"):
        assert "inside" in CONTAINERS[name]["networks"]
        assert "OTEL_EXPORTER_OTLP_ENDPOINT" in CONTAINERS[name]["environment"]
    assert "inside" in CONTAINERS["collector"]["networks"]


def test_the_volumes_that_are_measured_are_mounted_and_cannot_be_changed() -> None:
    volumes = CONTAINERS["collector"]["volumes"]
    mounts = dict(volume.split(":", 1) for volume in volumes if ":/volumes/" in volume)
    measured = COLLECTOR["receivers"]["hostmetrics"]["scrapers"]["filesystem"]
    places = measured["include_mount_points"]["mount_points"]
    assert {f"{place}:ro" for place in places} == set(mounts.values())
    assert CONTAINERS["collector"]["user"] not in {
        container.get("user") for name, container in CONTAINERS.items() if name != "collector"
    }


def test_jaeger_keeps_traces_on_its_volume() -> None:
    [kept] = JAEGER["extensions"]["jaeger_storage"]["backends"].values()
    assert kept["badger"]["ephemeral"] is False
    folder = kept["badger"]["directories"]["values"]
    [volume] = [each for each in CONTAINERS["jaeger"]["volumes"] if each.startswith("jaeger:")]
    assert folder.startswith(f"{volume.partition(':')[2]}/")
