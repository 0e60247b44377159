"""Somebody who came in by every door is erased: no file names them, and every figure stands."""

import base64
import json
from pathlib import Path
from shutil import rmtree
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from tandem.events.v1 import events_pb2 as pb
from tandem.reporting.v1 import reporting_pb2

from shared.cli.erasing import fingerprint
from shared.contracts.envelope import STRUCTURED
from shared.embedded.data_directory import DataDirectory
from tests.support.canary import Canary, many_people
from tests.support.embedding import embedded, tandem
from tests.support.machine import free_port_base
from tests.support.sending import event_of, gateway, send
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System, binary, structured
from tests.support.telling import attended, came, held, registered, scheduled

FOREIGN = {"name": "Springfield", "country": "US"}
"""A city that nobody can tell from the others of its name."""


def joined(person: dict[str, str], activity: str, **more: Any) -> dict[str, Any]:
    event = attended(activity) | {"type": "tandem.events.participant_joined.v1"}
    event["data"] = {"activity_id": activity, "person": person, "at": "2024-03-27T18:01:00Z"}
    event["data"] |= more
    return event


async def through_every_door(system: System, canary: Canary) -> None:
    """Let the canary come in by each way there is, and be refused and waited for in each."""
    mine, theirs = canary.person("crm"), canary.person("platform")
    await system.publish(registered("gent"), scheduled("w1"), held("w1"), came("w1", "gent"))
    await system.settled()
    # Taken: structured and binary, by two sources, in a city of which nobody can tell which it is.
    await system.publish(attended("w1", None, mine | {"city": FOREIGN}, *many_people(3)), by="crm")
    await system.send([binary(joined(theirs, "w1"), by="platform")], by="platform")
    # Over gRPC.
    request = pb.ReceiveRegistrationRequest(activity_id="w1", person=pb.Person(**mine))
    request.context.id = "registration"
    await system.stub("events", by="crm").ReceiveRegistration(request)
    # Over HTTP, taken and refused.
    async with gateway(system, by="crm") as client:
        for event in (joined(mine, "w1"), joined(mine, "w1", nickname=mine["name"])):
            await send(client, event_of(event, "crm"))
    # Waiting: a short message, and one so long that PostgreSQL compresses it.
    await system.send([binary(joined(mine, "later"), by="crm")], by="crm")
    await system.publish(attended("later", None, theirs, *many_people(300)), by="platform")
    # Rejected: for a field, for the form, in another writing, in a header, by other services.
    await system.publish(joined(mine, "w1", nickname=mine["name"]), by="crm")
    await system.publish(
        attended("w1", None, mine | {"email": mine["email"] + "@@"}, *many_people(300)), by="crm"
    )
    subject = "intake.crm.events.participant_joined"
    torn = json.dumps(joined(mine, "w1"))[:-9]
    for body in (
        torn.encode(),
        torn.encode("utf-16"),
        torn.encode().hex().encode(),
        base64.b64encode(torn.encode()),
        json.dumps(mine["name"].upper()).encode(),
    ):
        kind = {"Content-Type": STRUCTURED}
        await system.publish_raw(subject, body, kind, by="crm")
    odd = structured(joined({"id": "7"}, "w1"), "crm")
    headers = {**odd.headers, "X-Operator": mine["email"], "Ce-Note": "%51%2e" + mine["email"][2:]}
    await system.publish_raw(subject, odd.body[:-4], headers, by="crm")
    await system.publish(registered("aalst", None, mayor=mine), by="crm")
    unknown = {"type": "tandem.resources.resource_lent.v1", "data": {"to": theirs}}
    await system.publish(scheduled("x") | unknown, by="platform")
    await system.settled()


async def figures(system: System) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=system.http("reporting"), timeout=SECONDS_MAX) as client:
        token = {"Authorization": f"Bearer {system.token('staff')}"}
        report = (await client.get("/reports/2024-Q1.json", headers=token)).json()
    return {name: figure["value"] for name, figure in report["figures"].items()}


