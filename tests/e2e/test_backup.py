"""A running system is written into one file, wiped, and goes on from that file somewhere else."""

import asyncio
import json
from pathlib import Path
from shutil import copy, rmtree
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from tandem.events.v1.events_pb2 import ErasePersonRequest, Person

from deploy.demo.events import demo_events
from shared.embedded.data_directory import DataDirectory
from shared.erasing.erased import erased_in
from shared.operator_log import OperatorLog
from tests.support.embedding import embedded, tandem
from tests.support.flow import PERIOD, Flow
from tests.support.machine import free_port_base
from tests.support.settling import until
from tests.support.system import System, structured
from tests.support.telling import attended, held, scheduled

SETTLED_SECONDS_MAX = 90.0
FLOW = Flow(people=1_000)
QUARTERS = ("2024-Q1", "2024-Q2", PERIOD)
ANN = {"email": "ann@gmail.com"}
KNOWN = "select exists (select from person where person = $1)"


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_a_wiped_system_goes_on_from_its_backup_as_if_nothing_had_been() -> None:
    with TemporaryDirectory(prefix="tandem-backup-") as folder:
        here, base = Path(folder), free_port_base()
        first, second = DataDirectory.at(here / "data"), DataDirectory.at(here / "restored")
        backup, newer = here / "tandem.backup", here / "people.jsonl"
        for name in ("before", "after"):
            (here / name).mkdir()
        async with embedded(first, base) as system:
            await a_history_with_two_versions(system, first)
            published = await versions_of(system, here / "before")
            flowing = asyncio.create_task(sent_slowly(system))
            await until(lambda: flows(system), "facts flow", SETTLED_SECONDS_MAX)
            await succeeds("backup", str(backup), "--data", str(first.root))
            assert not flowing.done(), "nothing was sent while the backup was made"
            await flowing
            await erase_ann(system)
            await system.settled(SETTLED_SECONDS_MAX)
            before = await figures(system)
        copy(first.erased, newer)
        rmtree(first.root)

        said = await succeeds("backup", "verify", str(backup))
        assert said.startswith("Yes:")
        assert backup.stat().st_mode & 0o777 == 0o600
        restore = ("restore", str(backup), "--data", str(second.root))
        await succeeds(*restore, "--erased", str(newer))
        code, said = await tandem(*restore)
        assert (code, "is not empty" in said) == (1, True), said

        async with embedded(second, base) as system:
            await system.settled(SETTLED_SECONDS_MAX)
            restored = await figures(system)
            assert {name: restored[name] for name in QUARTERS[:2]} == {
                name: before[name] for name in QUARTERS[:2]
            }
            await system.send(FLOW.messages())  # as senders do
            await system.settled(SETTLED_SECONDS_MAX)
            assert await figures(system) == before
            assert await versions_of(system, here / "after") == published
            for file in sorted((here / "before").iterdir()):
                said = await succeeds("verify", str(file), "--data", str(second.root))
                assert said.startswith("Yes:"), said
                if file.suffix == ".json":
                    assert (here / "after" / file.name).read_bytes() == file.read_bytes()
            [ann] = erased_in(newer)
            assert not await system.value("events", KNOWN, ann), "the newest list wins"
            await succeeds("audit", "--full", "--data", str(second.root))
            await new_events_count(system, before)
            await succeeds("publish-report", "2024-Q2", "--data", str(second.root))
        log = OperatorLog(second.operator_log)
        acts = [entry.act for entry in log.read()]
        assert log.verify().faults == []
        assert (acts.count("backup.made"), acts.count("backup.restored")) == (1, 1)


async def succeeds(*arguments: str) -> str:
    code, said = await tandem(*arguments)
    assert code == 0, f"tandem {' '.join(arguments)}: {said}"
    return said


async def a_history_with_two_versions(system: System, directory: DataDirectory) -> None:
    """The demo's quarters, one of them published twice, and tables that were rebuilt in between."""
    data = ("--data", str(directory.root))
    await system.send([structured(event) for event in demo_events()])
    await system.publish(scheduled("w1"), held("w1"), attended("w1", None, ANN))
    await system.settled(SETTLED_SECONDS_MAX)
    await succeeds("publish-report", "2024-Q1", *data)
    await succeeds("rebuild", *data)
    await system.publish(scheduled("w2"), held("w2"), attended("w2", None, {"id": "4711"}))
    await system.settled(SETTLED_SECONDS_MAX)
    await succeeds("publish-report", "2024-Q1", "--reason", "R1", "--note", "late", *data)


async def versions_of(system: System, folder: Path) -> list[str]:
    """Save what was published, as JSON and as PDF; returns the hashes."""
    listed = json.loads(await fetched(system, "/reports/2024-Q1/versions.json"))["versions"]
    for each in listed:
        for form in ("json", "pdf"):
            name = f"v{each['version']}.{form}"
            content = await fetched(system, f"/reports/2024-Q1/{name}")
            (folder / name).write_bytes(content)
    assert len(listed) == 2
    return [each["sha256"] for each in listed]


async def fetched(system: System, path: str) -> bytes:
    address, token = system.http("reporting"), system.token("staff")
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.content


async def sent_slowly(system: System) -> None:
    """Send the flow in pieces, each once the one before was taken, so that a backup falls amid."""
    messages = FLOW.messages()
    for begin in range(0, len(messages), 20):
        await system.send(messages[begin : begin + 20])
        await asyncio.sleep(0.1)


async def flows(system: System) -> bool:
    said = "select count(*) > 100 from ledger where type ~ 'participant_joined'"
    return bool(await system.value("events", said))


async def erase_ann(system: System) -> None:
    request = ErasePersonRequest(identity=Person(**ANN))
    request.context.id = "erase-ann"
    await system.stub("events", by="staff").ErasePerson(request)

    async def noted() -> bool:
        return len(erased_in(system.servers.directory.erased)) == 1

    await until(noted, "the file tells who was erased")


async def figures(system: System) -> dict[str, dict[str, Any]]:
    """Return the value of every figure of every quarter that has facts."""
    found = {}
    for quarter in QUARTERS:
        report = json.loads(await fetched(system, f"/reports/{quarter}.json"))
        found[quarter] = {name: each["value"] for name, each in report["figures"].items()}
    return found


async def new_events_count(system: System, before: dict[str, dict[str, Any]]) -> None:
    await system.publish(scheduled("w3"), held("w3"), attended("w3", None, {"id": "new"}))
    await system.settled(SETTLED_SECONDS_MAX)

    async def counted() -> bool:
        now = (await figures(system))["2024-Q1"]
        return bool(now["attendance"] == before["2024-Q1"]["attendance"] + 1)

    await until(counted, "a new event is counted", SETTLED_SECONDS_MAX)
