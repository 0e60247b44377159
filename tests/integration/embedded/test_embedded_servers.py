"""PostgreSQL and NATS start, keep their data, and keep the services apart."""

import json
import os
import socket
import stat
from pathlib import Path

import asyncpg
import pytest

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import HOST, SERVICES
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.supervisor import servers
from shared.jetstream import provision


async def test_a_second_start_goes_on_with_the_same_data(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base) as running:
        await _provision(running.nats_url, running.seed_file("provision"))
        await _publish_as_demo(running.nats_url, running.seed_file("demo"))
        owner = await postgres.connect(running.directory, "events_owner", "events")
        await owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await owner.close()

    async with servers(data_dir, port_base) as running:
        owner = await postgres.connect(running.directory, "events_owner", "events")
        assert await owner.fetchval("SELECT answer FROM kept") == 42
        await owner.close()
        connection = await broker.connect(
            running.nats_url, "provision", running.seed_file("provision")
        )
        assert (await connection.jetstream().stream_info("INTAKE")).state.messages == 1
        await connection.close()


async def test_messages_stay_in_intake_for_as_long_as_the_operator_says(
    data_dir: Path, port_base: int
) -> None:
    async with servers(data_dir, port_base) as running:
        connection = await broker.connect(
            running.nats_url, "provision", running.seed_file("provision")
        )
        for days in (7, 2, 2):
            await provision(connection, ["demo"], intake_days=days)
            config = (await connection.jetstream().stream_info("INTAKE")).config
            assert config.max_age == days * 24 * 3600
        assert config.allow_atomic is True
        facts = (await connection.jetstream().stream_info("FACTS")).config
        assert facts.max_age == 7 * 24 * 3600
        await connection.close()


async def test_each_role_reaches_its_own_database_and_no_other(
    data_dir: Path, port_base: int
) -> None:
    async with servers(data_dir, port_base) as running:
        owning = [service for service in SERVICES if service.database]
        for service in owning:
            for role in (service.name, postgres.owner_role(service.name)):
                own = await postgres.connect(running.directory, role, service.name)
                await own.close()
                others = {other.name for other in owning} - {service.name}
                for database in (*others, "postgres", "template1"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
                        await postgres.connect(running.directory, role, database)


async def test_a_role_that_only_runs_makes_no_tables(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base) as running:
        connection = await postgres.connect(running.directory, "membership", "membership")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine (id int)")
        await connection.close()


async def test_a_wrong_password_is_refused(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base) as running:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=running.database_host,
                port=running.database_port,
                user="events",
                database="events",
                password=running.password_file("membership").read_text(),
            )


async def test_a_lost_password_is_made_anew(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base) as running:
        running.password_file("events").unlink()
    async with servers(data_dir, port_base) as running:
        connection = await postgres.connect(running.directory, "events", "events")
        await connection.close()


async def test_what_is_secret_is_private(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base) as running:
        directory = running.directory
        for private in (directory.secrets, directory.logs, directory.nats, directory.postgres):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700, private
        for file in (*directory.secrets.iterdir(), *directory.logs.iterdir(), directory.processes):
            mode = 0o700 if file.is_dir() else 0o600
            assert stat.S_IMODE(file.stat().st_mode) == mode, file
        tokens = json.loads(directory.tokens.read_text()).values()
        holders = {(token["name"], token["role"]) for token in tokens}
        assert {
            ("operator", "operator"),
            ("membership", "service"),
            ("demo", "publisher"),
        } <= holders


async def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(
    data_dir: Path, port_base: int
) -> None:
    deep = data_dir / ("d" * 90) / "data"
    for _ in range(2):
        async with servers(deep, port_base) as running:
            assert not running.database_host.startswith(str(data_dir))
            connection = await postgres.connect(running.directory, "events", "events")
            await connection.close()
    postgres.socket_directory(running.directory).rmdir()


async def test_a_socket_directory_that_somebody_else_made_is_not_used(
    data_dir: Path, port_base: int
) -> None:
    deep = data_dir / ("d" * 90) / "data"
    elsewhere = postgres.socket_directory(DataDirectory.at(deep))
    elsewhere.symlink_to(data_dir)
    try:
        with pytest.raises(OperatorError, match=f"{elsewhere} belongs to somebody else"):
            async with servers(deep, port_base):
                pass
    finally:
        elsewhere.unlink()


async def test_a_private_parent_folder_is_opened_for_passing_through_at_most(
    data_dir: Path, port_base: int
) -> None:
    home = data_dir / "home"
    home.mkdir(mode=0o700)
    async with servers(home / "tandem", port_base):
        expected = 0o701 if os.geteuid() == 0 else 0o700
        assert stat.S_IMODE(home.stat().st_mode) == expected


async def test_a_taken_port_is_said_in_a_sentence(data_dir: Path, port_base: int) -> None:
    with socket.create_server((HOST, port_base + 3)), pytest.raises(OperatorError) as refusal:
        async with servers(data_dir, port_base):
            pass
    assert str(refusal.value) == (
        f"Port {port_base + 3}, for the gRPC side of resources, is taken "
        "(Address already in use): free it, or choose other ports with --port-base."
    )


async def test_a_second_start_at_the_same_time_is_refused(data_dir: Path, port_base: int) -> None:
    async with servers(data_dir, port_base):
        with pytest.raises(OperatorError, match=f"Tandem runs on {data_dir} already"):
            async with servers(data_dir, port_base + 20):
                pass


async def _provision(nats_url: str, seed_file: Path) -> None:
    connection = await broker.connect(nats_url, "provision", seed_file)
    await provision(connection, ["demo"])
    await connection.close()


async def _publish_as_demo(nats_url: str, seed_file: Path) -> None:
    connection = await broker.connect(nats_url, "demo", seed_file)
    await connection.jetstream().publish("intake.demo.events.activity_held", b"{}")
    await connection.close()
