"""The services as processes: what each is given, when it is ready, where others find it."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.embedded import postgres
from shared.embedded.catalogue import HOST, Ports, Service
from shared.embedded.credentials import PEOPLE
from shared.embedded.data_directory import DataDirectory
from shared.embedded.elsewhere import GRPC_PORT, HTTP_PORT, Elsewhere, elsewhere
from shared.embedded.process import Program
from shared.embedded.registry import read_registry

PASSED_ON = frozenset({"TANDEM_ALLOWED_HOSTS", "TANDEM_LOG_LEVEL", "TANDEM_TRUSTED_PROXIES"})
"""Our own variables that `tandem up` hands down to the services as they are."""
LIMITS = (
    *("TANDEM_BATCH_", "TANDEM_BODY_", "TANDEM_CONNECTIONS_", "TANDEM_IDLE_", "TANDEM_QUOTA_"),
    "TANDEM_TELEMETRY_",
)
"""How the limits begin that an operator may set, for the gateway and for operations."""


@dataclass(frozen=True)
class Servers:
    """The running NATS and PostgreSQL, and how to reach them."""

    directory: DataDirectory
    ports: Ports

    @property
    def nats_url(self) -> str:
        """Where NATS listens."""
        return self._elsewhere.nats_url if self._elsewhere else f"nats://{HOST}:{self.ports.nats}"

    @property
    def database_host(self) -> str:
        """The host of PostgreSQL, or the directory of its socket."""
        return postgres.address(self.directory)[0]

    @property
    def database_port(self) -> int:
        """The port of PostgreSQL, or the one in its socket's name."""
        return postgres.address(self.directory)[1]

    @property
    def _elsewhere(self) -> Elsewhere | None:
        return elsewhere(self.directory)

    def grpc(self, service: Service) -> str:
        """Where a service answers gRPC."""
        if self._elsewhere:
            return f"{service.name}:{GRPC_PORT}"
        return f"{HOST}:{self.ports.grpc(service)}"

    def http(self, service: Service) -> str:
        """Where a service answers HTTP."""
        if self._elsewhere:
            return f"{service.name}:{HTTP_PORT}"
        return f"{HOST}:{self.ports.http(service)}"

    def seed_file(self, name: str) -> Path:
        """The nkey seed of a service, a publisher or `provision`."""
        return self.directory.seed(name)

    def password_file(self, role: str) -> Path:
        """The password of a database role: `<service>` or `<service>_owner`."""
        return self.directory.password(role)


def service_program(servers: Servers, service: Service, services: Sequence[Service]) -> Program:
    """Return a service as a program to keep running; ready when its /readyz says so."""
    port = servers.ports.http(service)

    async def answers_ready() -> bool:
        return await _http_status(port, "/readyz") == 200

    return Program(
        name=service.name,
        command=_command(service),
        log=servers.directory.log(service.name),
        ready=answers_ready,
        environment=_environment(servers, service, services, role=service.name),
        first_start=_failpoint(service),
    )


def errand_program(
    servers: Servers,
    service: Service,
    services: Sequence[Service],
    errand: str,
    *options: str,
    credential: str | None = None,
) -> Program:
    """Return an errand of a service as a program to run once, under the role that owns its tables.

    Errands are `migrate`, and whatever else its `python -m` knows. With a `credential` it connects
    to NATS by that and not by its service's own.
    """
    environment = _environment(servers, service, services, role=postgres.owner_role(service.name))
    if credential is not None:
        environment["TANDEM_NATS_SEED_FILE"] = str(servers.directory.seed(credential))
    name = f"{service.name}-{errand}"
    return Program(
        name=name,
        command=(*_command(service), errand, *options),
        log=servers.directory.log(name),
        environment=environment,
    )


