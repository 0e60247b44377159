"""The tables of reporting as readers see them: every statement by name, and one state of it all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.reporting.domain.registry import Registry, parse_registry
from shared.queries import Connection, Queries

HERE = Path(__file__).parents[1]
QUERIES = Queries(HERE / "queries.sql")


def load_registry() -> Registry:
    """Return the metric registry of this version of the code."""
    return parse_registry((HERE / "registry.toml").read_text("utf-8"))


@asynccontextmanager
async def snapshot(connection: Connection) -> AsyncIterator[None]:
    """Let everything inside see one state of the tables, and change nothing."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(QUERIES["hold_tables"])
        await connection.execute(QUERIES["more_memory"])
        yield
