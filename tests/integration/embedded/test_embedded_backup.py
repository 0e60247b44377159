"""A stopped system in one file: what is in it, what is refused, what a restore leaves behind."""

import asyncio
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.backup.making import database_server, make_backup, postgres_alone
from shared.embedded.backup.manifest import NAME
from shared.embedded.backup.restoring import restore_backup, verify_backup
from shared.embedded.catalogue import SERVICES
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock
from shared.embedded.elsewhere import Elsewhere, remember
from shared.embedded.provisioning import migrate
from shared.embedded.supervisor import servers
from shared.erasing.erased import add_erased, erased_in
from shared.operator_log import OperatorLog
from shared.sealing import Keys
from shared.sealing.documents import sealed
from tests.support.machine import free_port_base

ERASED_AT = datetime(2026, 1, 1, tzinfo=UTC)
FACTS = 3
FACT = """
insert into ledger
    (stream, version, fact_id, type, data, occurred_at, recorded_at, source, source_id)
values ($1, $2, $3, 'events.activity_held.v1', '{"activity_id": "w1"}', now(), now(), 'demo', $4)
"""


@dataclass(frozen=True)
class Made:
    """A stopped system and its backup."""

    directory: DataDirectory
    file: Path


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with TemporaryDirectory(prefix="tandem-backup-") as folder:
        directory, file = DataDirectory.at(Path(folder) / "data"), Path(folder) / "tandem.backup"
        asyncio.run(_filled(directory))
        asyncio.run(make_backup(directory, file))
        yield Made(directory, file)


@pytest.fixture
def elsewhere(data_dir: Path) -> DataDirectory:
    """A place for a restored system."""
    return DataDirectory.at(data_dir / "restored")


async def _filled(directory: DataDirectory) -> None:
    """Every table, facts with an outbox, somebody in the vault, and settings of an operator."""
    async with servers(directory.root, free_port_base()) as running:
        await migrate(running, SERVICES)
        connection = await postgres.connect(directory, "events", "events")
        for version in range(1, FACTS + 1):
            await connection.execute(FACT, "activity-w1", version, uuid4(), f"id-{version}")
        await connection.execute("insert into outbox select position from ledger where version > 1")
        await connection.execute("insert into person (person) values ('p1')")
        await connection.close()
    (directory.postgres / postgres.OVERRIDE).write_text("work_mem = 8MB\n")
    (directory.nats / broker.OVERRIDE).write_text("# mine\n")
    add_erased(directory.erased, {"somebody": ERASED_AT})


async def test_a_stopped_system_is_written_and_stays_stopped(made: Made) -> None:
    manifest = verify_backup(made.file)

    assert made.file.stat().st_mode & 0o777 == 0o600
    assert manifest.facts == {"events": FACTS, "membership": 0, "resources": 0, "reporting": 0}
    assert manifest.databases["events"].last_positions == {"public": FACTS}
    assert manifest.databases["reporting"].last_positions == {"publication": 0}
    assert manifest.databases["events"].rows["public.outbox"] == FACTS - 1
    assert manifest.erased == 1
    with pytest.raises(FileNotFoundError):
        await postgres.connect(made.directory)


def test_no_password_of_a_running_moment_is_in_it_and_every_key_is(made: Made) -> None:
    names = {part.name for part in verify_backup(made.file).parts}
    secrets = {f"files/secrets/{path.name}" for path in made.directory.secrets.glob("*.*")}

    dumped = {name for name in names if name.startswith("databases/")}
    assert dumped == {f"databases/{each.name}.dump" for each in SERVICES if each.backed_up} - {
        "databases/gateway.dump"
    }
    assert "databases/operations.dump" not in names
    assert {each for each in secrets if not each.endswith(".lock")} <= names
    assert not [name for name in names if "lock" in name or "login" in name or "logs" in name]
    assert {"files/operator.log", "files/operator.log.head", "files/erased/people.jsonl"} <= names