async def sha256_of_version_1(system: System) -> str:
    stub = system.stub("reporting", by="staff")
    answer = await stub.ListVersions(reporting_pb2.ListVersionsRequest(period="2024-Q1"))
    return str(answer.versions[0].sha256)


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_no_file_names_somebody_who_was_erased_and_every_figure_stands() -> None:
    canary = Canary()
    with TemporaryDirectory(prefix="tandem-erasure-") as folder:
        directory, base = DataDirectory.at(Path(folder) / "data"), free_port_base()
        data = ("--data", str(directory.root))
        certificate_file = Path(folder) / "certificate.json"
        backup = Path(folder) / "backup"
        async with embedded(directory, base) as system:
            await through_every_door(system, canary)
            code, said = await tandem("publish-report", "2024-Q1", *data)
            assert code == 0, said
        copied(directory.postgres, backup)
        async with embedded(directory, base) as system:
            mine = canary.person("crm")
            await system.publish(joined(mine, "w1", nickname=mine["email"]), by="crm")
            await system.settled()
            rejected = await system.value("events", "select count(*) from rejected")
            waiting = await system.value("events", "select count(*) from waiting")
            before, published = await figures(system), await sha256_of_version_1(system)
            await system.execute("events", "analyze; checkpoint")
            await keep_a_segment_for_later(system)
            there = canary.found_under(directory.root)
            for place in ("nats/jetstream", "postgres/base", "postgres/pg_wal"):
                assert any(name.startswith(place) for name in there), f"no canary in {place}"

            address = canary.person()["email"].upper()
            code, said = await tandem(
                "person", "erase", "--email", address, "--yes", "--output",
                str(certificate_file), *data,
            )  # fmt: skip
            assert code == 0, said
            assert not [word for word in canary.tokens if word in said.lower()]

            certificate = json.loads(certificate_file.read_text())
            assert certificate["scan"]["files_with_hits"] == 0, certificate["scan"]
            assert certificate["kept"]["figures_moved"] == []
            assert certificate["kept"]["published_versions"] == 1
            assert certificate["found_in_vault"] is True
            salt = bytes.fromhex(certificate["asked"]["salt"])
            asked = fingerprint(canary.person()["email"], salt)
            assert certificate["asked"]["identities"] == {"email": asked}
            code, said = await tandem("verify", str(certificate_file), *data)
            assert (code, said.splitlines()[0][:4]) == (0, "Yes:"), said

            await system.settled()
            assert await figures(system) == before
            assert await sha256_of_version_1(system) == published
            assert await system.value("events", "select count(*) from rejected") == rejected
            assert await system.value("events", "select count(*) from waiting") == waiting
            await says_erased(system)
            await what_waited_counts_for_nobody(system)
        assert canary.found_under(directory.root) == {}

        rmtree(directory.postgres)
        copied(backup, directory.postgres)
        assert canary.found_under(directory.root), "the backup brings the canary back"
        async with embedded(directory, base) as system:
            await system.settled()
            assert await figures(system) == before
            assert await forgotten_again(system)
        left = canary.found_under(directory.root / "postgres" / "base")
        assert not left, "nothing but what other services had rejected"


async def keep_a_segment_for_later(system: System) -> None:
    """Let PostgreSQL set a segment of its log aside, with what it holds, to be written again."""
    await system.rows("events", "select pg_logical_emit_message(true, 'test', ''), pg_switch_wal()")
    await system.execute("events", "checkpoint")


def copied(original: Path, copy: Path) -> None:
    """Copy a folder with its owners: PostgreSQL runs as a user of its own."""
    run(["cp", "-a", str(original), str(copy)], check=True)


async def forgotten_again(system: System) -> bool:
    """Whether the ledger of the backup says by now who was erased, and the vault knows them not."""
    [erasure] = [fact for fact in await system.facts("events") if fact["kind"] == "person_erased"]
    known = "select exists (select from person where person = $1)"
    return not await system.value("events", known, erasure["data"]["person"])


async def says_erased(system: System) -> None:
    """Attendance of the quarter says how many of those counted were erased."""

    async def told() -> bool:
        async with httpx.AsyncClient(
            base_url=system.http("reporting"), timeout=SECONDS_MAX
        ) as client:
            token = {"Authorization": f"Bearer {system.token('staff')}"}
            report = (await client.get("/reports/2024-Q1.json", headers=token)).json()
        return bool(report["figures"]["attendance"]["detail"].get("erased") == 1)

    await until(told, "attendance tells the erased")


async def what_waited_counts_for_nobody(system: System) -> None:
    """The messages that waited are taken, with everybody else in them."""
    await system.publish(scheduled("later"), by="crm")

    async def released() -> bool:
        return bool(await system.value("events", "select count(*) from waiting") == 0)

    await until(released, "what waited is taken")
    facts = [
        fact for fact in await system.facts("events") if fact["data"].get("activity_id") == "later"
    ]
    [roll] = [fact for fact in facts if fact["kind"] == "attendance_recorded"]
    assert len(roll["data"]["participants"]) == 301
    assert any(fact["kind"] == "participant_joined" for fact in facts)
