"""docker-compose.yml runs what `tandem up` runs, and no container may more than it must."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.events.settings import Settings as EventsSettings
from services.gateway.settings import Settings as GatewaySettings
from services.membership.settings import Settings as MembershipSettings
from services.operations.settings import Settings as OperationsSettings
from services.reporting.settings import Settings as ReportingSettings
from services.resources.settings import Settings as ResourcesSettings
from shared.embedded.catalogue import SERVICES
from shared.embedded.keeper import HANDED_OUT

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [service.name for service in SERVICES]
SETTINGS = {
    "membership": MembershipSettings,
    "events": EventsSettings,
    "resources": ResourcesSettings,
    "reporting": ReportingSettings,
    "gateway": GatewaySettings,
    "operations": OperationsSettings,
}
EDGES = {"nats", "reporting", "gateway", "operations"}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(:-(?P<default>[^}]*))?\}")


def test_every_service_has_a_container() -> None:
    assert set(OURS) <= set(CONTAINERS)
    for name in OURS:
        assert CONTAINERS[name]["command"] == ["serve", name]


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_told_all_that_its_settings_ask_for(name: str) -> None:
    told = {key.removeprefix("TANDEM_").lower() for key in CONTAINERS[name]["environment"]}
    asked = {field for field, how in SETTINGS[name].model_fields.items() if how.is_required()}
    assert asked <= told
    settings = SETTINGS[name](
        **{
            key.removeprefix("TANDEM_").lower(): without_variables(str(value))
            for key, value in CONTAINERS[name]["environment"].items()
            if key.startswith("TANDEM_")
        }
    )
    assert settings.trusted_network
    assert name in settings.allowed_hosts.split(",")


def without_variables(value: str) -> str:
    return VARIABLE.sub(lambda found: found["default"] or "", value)


@pytest.mark.parametrize("name", [*OURS, "keeper", "demo"])
def test_a_container_of_ours_writes_nowhere_but_where_it_must(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["user"] == "10001:10001"
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_sees_its_own_secrets_alone_and_cannot_change_them(name: str) -> None:
    secrets = [each for each in CONTAINERS[name]["volumes"] if each.startswith("for-")]
    assert secrets == [f"for-{name}:/run/tandem:ro"]
    handed_out = f"for-{name}:/var/lib/tandem/{HANDED_OUT}/{name}"
    assert handed_out in CONTAINERS["keeper"]["volumes"]


def test_only_the_edges_are_reached_from_outside_and_from_this_machine_unless_told() -> None:
    published = {name for name, container in CONTAINERS.items() if container.get("ports")}
    assert published - profiled() == EDGES
    for name in published:
        for port in CONTAINERS[name]["ports"]:
            assert port.startswith("${TANDEM_BIND:-127.0.0.1}:"), name
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def profiled() -> set[str]:
    return {name for name, container in CONTAINERS.items() if container.get("profiles")}


def test_no_password_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for name, container in CONTAINERS.items():
        for key, value in (container.get("environment") or {}).items():
            secret = key.endswith(("PASSWORD", "SECRET", "TOKEN", "KEY", "SEED"))
            assert not secret, f"{name} is given {key}={value}"
    assert "POSTGRES_PASSWORD" not in text


def test_every_volume_that_is_mounted_is_declared_and_the_reverse() -> None:
    mounted = {
        volume.partition(":")[0]
        for container in CONTAINERS.values()
        for volume in container.get("volumes", [])
        if not volume.startswith(("./", "/"))
    }
    assert mounted == set(COMPOSE["volumes"])
