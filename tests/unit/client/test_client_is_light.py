"""Whoever publishes loads no part of a service."""

import subprocess
import sys

HEAVY = ("services", "grpc", "tandem", "faststream", "asyncpg", "starlette", "uvicorn", "psutil")
LOADED = """
import sys
import shared.client
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_client_loads_no_server_no_database_and_no_service() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"nats", "httpx", "pydantic"} <= set(loaded)
    assert set(loaded).isdisjoint(HEAVY)
