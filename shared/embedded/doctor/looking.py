"""Gathers what the checks judge, of a stopped system or a running one, and lets them."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.embedded import boot_check, postgres
from shared.embedded import nats as broker
from shared.embedded.catalogue import SERVICES, Ports
from shared.embedded.credentials import MONITOR, PROVISION
from shared.embedded.data_directory import DataDirectory, held_lock
from shared.embedded.doctor.files import FILE_CHECKS, look_at_files
from shared.embedded.doctor.finding import Check, Finding, Verdict, judged
from shared.embedded.doctor.machine import MACHINE_CHECKS, look_at_machine
from shared.embedded.doctor.servers import (
    BROKER_CHECKS,
    DATABASE_CHECKS,
    Backlog,
    Broker,
    Databases,
)
from shared.embedded.doctor.services import SERVICE_CHECKS, Answers
from shared.embedded.elsewhere import elsewhere
from shared.embedded.migrations import known_migrations, migrations_run, of_the_owner
from shared.embedded.registry import read_sources
from shared.health import audited, readiness
from shared.jetstream import bytes_lost, consumer_names, consumers, intake_consumers
from shared.messaging import FACTS, INTAKE
from shared.queries import SHARED_QUERIES, Queries

T = TypeVar("T")

QUERIES = Queries(Path(__file__).with_name("doctor.sql"))
BACKLOG = Queries(SHARED_QUERIES)["backlog"]
ANSWER_SECONDS_MAX = 5.0
STOPPED, STARTING = "the system is stopped", "the system starts or stops"
UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, nats.errors.Error)


async def examine(directory: DataDirectory, port_base: int | None = None) -> list[Finding]:
    """Return what every check finds, in the order in which a fault causes others."""
    now, runs = datetime.now(UTC), _runs(directory)
    endpoints = _endpoints(directory) if runs else None
    machine = look_at_machine(directory.root, Ports(port_base), runs=runs)
    files = look_at_files(directory, now, runs=runs)
    here = [*judged(MACHINE_CHECKS, machine), *judged(FILE_CHECKS, files)]
    if endpoints is None:
        why = STARTING if runs else STOPPED
        return [
            *here,
            *judged(DATABASE_CHECKS, why),
            *judged(BROKER_CHECKS, why),
            *judged(SERVICE_CHECKS, why),
        ]
    return [
        *here,
        *_reached("database answers", DATABASE_CHECKS, await _databases(directory)),
        *_reached("broker answers", BROKER_CHECKS, await _broker(directory, endpoints["nats"])),
        *judged(SERVICE_CHECKS, await asyncio.to_thread(_answers, endpoints["http"])),
    ]


def _reached(name: str, checks: Sequence[Check[T]], gathered: T | str) -> Iterator[Finding]:
    """Yield whether a server answers, and then what the checks of it find."""
    if isinstance(gathered, str):
        yield Finding(name, Verdict.FAIL, gathered, "read its log under logs/")
    else:
        yield Finding(name, Verdict.OK, "it does", "")
    yield from judged(checks, gathered)


def _runs(directory: DataDirectory) -> bool:
    """Tell whether the system runs: whoever runs it holds the lock."""
    if elsewhere(directory) is not None:
        return directory.endpoints.exists()
    with held_lock(directory.root / "lock", wait=False) as ours:
        return not ours


def _endpoints(directory: DataDirectory) -> dict[str, Any] | None:
    """Return where everything is; None while it starts or stops."""
    try:
        found: dict[str, Any] = json.loads(directory.endpoints.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return found


async def _databases(directory: DataDirectory) -> Databases | str:
    try:
        return await _asked_databases(directory)
    except UNREACHABLE as error:
        return f"PostgreSQL does not answer ({error or type(error).__name__})"


async def _asked_databases(directory: DataDirectory) -> Databases:
    connection = await postgres.connect(directory)
    try:
        [state] = await connection.fetch(QUERIES["state"])
        skew = state["now"] - datetime.now(UTC)
    finally:
        await connection.close()
    owning = [service for service in SERVICES if service.database]
    applied: dict[str, dict[str, str]] = {}
    backlogs: dict[str, Backlog] = {}
    fits = True
    for service in owning:
        connection = await postgres.connect(directory, database=service.name)
        try:
            applied[service.name] = await migrations_run(connection)
            if service.consumes == INTAKE:
                [row] = await connection.fetch(BACKLOG)
                backlogs[service.name] = _backlog(row)
            if service.keeps_vault:
                fits = await _vault_fits(connection, directory)
        finally:
            await connection.close()
    not_run, changed, unknown = _compared(applied)
    return Databases(
        skew=skew,
        connections=state["connections"],
        connections_max=state["connections_max"],
        weak=await _weak_database(directory),
        not_run=not_run,
        changed=changed,
        unknown=unknown,
        backlogs=backlogs,
        vault_fits=fits,
    )


def _compared(applied: dict[str, dict[str, str]]) -> tuple[list[str], list[str], list[str]]:
    """Return which migrations have not run, were changed, or are not known here."""
    not_run, changed, unknown = [], [], []
    for database, ran in applied.items():
        known = known_migrations(database)
        wanted = of_the_owner(known, ran)
        not_run += [f"{database}: {name}" for name in wanted if name not in ran]
        changed += [
            f"{database}: {name}"
            for name, digest in ran.items()
            if name in known and known[name] != digest
        ]
        unknown += [f"{database}: {name}" for name in ran if name not in known]
    return not_run, changed, unknown


def _backlog(row: asyncpg.Record) -> Backlog:
    return Backlog(
        outbox=row["outbox"],
        outbox_age=timedelta(seconds=row["outbox_age_seconds"]),
        waiting=row["waiting"],
        waiting_age=timedelta(seconds=row["waiting_age_seconds"]),
        rejected=row["rejected"],
    )


async def _vault_fits(connection: asyncpg.Connection, directory: DataDirectory) -> bool:
    """Tell whether the key is the one that the vault was filled with; an unfilled one takes any.

    Source:
        `services/events/vault.py`, which leaves the mark of its key.
    """
    mark = await connection.fetchval(QUERIES["vault_mark"])
    try:
        key = bytes.fromhex(directory.vault_key.read_text("utf-8").strip())
    except (OSError, ValueError):
        return True  # said by the checks of files
    return mark is None or hmac.new(key, b"key", hashlib.sha256).digest() == mark


async def _weak_database(directory: DataDirectory) -> str | None:
    try:
        await boot_check.check_postgres(directory, SERVICES)
    except boot_check.WeakDurability as error:
        return str(error)
    return None


async def _broker(directory: DataDirectory, nats_url: str) -> Broker | str:
    try:
        # nats-py itself would try for minutes
        where = urlsplit(nats_url)
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.close()
        return await _asked_broker(directory, nats_url)
    except UNREACHABLE as error:
        return f"NATS does not answer ({error or type(error).__name__})"


async def _asked_broker(directory: DataDirectory, nats_url: str) -> Broker:
    monitor = await broker.connect(nats_url, MONITOR, directory.seed(MONITOR))
    try:
        server = await _system(monitor, "VARZ")
        now = datetime.now(UTC)
        store = await _system(monitor, "JSZ")
    finally:
        await monitor.close()
    connection = await broker.connect(nats_url, PROVISION, directory.seed(PROVISION))
    try:
        jetstream = connection.jetstream()
        intake, limit = None, 1
        missing: Sequence[str] = ()
        untaken = 0
        with suppress(NotFoundError):
            info = await jetstream.stream_info(INTAKE)
            intake, limit = info.state.bytes, info.config.max_bytes or 1
            there = {
                (stream, name)
                for stream in (INTAKE, FACTS)
                for name in await consumer_names(connection, stream)
            }
            missing = [
                str(config.durable_name)
                for stream, config in consumers(read_sources(directory))
                if (stream, config.durable_name) not in there
            ]
            untaken = sum(
                (each.num_pending or 0) + (each.num_ack_pending or 0)
                for each in (await intake_consumers(jetstream)).values()
            )
        lost = await bytes_lost(connection)
    finally:
        await connection.close()
    return Broker(
        skew=datetime.fromisoformat(server["now"]) - now,
        weak=await _weak_broker(directory, nats_url),
        stored=store["storage"],
        stored_max=store["config"]["max_storage"],
        intake=intake,
        intake_max=limit,
        missing_consumers=missing,
        untaken=untaken,
        lost=lost,
    )


async def _system(connection: Client, what: str) -> dict[str, Any]:
    """Return what the server reports of itself, asked through the system account."""
    answer = await connection.request(f"$SYS.REQ.SERVER.PING.{what}", timeout=ANSWER_SECONDS_MAX)
    said: dict[str, Any] = json.loads(answer.data)["data"]
    return said


async def _weak_broker(directory: DataDirectory, nats_url: str) -> str | None:
    try:
        await boot_check.check_nats(directory, nats_url)
    except boot_check.WeakDurability as error:
        return str(error)
    return None


def _answers(addresses: dict[str, str]) -> Answers:
    states: dict[str, str] = {}
    skews: dict[str, timedelta] = {}
    for service, address in addresses.items():
        try:
            status, body, said = _get(address, "/readyz")
        except (OSError, HTTPException):
            states[service] = "does not answer"
            continue
        states[service], _ = readiness(status, body)
        if said is not None:
            # The header has whole seconds: half a second is the best guess of what it leaves out.
            skews[service] = said + timedelta(seconds=0.5) - datetime.now(UTC)
    try:
        _, body, _ = _get(addresses["reporting"], "/metrics")
        complete = audited(body.decode())
    except (OSError, HTTPException):
        complete = False, "not known, reporting does not answer"
    return Answers(states, skews, complete)


def _get(address: str, target: str) -> tuple[int, bytes, datetime | None]:
    """Return the status and the body of an answer, and when it says it was given."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        moment = answer.getheader("Date")
        return answer.status, answer.read(), parsedate_to_datetime(moment) if moment else None
    finally:
        connection.close()
