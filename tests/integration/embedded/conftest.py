"""What the tests of the embedded runtime need: free ports and stand-ins for the services."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.embedded.catalogue import SERVICES, Service
from tests.support.machine import free_port_base

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
    """A base whose ports are all free."""
    return free_port_base()
