"""The system starts in order, comes back from kills, and stops without leaving anything."""

import asyncio
import json
import os
import signal
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.embedded import nats as broker
from shared.embedded import postgres, process, process_table, provisioning
from shared.embedded.catalogue import Service
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.process import PROJECT_ROOT, Program, SupervisedProcess
from shared.embedded.supervisor import running_system, servers
from tests.support.settling import SECONDS_MAX, until

STAND_IN_UP = str(Path(__file__).with_name("stand_in_up.py"))
NOBODY = 65_534


async def test_endpoints_say_where_everything_is_and_go_when_it_stops(
    data_dir: Path, port_base: int, stand_ins: tuple[Service, ...]
) -> None:
    directory = DataDirectory.at(data_dir)
    async with running_system(data_dir, port_base, services=stand_ins) as endpoints:
        assert stat.S_IMODE(directory.endpoints.stat().st_mode) == 0o600
        assert json.loads(directory.endpoints.read_text()) == endpoints
        assert endpoints["nats"] == f"nats://127.0.0.1:{port_base}"
        assert endpoints["grpc"]["reporting"] == f"127.0.0.1:{port_base + 4}"
        assert endpoints["http"]["reporting"] == f"http://127.0.0.1:{port_base + 10}"
        assert endpoints["credentials"]["demo"]["nkey_seed_file"] == str(directory.seed("demo"))
        assert set(endpoints["tokens"]) == {"viewer", "staff", "operator"}
        assert endpoints["http"]["gateway"] == f"http://127.0.0.1:{port_base + 14}"
        assert endpoints["http"]["operations"] == f"http://127.0.0.1:{port_base + 15}"
        assert not {"gateway", "operations"} & set(endpoints["grpc"])
        names = {"nats", "postgres", *(service.name for service in stand_ins)}
        pids = dict(endpoints["processes"])
        assert set(pids) == names
    assert not directory.endpoints.exists()
    assert not any(is_alive(pid) for pid in pids.values())


@pytest.mark.parametrize("name", ["nats", "postgres", "events"])
async def test_a_killed_process_comes_back_and_its_new_pid_is_told(
    data_dir: Path, port_base: int, stand_ins: tuple[Service, ...], name: str
) -> None:
    directory = DataDirectory.at(data_dir)
    async with running_system(data_dir, port_base, services=stand_ins) as endpoints:
        before = dict(endpoints["processes"])
        os.kill(before[name], signal.SIGKILL)

        async def is_back() -> bool:
            told = json.loads(directory.endpoints.read_text())["processes"]
            return told.get(name, before[name]) != before[name] and await all_ready(endpoints)

        await until(is_back, f"{name} is back")
        after = endpoints["processes"]
        assert {other for other in before if before[other] != after[other]} == {name}


