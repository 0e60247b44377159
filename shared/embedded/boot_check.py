"""Before any service starts: proof that what is acknowledged will survive a power cut.

It asks the running servers, not their configuration files, and refuses what is weak. Why each
setting matters was measured: RELIABILITY, "Found by experiment".
"""

import json
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import nats.errors

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import Service
from shared.embedded.credentials import MONITOR
from shared.embedded.data_directory import DataDirectory, OperatorError

REQUIRED_ON = ("fsync", "full_page_writes", "data_checksums")
NOT_OFF = "synchronous_commit"
ANSWER_SECONDS_MAX = 5.0

SETTINGS = """
    SELECT name, setting, source, sourcefile, sourceline
    FROM pg_settings
    WHERE name = ANY($1)
"""


class WeakDurability(OperatorError):
    """A setting could lose acknowledged facts; the message names it, its place and the remedy."""


async def check(directory: DataDirectory, services: Sequence[Service], nats_url: str) -> None:
    """Return when everything holds.

    Raises:
        WeakDurability: something does not.
    """
    check_secret_files(directory)
    await check_postgres(directory, services)
    await check_nats(directory, nats_url)


def check_secret_files(directory: DataDirectory) -> None:
    """Refuse secrets that other users of the machine could read."""
    for path in (directory.secrets, *directory.secrets.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            wanted = "700" if path.is_dir() else "600"
            raise WeakDurability(
                f"{path} has the mode {mode:o}, so others could read it: chmod {wanted} {path}"
            )


async def check_postgres(directory: DataDirectory, services: Sequence[Service]) -> None:
    """Refuse a PostgreSQL that could lose or tear what it committed.

    As the superuser, who sees where a setting stands, and as each service, for whose role or
    database alone a setting may have been changed.
    """
    await _check_settings(directory, postgres.SUPERUSER, postgres.SUPERUSER)
    for service in services:
        if service.database:
            await _check_settings(directory, service.name, service.name)


async def _check_settings(directory: DataDirectory, role: str, database: str) -> None:
    connection = await postgres.connect(directory, role, database)
    try:
        rows = await connection.fetch(SETTINGS, [*REQUIRED_ON, NOT_OFF])
    finally:
        await connection.close()
    for row in rows:
        if row["setting"] == "off":
            raise WeakDurability(
                f"PostgreSQL runs with {row['name']} = off for {role}, which can lose what was "
                f"acknowledged. It stands in {_place(row, role, database)}: {_remedy(row)}"
            )


def _place(row: asyncpg.Record, role: str, database: str) -> str:
    places = {
        "configuration file": f"{row['sourcefile']}, line {row['sourceline']}",
        "user": f"ALTER ROLE {role}",
        "database": f"ALTER DATABASE {database}",
        "database user": f"ALTER ROLE {role} IN DATABASE {database}",
    }
    return places.get(row["source"], f"the cluster itself ({row['source']})")


def _remedy(row: asyncpg.Record) -> str:
    if row["name"] == "data_checksums":
        return "run pg_checksums --enable on the stopped cluster."
    if row["source"] == "configuration file":
        return f"remove that line, or set {row['name']} = on."
    return f"RESET {row['name']} there."


async def check_nats(directory: DataDirectory, nats_url: str) -> None:
    """Refuse a NATS that acknowledges before it has written to the disk, or that may fill it."""
    config = await _jetstream_config(directory, nats_url)
    if config.get("sync_always") is not True:
        raise WeakDurability(
            "NATS runs with sync_always = false, so that it acknowledges messages before they are "
            f"on the disk. {_nats_place(directory, 'sync_interval')}: "
            "remove that line, or set sync_interval: always."
        )
    if Path(config["store_dir"]) != directory.nats / "jetstream":
        raise WeakDurability(
            f"NATS keeps its streams in {config['store_dir']} and not in {directory.nats}. "
            f"{_nats_place(directory, 'store_dir')}: remove that line."
        )
    disk = shutil.disk_usage(directory.nats).total
    for setting, limit in (
        ("max_file_store", config.get("max_storage", 0)),
        ("max_memory_store", config.get("max_memory", 0)),
    ):
        if not 0 < limit < disk:
            raise WeakDurability(
                f"NATS runs with {setting} = {limit}, which is no limit on a disk of {disk} bytes. "
                f"{_nats_place(directory, setting)}: remove that line, or set a lower limit."
            )


async def _jetstream_config(directory: DataDirectory, nats_url: str) -> dict[str, Any]:
    """Return what /jsz reports as its configuration, asked through the system account."""
    connection = await broker.connect(nats_url, MONITOR, directory.seed(MONITOR))
    try:
        answer = await connection.request("$SYS.REQ.SERVER.PING.JSZ", timeout=ANSWER_SECONDS_MAX)
    except nats.errors.Error as error:
        raise WeakDurability(f"NATS does not say how it keeps messages: {error}.") from error
    finally:
        await connection.close()
    config: dict[str, Any] = json.loads(answer.data)["data"].get("config", {})
    return config


def _nats_place(directory: DataDirectory, setting: str) -> str:
    """Return where a setting stands; of several places the later included one wins."""
    for name in (broker.OVERRIDE, broker.JETSTREAM_OVERRIDE, "nats.conf"):
        path = directory.nats / name
        lines = path.read_text().splitlines() if path.exists() else []
        for number, line in enumerate(lines, start=1):
            if line.split("#")[0].strip().lstrip("{").strip().startswith(setting):
                return f"It stands in {path}, line {number}"
    return f"It stands in an override under {directory.nats}"
