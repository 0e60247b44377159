"""What the tests of the embedded runtime need: free ports and stand-ins for the services."""

import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.embedded.catalogue import HOST, SERVICES, Ports, Service

STAND_IN = (sys.executable, "-m", "tests.support.stand_in_service")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that is not under pytest's own.

    Each pytest session of root closes the folder of all its sessions to others, in the middle of
    a start by the system user of PostgreSQL.
    """
    with TemporaryDirectory(prefix="tandem-") as path:
        yield Path(path).resolve()


@pytest.fixture
def stand_ins() -> tuple[Service, ...]:
    return tuple(replace(service, command=STAND_IN) for service in SERVICES)


@pytest.fixture
def port_base() -> int:
    """A base whose ports are all free, below the range the kernel hands out itself."""
    for _ in range(50):
        base = random.randrange(12_000, 32_000, 20)
        if all(_is_free(port) for port in Ports(base).named(SERVICES).values()):
            return base
    raise AssertionError("no run of free ports was found")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