async def test_a_deleted_stream_comes_back(
    data_dir: Path,
    port_base: int,
    stand_ins: tuple[Service, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provisioning, "PROVISION_EVERY_SECONDS", 0.1)
    async with running_system(data_dir, port_base, services=stand_ins) as endpoints:
        connection = await broker.connect(
            endpoints["nats"], "provision", DataDirectory.at(data_dir).seed("provision")
        )
        await connection.jetstream().delete_stream("INTAKE")

        async def is_back() -> bool:
            with suppress(Exception):
                await connection.jetstream().consumer_info("INTAKE", "events-demo")
                return True
            return False

        await until(is_back, "the stream is back")
        await connection.close()


async def test_a_service_that_does_not_start_is_named_with_its_last_words(
    data_dir: Path,
    port_base: int,
    stand_ins: tuple[Service, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "STARTS_BEFORE_READY_MAX", 2)
    script = "import sys; sys.argv[1:] or sys.exit('no vault key today')"
    broken = replace(stand_ins[1], command=(sys.executable, "-c", script))
    services = (stand_ins[0], broken)
    with pytest.raises(OperatorError) as refusal:
        async with running_system(data_dir, port_base, services=services):
            pass
    assert str(refusal.value).startswith("events died 1 times before it was ready")
    assert "no vault key today" in str(refusal.value)
    assert not DataDirectory.at(data_dir).endpoints.exists()


async def test_a_migration_that_fails_is_named_with_its_last_words(
    data_dir: Path, port_base: int, stand_ins: tuple[Service, ...]
) -> None:
    broken = replace(stand_ins[0], command=(sys.executable, "-c", "raise SystemExit('no such ')"))
    with pytest.raises(OperatorError, match=r"(?s)membership-migrate ended with 1.*no such"):
        async with running_system(data_dir, port_base, services=(broken,)):
            pass


async def test_a_service_that_does_not_listen_to_sigterm_is_killed(
    data_dir: Path,
    port_base: int,
    stand_ins: tuple[Service, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "STOP_SECONDS_MAX", 0.3)
    async with running_system(data_dir, port_base, services=stand_ins) as endpoints:
        pid = endpoints["processes"]["events"]
        os.kill(pid, signal.SIGSTOP)
    assert not is_alive(pid)


async def test_a_program_that_ends_at_the_moment_it_is_to_be_killed_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    kept = SupervisedProcess(Program("sleeper", command, tmp_path / "log"), lambda: None)
    kept.start()
    await kept.wait_ready(SECONDS_MAX)
    pid = kept.pid

    async def too_late(ending: Awaitable[int], seconds: float) -> None:
        await ending
        raise TimeoutError

    monkeypatch.setattr(asyncio, "wait_for", too_late)
    await kept.stop()
    assert pid is not None
    assert not is_alive(pid)


async def test_up_says_ready_and_stops_on_a_signal(data_dir: Path, port_base: int) -> None:
    up = await start_up(data_dir, port_base)
    endpoints = await endpoints_of(up, data_dir)
    assert await all_ready(endpoints)
    up.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(up.wait(), SECONDS_MAX) == 0
    assert not DataDirectory.at(data_dir).endpoints.exists()


async def test_up_runs_as_an_ordinary_user(data_dir: Path, port_base: int) -> None:
    if os.geteuid() == 0:
        os.chown(data_dir, NOBODY, NOBODY)
    for _ in range(2):
        up = await start_up(data_dir, port_base, *as_ordinary_user())
        endpoints = await endpoints_of(up, data_dir)
        owner = psutil.Process(endpoints["processes"]["postgres"]).uids().effective
        assert owner == (os.geteuid() or NOBODY)
        up.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(up.wait(), SECONDS_MAX) == 0


async def test_up_on_weak_settings_says_why_and_exits_with_1(
    data_dir: Path, port_base: int
) -> None:
    directory = DataDirectory.at(data_dir)
    directory.create()
    (directory.nats / "jetstream.override.conf").write_text('sync_interval: "1s"\n')
    up = await start_up(data_dir, port_base)
    output, _ = await up.communicate()
    assert up.returncode == 1
    assert b"NATS runs with sync_always = false" in output.splitlines()[-1]


async def test_the_children_of_a_killed_supervisor_do_not_keep_the_next_one_out(
    data_dir: Path, port_base: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_table, "LEFTOVER_SECONDS_MAX", 0.5)
    up = await start_up(data_dir, port_base)
    pids = (await endpoints_of(up, data_dir))["processes"]
    os.kill(pids["nats"], signal.SIGSTOP)  # it will not hear that its parent has died
    up.kill()
    await up.wait()

    async with servers(data_dir, port_base) as running:
        assert not any(is_alive(pid) for pid in pids.values())
        connection = await postgres.connect(running.directory, "events", "events")
        await connection.close()
        assert not running.directory.endpoints.exists()


async def test_lock_files_whose_pid_is_somebody_elses_do_not_keep_postgres_out(
    data_dir: Path, port_base: int
) -> None:
    async with servers(data_dir, port_base) as running:
        sockets = postgres.socket_directory(running.directory)
        lock_files = [running.directory.postgres / "postmaster.pid", *sockets.glob(".s.*.lock")]
        old = [file.read_text() for file in lock_files]
        assert len(old) == 2
    for file, text in zip(lock_files, old, strict=True):
        _, *rest = text.splitlines(keepends=True)
        file.write_text("".join([f"{os.getpid()}\n", *rest]))
    async with servers(data_dir, port_base):
        assert [file.read_text() for file in lock_files] != old


async def all_ready(endpoints: dict[str, Any]) -> bool:
    for address in endpoints["http"].values():
        host, port = address.removeprefix("http://").split(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False
        writer.write(b"GET /readyz HTTP/1.1\r\n\r\n")
        answer = await reader.readline()
        writer.close()
        if b" 200 " not in answer:
            return False
    return True


def is_alive(pid: int) -> bool:
    """Whether it runs; an orphan that nobody has waited for yet runs no more."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


async def start_up(data: Path, port_base: int, *wrapped: str) -> Process:
    command = (sys.executable, STAND_IN_UP, "--data", str(data), "--port-base", str(port_base))
    return await asyncio.create_subprocess_exec(
        *wrapped, *command, stdout=PIPE, stderr=asyncio.subprocess.STDOUT, cwd=PROJECT_ROOT
    )


async def endpoints_of(up: Process, data: Path) -> dict[str, Any]:
    """Return the endpoints once `up` has said that it is ready."""
    assert up.stdout is not None
    said = [b""]
    while not said[-1].startswith(b"ready: http://127.0.0.1:"):
        said.append(await asyncio.wait_for(up.stdout.readline(), SECONDS_MAX))
        assert said[-1], f"it ended before it was ready, with {said}"
    endpoints: dict[str, Any] = json.loads(DataDirectory.at(data).endpoints.read_text())
    return endpoints


def as_ordinary_user() -> tuple[str, ...]:
    """Return what to put before a command; root may have its interpreter where others cannot."""
    if os.geteuid() != 0:
        return ()
    capabilities = "-all,+dac_read_search"
    return (
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        f"--bounding-set={capabilities}",
    )
