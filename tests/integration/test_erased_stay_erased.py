"""Whoever was erased stays erased, whatever backup of the database is brought back."""

import json

from tandem.events.v1.events_pb2 import ErasePersonRequest, Person

from shared.erasing.erased import erased_in
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import attended, scheduled

ANN, BEN = {"email": "ann@gmail.com"}, {"email": "ben@gmail.com"}
VAULT = "select p.person, i.identity, i.weak from person p join person_identity i using (person)"


async def erased(system: System) -> str:
    """Ann and Ben attend, Ann is erased; returns her key once it stands in the file."""
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), attended("w1", None, ANN, BEN))
    await system.settled()
    request = ErasePersonRequest(identity=Person(**ANN))
    request.context.id = "erase-ann"
    await system.stub("events", by="staff").ErasePerson(request)
    file = system.servers.directory.erased

    async def written() -> bool:
        return len(erased_in(file)) == 1

    await until(written, "the file tells who was erased")
    [key] = erased_in(file)
    assert file.stat().st_mode & 0o077 == 0
    return key


async def bring_back(system: System, key: str) -> None:
    """Put Ann into the vault again, as an older backup would."""
    await system.execute(
        "events",
        f"insert into person values ('{key}');"
        f"insert into person_identity values ('\\x01', '{key}', false)",
    )


async def test_an_older_database_brings_nobody_back(system: System) -> None:
    key = await erased(system)
    await system.stop("events")
    await bring_back(system, key)
    await system.execute(
        "events", "delete from outbox; delete from ledger where stream ^@ 'person-'"
    )
    await system.execute("events", "delete from inbox where id = 'erase-ann'")

    await system.start("events")

    assert key not in {row["person"] for row in await system.rows("events", VAULT)}
    last = (await system.facts("events"))[-1]
    assert (last["stream"], last["data"]) == (f"person-{key}", {"person": key})
    assert await system.value("events", "select count(*) from person") == 1, "Ben stays"


async def test_an_older_vault_brings_nobody_back(system: System) -> None:
    key = await erased(system)
    await system.stop("events")
    await bring_back(system, key)
    facts = len(await system.facts("events"))

    await system.start("events")

    assert key not in {row["person"] for row in await system.rows("events", VAULT)}
    assert len(await system.facts("events")) == facts


async def test_a_lost_file_is_written_again_from_the_ledger(system: System) -> None:
    key = await erased(system)
    await system.stop("events")
    file = system.servers.directory.erased
    before = erased_in(file)
    file.unlink()

    await system.start("events")

    assert erased_in(file) == before
    assert list(before) == [key]


async def test_a_line_cut_short_is_passed_over(system: System) -> None:
    key = await erased(system)
    await system.stop("events")
    file = system.servers.directory.erased
    with file.open("a") as open_file:
        open_file.write(json.dumps({"person": "x"})[:-4])

    await system.start("events")

    assert list(erased_in(file)) == [key]
