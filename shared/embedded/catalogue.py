"""Which services make up the system and where they listen; everything else here reads this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.messaging import FACTS, INTAKE

HOST = "127.0.0.1"
NATS_PORT = 4222
GRPC_PORT_BASE = 50_050
HTTP_PORT_BASE = 8_080
HTTP_OFFSET = 10


@dataclass(frozen=True)
class Service:
    """A process of ours: what it needs to be given before it can run.

    Args:
        http: its place among the HTTP ports; reporting has 0, because people open it.
        grpc: its place among the gRPC ports, counted from 1; None for an edge without gRPC.
        consumes: the stream on which it has a durable consumer of its own name.
        database: whether it owns a database, and so has migrations to run.
        keeps_vault: whether it is given the key of the person vault.
        logs_in: whether it is given the codes that log a browser in.
        seals: whether it is given the key that seals what it publishes.
        takes_in: whether it puts what publishers send by HTTP into INTAKE, under their names.
        watches: whether it looks after the others: it is told where each answers, and takes what
            they say of themselves.
        backed_up: whether a backup holds its database; else a restored system begins it anew.
        command: how it is started; empty for `python -m services.<name>`.
    """

    name: str
    http: int
    grpc: int | None = None
    consumes: str | None = None
    database: bool = True
    keeps_vault: bool = False
    logs_in: bool = False
    seals: bool = False
    takes_in: bool = False
    watches: bool = False
    backed_up: bool = True
    command: tuple[str, ...] = ()


SERVICES = (
    Service("membership", http=1, grpc=1, consumes=INTAKE),
    Service("events", http=2, grpc=2, consumes=INTAKE, keeps_vault=True),
    Service("resources", http=3, grpc=3, consumes=INTAKE),
    Service("reporting", http=0, grpc=4, consumes=FACTS, logs_in=True, seals=True),
    Service("gateway", http=4, database=False, takes_in=True),
    Service("operations", http=5, logs_in=True, watches=True, backed_up=False),
)


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one system; a base lets several systems run side by side."""

    base: int | None = None

    @classmethod
    def of(cls, endpoints: Mapping[str, Any]) -> "Ports":
        """Return the ports of a running system, by what its endpoints.json holds."""
        first = next(service for service in SERVICES if service.grpc is not None)
        grpc = int(endpoints["grpc"][first.name].rpartition(":")[2])
        default = cls()
        return default if grpc == default.grpc(first) else cls(grpc - (first.grpc or 0))

    @property
    def nats(self) -> int:
        """Where NATS listens: 4222, or the base itself."""
        return NATS_PORT if self.base is None else self.base

    def http(self, service: Service) -> int:
        """Where the service answers HTTP: 8080 and up, or from ten above the base."""
        start = HTTP_PORT_BASE if self.base is None else self.base + HTTP_OFFSET
        return start + service.http

    def grpc(self, service: Service) -> int | None:
        """Where the service answers gRPC: 50051 and up, or from one above the base."""
        if service.grpc is None:
            return None
        return (GRPC_PORT_BASE if self.base is None else self.base) + service.grpc

    def named(self, services: tuple[Service, ...]) -> dict[str, int]:
        """Every port with what it is for, in the words of an error message."""
        ports = {"NATS": self.nats}
        for service in services:
            ports[f"the HTTP side of {service.name}"] = self.http(service)
            grpc = self.grpc(service)
            if grpc is not None:
                ports[f"the gRPC side of {service.name}"] = grpc
        return ports