async def test_what_is_restored_is_what_was_there(made: Made, elsewhere: DataDirectory) -> None:
    manifest = await restore_backup(made.file, elsewhere)

    for name in ("vault.key", "signing.key", "demo.seed", "events.password", "tokens.json"):
        restored = elsewhere.secrets / name
        assert restored.read_text() == (made.directory.secrets / name).read_text()
        assert restored.stat().st_mode & 0o777 == 0o600
    assert (elsewhere.nats / broker.OVERRIDE).read_text() == "# mine\n"
    assert erased_in(elsewhere.erased) == {"somebody": ERASED_AT}
    log = OperatorLog(elsewhere.operator_log)
    assert [entry.act for entry in log.read()][-2:] == ["backup.made", "backup.restored"]
    assert log.verify().faults == []
    async with postgres_alone(elsewhere):
        connection = await postgres.connect(elsewhere, "events", "events")
        assert await connection.fetchval("show work_mem") == "8MB"
        facts = await connection.fetch("select position, version from ledger order by 1")
        assert [tuple(each) for each in facts] == [(1, 1), (2, 2), (3, 3)]
        assert await connection.fetchval("select count(*) from outbox") == FACTS - 1
        await connection.execute(FACT, "activity-w1", FACTS + 1, uuid4(), "id-4")
        assert await connection.fetchval("select max(position) from ledger") == FACTS + 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("delete from ledger")
        await connection.close()
    assert manifest.key_id is not None
    assert in_folder(elsewhere.root.parent) == ["restored"]


async def test_a_restored_system_starts_and_migrates_nothing_anew(
    made: Made, elsewhere: DataDirectory
) -> None:
    await restore_backup(made.file, elsewhere)
    async with servers(elsewhere.root, free_port_base()) as running:
        await migrate(running, SERVICES)
        connection = await postgres.connect(elsewhere, database="events")
        assert await connection.fetchval("select count(*) from ledger") == FACTS
        await connection.close()
        # What a backup leaves out is begun anew, and its service may use it.
        connection = await postgres.connect(elsewhere, "operations", "operations")
        assert await connection.fetchval("select count(*) from span") == 0
        await connection.close()


async def test_whoever_is_on_either_list_of_the_erased_is_on_the_restored_one(
    made: Made, elsewhere: DataDirectory, data_dir: Path
) -> None:
    newer = data_dir / "people.jsonl"
    add_erased(newer, {"somebody": ERASED_AT, "p1": ERASED_AT})

    await restore_backup(made.file, elsewhere, erased=newer)

    assert erased_in(elsewhere.erased).keys() == {"somebody", "p1"}


async def test_nothing_is_overwritten(made: Made, elsewhere: DataDirectory) -> None:
    before = made.file.read_bytes()
    with pytest.raises(OperatorError, match="overwrites nothing"):
        await make_backup(made.directory, made.file)
    assert made.file.read_bytes() == before

    elsewhere.root.mkdir()
    (elsewhere.root / "mine").touch()
    with pytest.raises(OperatorError, match="is not empty"):
        await restore_backup(made.file, elsewhere)
    assert in_folder(elsewhere.root) == ["mine"]


async def test_a_system_that_runs_without_its_database_is_told(made: Made, data_dir: Path) -> None:
    with held_lock(made.directory.root / "lock", wait=False) as ours:
        assert ours
        with pytest.raises(OperatorError, match=r"PostgreSQL of .* does not answer"):
            async with database_server(made.directory):
                pass
        with pytest.raises(OperatorError):
            await make_backup(made.directory, data_dir / "none.backup")
    assert in_folder(data_dir) == [], "nothing is left of a backup that failed"
    acts = [entry.act for entry in OperatorLog(made.directory.operator_log).read()]
    assert acts[-2:] == ["backup.made", "backup.made.failed"]


async def test_a_system_whose_servers_run_elsewhere_is_told_how(made: Made, data_dir: Path) -> None:
    remember(made.directory, Elsewhere("nats://nats:4222", "postgres", 5432, "http://localhost"))
    try:
        with pytest.raises(OperatorError, match="PostgreSQL runs on postgres"):
            await make_backup(made.directory, data_dir / "none.backup")
    finally:
        made.directory.servers.unlink()
    assert in_folder(data_dir) == []


