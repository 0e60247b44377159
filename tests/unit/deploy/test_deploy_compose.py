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
from shared.settings import EdgeSettings

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [service.name for service in SERVICES]
SETTINGS: dict[str, type[EdgeSettings]] = {
    "membership": MembershipSettings,
    "events": EventsSettings,
    "resources": ResourcesSettings,
    "reporting": ReportingSettings,
    "gateway": GatewaySettings,
    "operations": OperationsSettings,
}
EDGES = {"nats", "reporting", "gateway", "operations"}
OBSERVERS = {"collector", "jaeger", "prometheus", "grafana"}
WITHOUT_LOGIN = {"jaeger", "prometheus"}
"""Edges that ask nobody who they are: never to be reached from another machine."""
DOCKERFILE = (ROOT / "deploy" / "image" / "Dockerfile").read_text("utf-8")
KEPT = "/var/lib/tandem"
"""The data directory in the image."""
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
    values: dict[str, Any] = {
        key.removeprefix("TANDEM_").lower(): without_variables(str(value))
        for key, value in CONTAINERS[name]["environment"].items()
        if key.startswith("TANDEM_")
    }
    settings = SETTINGS[name](**values)
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
        bound = "127.0.0.1:" if name in WITHOUT_LOGIN else "${TANDEM_BIND:-127.0.0.1}:"
        for port in CONTAINERS[name]["ports"]:
            assert port.startswith(bound), name
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["networks"]["signals"] == {"internal": True}
    for name, container in CONTAINERS.items():
        assert ("edge" in container["networks"]) == (name in published), name


def profiled() -> set[str]:
    return {name for name, container in CONTAINERS.items() if container.get("profiles")}


@pytest.mark.parametrize("name", sorted(OBSERVERS))
def test_who_observes_may_do_no_more_than_it_must_and_is_not_needed(name: str) -> None:
    container = CONTAINERS[name]
    assert container["profiles"] == ["observability"]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert int(container["user"].partition(":")[0]) > 0
    for volume in container["volumes"]:
        assert not volume.startswith("./") or volume.endswith(":ro")
    for other in set(CONTAINERS) - OBSERVERS:
        needed = CONTAINERS[other].get("depends_on") or {}
        assert name not in needed, f"{other} would wait for it"


def test_an_image_that_is_not_ours_is_named_by_its_release() -> None:
    for name, container in CONTAINERS.items():
        _, _, tag = container["image"].partition(":")
        assert re.match(r"v?\d", tag) or container["image"] == "tandem:local", name


def test_grafana_lets_nobody_in_without_a_password_that_the_keeper_made() -> None:
    told = CONTAINERS["grafana"]["environment"]
    assert told["GF_AUTH_ANONYMOUS_ENABLED"] == told["GF_USERS_ALLOW_SIGN_UP"] == "false"
    file = told["GF_SECURITY_ADMIN_PASSWORD__FILE"]
    assert f"[ -s {file} ]" in CONTAINERS["grafana"]["command"][0], "waits for it"
    assert "for-grafana:/run/tandem:ro" in CONTAINERS["grafana"]["volumes"]
    assert f"for-grafana:{KEPT}/{HANDED_OUT}/grafana" in CONTAINERS["keeper"]["volumes"]


def test_every_place_of_a_volume_in_our_image_is_there_for_its_owner() -> None:
    """A new volume takes over the owner of the folder that it is mounted on, if there is one."""
    made = made_in_the_image()
    for volume in CONTAINERS["keeper"]["volumes"]:
        place = volume.split(":")[1]
        assert place in made or place == KEPT, f"nobody of ours could write to {place}"
    for name in ("postgres", "collector", "grafana"):
        assert f"for-{name}:/run/tandem:ro" in CONTAINERS[name]["volumes"]
        assert re.search(rf"chmod 755 [^\n]*\b{name}\b", DOCKERFILE), "another user reads it"


def made_in_the_image() -> set[str]:
    """Return the folders that the Dockerfile makes."""
    made: set[str] = set()
    here = ""
    for word in re.findall(r"(cd|mkdir(?: -p)?) ([^&\n\\]+)", DOCKERFILE):
        command, places = word[0], word[1].split()
        if command == "cd":
            here = places[0] if places[0].startswith("/") else f"{here}/{places[0]}"
        else:
            made |= {place if place.startswith("/") else f"{here}/{place}" for place in places}
    return made


def test_the_image_runs_as_nobody_in_particular_and_stops_cleanly() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert "USER 10001:10001" in last
    assert "STOPSIGNAL SIGTERM" in last
    assert "sbom.cdx.json" in DOCKERFILE
    for name in OURS:
        assert CONTAINERS[name]["healthcheck"]["test"][-1] == "healthy"


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
