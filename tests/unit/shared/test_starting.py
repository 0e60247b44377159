"""A process loads what it is asked for, and finds all that it can be asked for."""

import subprocess
import sys
from importlib import import_module
from pkgutil import resolve_name

import pytest

from shared.embedded.catalogue import SERVICES
from tests.support.settling import SECONDS_MAX

SERVING = ("services.reporting.app", "starlette", "uvicorn", "grpc", "typst")
LOADED = f"import sys, services.reporting.__main__; print(*sys.modules.keys() & {set(SERVING)})"


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_a_service_and_its_errands_are_where_its_start_says(name: str) -> None:
    errands = getattr(import_module(f"services.{name}.__main__"), "ERRANDS", {})
    for where in (f"services.{name}.app:running", *errands.values()):
        assert callable(resolve_name(where))


def test_what_only_migrates_loads_nothing_that_serves() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, check=True, timeout=SECONDS_MAX
    )
    assert loaded.stdout.decode().split() == []