# What was changed is refused, and nothing is left of it


def _flipped(part: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        content = bytearray(parts[part])
        content[len(content) // 2] ^= 1
        parts[part] = bytes(content)

    return change


def _without(part: str) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.__delitem__(part)


def _with(part: str, content: bytes = b"more") -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.__setitem__(part, content)


def _manifest(**changed: Any) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts[NAME] = json.dumps(json.loads(parts[NAME]) | changed).encode()

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flipped("databases/events.dump"), r"databases/events\.dump was changed"),
        (_flipped("files/secrets/vault.key"), r"vault\.key was changed"),
        (_flipped("files/operator.log"), r"operator\.log was changed"),
        (_without("files/erased/people.jsonl"), r"people\.jsonl is missing"),
        (_with("files/secrets/evil.key"), r"evil\.key is in it, and should not be"),
        (_manifest(erased=7), "manifest was changed"),
        (_manifest(seal=None), "carries no seal"),
        (_without(NAME), "was not finished"),
        (_with("files/secrets/signing.key", b"07" * 32), "another key"),
        (_with("files/secrets/signing.key", b"no key"), "its sealing key is none"),
    ],
)
async def test_a_backup_that_is_not_as_it_was_made_is_refused(
    made: Made,
    elsewhere: DataDirectory,
    data_dir: Path,
    change: Callable[[dict[str, bytes]], None],
    said: str,
) -> None:
    file = _changed(made.file, data_dir, change)

    with pytest.raises(OperatorError, match=said):
        verify_backup(file)
    with pytest.raises(OperatorError, match=said):
        await restore_backup(file, elsewhere)
    assert not elsewhere.root.exists()


def test_a_backup_cut_short_anywhere_is_refused(made: Made, data_dir: Path) -> None:
    whole, torn = made.file.read_bytes(), data_dir / "torn.backup"
    for share in (0.0, 0.1, 0.5, 0.9, 0.99):
        torn.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(OperatorError):
            verify_backup(torn)


def test_a_backup_of_somebody_else_is_told_by_the_keys(made: Made) -> None:
    mine = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(made.directory.signing_key.read_text())
    )
    others = Keys.of_document_keys(Ed25519PrivateKey.generate().public_key())

    assert verify_backup(made.file, Keys.of_document_keys(mine.public_key())).erased == 1
    with pytest.raises(OperatorError, match="sealed with another key"):
        verify_backup(made.file, others)


@pytest.mark.parametrize(
    ("migration", "said"), [("events/sql/9999_later.sql", "a newer one"), (None, "does not hold")]
)
async def test_what_this_version_cannot_go_on_with_is_refused_and_leaves_nothing(
    made: Made, elsewhere: DataDirectory, data_dir: Path, migration: str | None, said: str
) -> None:
    def change(parts: dict[str, bytes]) -> None:
        document = json.loads(parts[NAME])
        events = document["databases"]["events"]
        if migration is None:
            events["rows"]["public.ledger"] += 1
        else:
            events["migrations"].append(migration)
        secret = bytes.fromhex(parts["files/secrets/signing.key"].decode())
        key = Ed25519PrivateKey.from_private_bytes(secret)
        parts[NAME] = json.dumps(sealed(document, key)).encode()

    file = _changed(made.file, data_dir, change)
    file = file.rename(data_dir.parent / f"{data_dir.name}.backup")
    try:
        with pytest.raises(OperatorError, match=said):
            await restore_backup(file, elsewhere)
    finally:
        file.unlink()
    assert in_folder(data_dir) == []


def in_folder(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _changed(file: Path, folder: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with tarfile.open(file) as tar:
        parts = {info.name: _content(tar, info) for info in tar}
    change(parts)
    changed = folder / "changed.backup"
    with tarfile.open(changed, "w") as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return changed


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(info)
    assert opened is not None
    return opened.read()
