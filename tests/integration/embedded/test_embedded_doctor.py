"""`tandem doctor` on a real system: nothing wrong, then several faults planted, then stopped."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import HOST, Ports
from shared.embedded.credentials import Hand, rotate_publisher
from shared.embedded.data_directory import DataDirectory
from shared.embedded.doctor.finding import Finding, Verdict
from shared.embedded.doctor.looking import examine
from shared.operator_log import Actor
from tests.support.embedding import embedded, tandem
from tests.support.system import System
from tests.support.telling import attended, scheduled

WARN, FAIL = Verdict.WARN, Verdict.FAIL
OF_THE_MACHINE = {"disk has room", "disk has inodes", "files may be opened"}
"""What is not this test's to say."""


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_faults_are_found_in_a_running_system_and_in_a_stopped_one(
    data_dir: Path, port_base: int
) -> None:
    directory = DataDirectory.at(data_dir / "data")
    async with embedded(directory, port_base) as system:
        await system.publish(scheduled("w1"))
        await system.settled()
        well = await faults(directory)
        assert set(well) <= {"backup is recent"}
        code, said = await tandem("doctor", "--data", str(directory.root))
        assert code == 0, said

        await plant(system, directory)
        found = await faults(directory)
        code, said = await tandem("doctor", "--json", "--data", str(directory.root))

    assert {name: each.verdict for name, each in found.items()} == {
        "secrets are private": FAIL,
        "secrets are there": FAIL,
        "operator log is whole": FAIL,
        "backup is recent": WARN,
        "database is durable": FAIL,
        "schema is of this version": FAIL,
        "vault key fits": FAIL,
        "nothing waits for long": WARN,
        "nothing is rejected": WARN,
    }
    assert "crm.token" in found["secrets are there"].seen
    assert "ALTER ROLE events" in found["database is durable"].seen
    assert "events: events/sql/0001_activities.sql" in found["schema is of this version"].seen
    assert code == 1
    rows = {each["check"]: each for each in json.loads(said)}
    assert rows["vault key fits"]["verdict"] == "fail"
    assert all(each["advice"] for each in rows.values() if each["verdict"] in ("warn", "fail"))

    (directory.postgres / postgres.OVERRIDE).write_text("fsync = off\n")
    (directory.nats / broker.JETSTREAM_OVERRIDE).write_text("# later\nsync_interval: 2m\n")
    directory.endpoints.write_text("{}")
    long_ago = Hand(Actor("test"), lambda: datetime.now(UTC) - timedelta(days=3))
    rotate_publisher(directory.root, "platform", hand=long_ago)
    with socket.socket() as taken:
        taken.bind((HOST, Ports(port_base).nats))
        taken.listen()
        stopped = await faults(directory, port_base)
    assert str(port_base) in stopped["ports are free"].seen
    weak = stopped["settings keep what is acknowledged"].seen
    assert "fsync in postgres/postgresql.override.conf, line 1" in weak
    assert "sync_interval in nats/jetstream.override.conf, line 2" in weak
    assert "platform" in stopped["rotations are finished"].seen
    assert stopped["endpoints are of a running system"].verdict is WARN
    assert "database is durable" not in stopped, "nobody can be asked"


async def faults(directory: DataDirectory, port_base: int | None = None) -> dict[str, Finding]:
    """Return what is not well, by the names of the checks."""
    return {
        each.check: each
        for each in await examine(directory, port_base)
        if each.verdict in (WARN, FAIL) and each.check not in OF_THE_MACHINE
    }


async def plant(system: System, directory: DataDirectory) -> None:
    """Make nine things wrong with a running system."""
    await system.publish(attended("later", None, {"id": "1"}))
    broken = attended("w1", None, {"id": "2"})
    broken["data"]["nothing"] = "of this name"
    await system.publish(broken)
    await system.settled()
    await system.execute(
        "events",
        "update waiting set received_at = now() - interval '2 days';"
        "update migration set digest = 'another' where name = 'events/sql/0001_activities.sql';"
        "alter role events set synchronous_commit = off;",
    )
    directory.token("crm").unlink()
    directory.vault_key.write_text("ab" * 32)
    directory.seed("demo").chmod(0o644)
    lines = directory.operator_log.read_bytes()
    directory.operator_log.write_bytes(lines.replace(b'"demo"', b'"dema"', 1))
