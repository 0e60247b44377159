"""The system refuses to start on settings that could lose what it acknowledged."""

import shutil
from pathlib import Path

import pytest

from shared.embedded import postgres
from shared.embedded.boot_check import WeakDurability
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import servers


@pytest.fixture
async def directory(data_dir: Path, port_base: int) -> DataDirectory:
    """A data directory that has started once, so that it can be weakened."""
    async with servers(data_dir, port_base) as running:
        return running.directory


async def refusal(directory: DataDirectory, port_base: int) -> str:
    with pytest.raises(WeakDurability) as weak:
        async with servers(directory.root, port_base):
            pass
    return str(weak.value)


async def test_nats_that_syncs_now_and_then_is_refused(
    directory: DataDirectory, port_base: int
) -> None:
    override = directory.nats / "jetstream.override.conf"
    override.write_text('# faster\nsync_interval: "2m"\n')

    sentence = await refusal(directory, port_base)

    assert "sync_always = false" in sentence
    assert f"It stands in {override}, line 2" in sentence
    assert "set sync_interval: always" in sentence


async def test_a_store_as_large_as_the_disk_is_refused(
    directory: DataDirectory, port_base: int
) -> None:
    disk = shutil.disk_usage(directory.nats).total
    override = directory.nats / "override.conf"
    override.write_text(
        f'jetstream {{ store_dir: "{directory.nats}", sync_interval: always,\n'
        f" max_file_store: {disk} }}\n"
    )

    sentence = await refusal(directory, port_base)

    assert f"max_file_store = {disk}" in sentence
    assert f"It stands in {override}, line 2" in sentence


async def test_a_store_in_another_place_is_refused(
    directory: DataDirectory, port_base: int
) -> None:
    elsewhere = directory.root / "elsewhere"
    (directory.nats / "jetstream.override.conf").write_text(f'store_dir: "{elsewhere}"\n')

    assert f"keeps its streams in {elsewhere}" in await refusal(directory, port_base)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_postgres_that_may_forget_is_refused(
    directory: DataDirectory, port_base: int, setting: str
) -> None:
    override = directory.postgres / postgres.OVERRIDE
    override.write_text(f"work_mem = 8MB\n{setting} = off\n")
    override.chmod(0o644)

    sentence = await refusal(directory, port_base)

    assert f"PostgreSQL runs with {setting} = off" in sentence
    assert f"It stands in {override}, line 2: remove that line" in sentence


async def test_a_weaker_setting_for_one_role_alone_is_refused(
    directory: DataDirectory, port_base: int
) -> None:
    async with servers(directory.root, port_base):
        superuser = await postgres.connect(directory)
        await superuser.execute("ALTER ROLE events SET synchronous_commit = off")
        await superuser.close()

    sentence = await refusal(directory, port_base)

    assert "synchronous_commit = off for events" in sentence
    assert "It stands in ALTER ROLE events" in sentence


async def test_a_secret_that_others_may_read_is_refused(
    directory: DataDirectory, port_base: int
) -> None:
    seed = directory.seed("events")
    seed.chmod(0o644)
    assert f"chmod 600 {seed}" in await refusal(directory, port_base)

    seed.chmod(0o600)
    code = directory.login_codes / "of-somebody"
    code.touch(0o640)
    assert f"chmod 600 {code}" in await refusal(directory, port_base)


async def test_an_override_that_weakens_nothing_is_taken(
    directory: DataDirectory, port_base: int
) -> None:
    override = directory.postgres / postgres.OVERRIDE
    override.write_text("work_mem = 9MB\n")
    override.chmod(0o644)
    async with servers(directory.root, port_base):
        superuser = await postgres.connect(directory)
        assert await superuser.fetchval("SHOW work_mem") == "9MB"
        await superuser.close()