def endpoints(servers: Servers, services: Sequence[Service]) -> dict[str, Any]:
    """Return where everything is, as CONTRACT ("Running") describes it; pids come later."""
    directory = servers.directory
    return {
        "nats": servers.nats_url,
        "grpc": {
            service.name: servers.grpc(service) for service in services if service.grpc is not None
        },
        "http": {service.name: f"http://{servers.http(service)}" for service in services},
        "credentials": publisher_endpoints(directory),
        "tokens": {name: directory.token(name).read_text() for name in PEOPLE},
    }


def publisher_endpoints(directory: DataDirectory) -> dict[str, dict[str, str]]:
    """Return where the secrets of each publisher's newest key are."""
    return {
        publisher.name: {
            "user": publisher.name,
            "nkey_seed_file": str(directory.seed(publisher.secrets_of(publisher.key))),
            "token_file": str(directory.token(publisher.secrets_of(publisher.key))),
        }
        for publisher in read_registry(directory)
    }


def _command(service: Service) -> tuple[str, ...]:
    return service.command or (sys.executable, "-m", f"services.{service.name}")


def _environment(
    servers: Servers, service: Service, services: Sequence[Service], role: str
) -> dict[str, str]:
    """Return the environment of a service; secrets are only named by their files."""
    directory = servers.directory
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TANDEM_") or name in PASSED_ON or name.startswith(LIMITS)
    }
    # A thread that composes a report once would else keep an arena of its own: some 10 MB each.
    environment.setdefault("MALLOC_ARENA_MAX", "2")
    environment |= {
        "TANDEM_NATS_URL": servers.nats_url,
        "TANDEM_NATS_SEED_FILE": str(directory.seed(service.name)),
        "TANDEM_HTTP_LISTEN": servers.http(service),
        "TANDEM_TOKENS_FILE": str(directory.tokens),
        "TANDEM_TOKEN_FILE": str(directory.token(service.name)),
    }
    if service.grpc is not None:
        environment["TANDEM_GRPC_LISTEN"] = servers.grpc(service)
    if service.database:
        environment |= {
            "TANDEM_DATABASE_HOST": servers.database_host,
            "TANDEM_DATABASE_PORT": str(servers.database_port),
            "TANDEM_DATABASE_NAME": service.name,
            "TANDEM_DATABASE_USER": role,
            "TANDEM_DATABASE_PASSWORD_FILE": str(directory.password(role)),
        }
    if service.keeps_vault:
        environment["TANDEM_VAULT_KEY_FILE"] = str(directory.vault_key)
        environment["TANDEM_ERASED_FILE"] = str(directory.erased)
    if service.logs_in:
        environment["TANDEM_LOGIN_CODES"] = str(directory.login_codes)
    if service.watches:
        reports = next((peer for peer in services if peer.seals), service)
        environment["TANDEM_PUBLIC_ADDRESS"] = f"http://{servers.http(reports)}"
        environment["TANDEM_OPERATOR_LOG"] = str(directory.operator_log)
    if service.takes_in:
        environment["TANDEM_WEBHOOKS_FILE"] = str(directory.webhooks)
    if service.seals:
        environment["TANDEM_SIGNING_KEY_FILE"] = str(directory.signing_key)
    for peer in services:
        if peer.watches and not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            environment["TANDEM_TELEMETRY_URL"] = f"http://{servers.http(peer)}"
        if service.watches:
            environment[f"TANDEM_SITE_{peer.name.upper()}"] = f"http://{servers.http(peer)}"
        if peer.grpc is not None:
            environment[f"TANDEM_PEER_{peer.name.upper()}"] = servers.grpc(peer)
    return environment


def _failpoint(service: Service) -> dict[str, str]:
    """Return where a test kills this service: TANDEM_FAILPOINT_EVENTS=relay.after_publish.

    For its first start alone, so that the process started again lives.
    """
    place = os.environ.get(f"TANDEM_FAILPOINT_{service.name.upper()}")
    return {"TANDEM_FAILPOINT": place} if place else {}


async def _http_status(port: int, path: str) -> int:
    """Return the status with which a process on loopback answers a GET; 0 when it makes none."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        status_line = await reader.readline()
    finally:
        writer.close()
    words = status_line.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
