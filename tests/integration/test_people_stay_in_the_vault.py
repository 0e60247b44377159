"""Names and e-mails are kept nowhere; everybody has one key, and may be forgotten."""

import logging
from typing import Any

import grpc.aio
import pytest
from tandem.common.v1.common_pb2 import OUTCOME_DUPLICATE
from tandem.events.v1.events_pb2 import ErasePersonRequest, Person

from shared.embedded.catalogue import SERVICES
from tests.support.system import System
from tests.support.telling import attended, registered, scheduled

CANARY = {
    "id": "canary-7731",
    "email": "Canary.Quill@Stad-Canary.example",
    "name": "Canary Quillfeather",
    "organisation": "Canary Aviary Institute",
}
LEAKS = ("canary-7731", "canary.quill", "quillfeather", "aviary institute")
KEPT_AS_THEY_CAME = {"waiting", "rejected"}
"""Messages that are not accepted yet are kept whole; these tests send none such."""


async def test_no_name_and_no_address_is_kept_of_what_is_accepted(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    names = [service.name for service in SERVICES if service.database]
    await system.start(*names)
    zed = {"email": "zed.canary.quill@elsewhere.example"}
    people = [zed, CANARY, CANARY | {"id": "canary-7731-b"}, {"email": CANARY["email"]}]
    await system.publish(registered("gent"), scheduled("w1"))
    await system.settled()
    await system.publish(
        attended("w1", None, *people[:2]), attended("w1", None, *people), attended("w1", None)
    )
    registration = attended("w1") | {"type": "tandem.events.registration_received.v1"}
    registration["data"] = {"activity_id": "w1", "person": CANARY}
    await system.publish(registration)
    await system.settled()
    request = ErasePersonRequest(identity=Person(**zed))
    request.context.id = "erase"
    await system.stub("events", by="staff").ErasePerson(request)
    await system.settled()

    assert len(await system.facts("events")) >= 4
    for name in names:
        for table, text in (await _everything(system, name)).items():
            assert not _leaks_in(text), f"{_leaks_in(text)} stands in {table} of {name}"
    for message in await system.on_wire():
        assert not _leaks_in(f"{message.subject} {message.headers} {message.data!r}")
    assert not _leaks_in(caplog.text)
    for log in system.servers.directory.logs.iterdir():
        assert not _leaks_in(log.read_text(errors="replace")), log.name
    assert await system.value("events", "select count(*) from person") == 1


async def test_a_person_has_one_key_by_id_and_by_email(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"))
    await system.settled()
    forms = [
        {"id": "7", "email": "Ann@gmail.com", "name": "Ann"},
        {"id": "7"},
        {"email": "ann@GMAIL.com"},
    ]
    for form in forms:
        await system.publish(attended("w1", None, form, file_hash=f"hash-{len(form)}-{min(form)}"))
        await system.settled()

    [key] = await _keys(system)
    [row] = await system.rows("events", "select person from person")
    assert row == {"person": key}
    assert await system.value("events", "select count(*) from person_identity") == 2


async def test_an_id_is_the_publishers_own_and_an_address_everybodys(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"))
    await system.settled()
    await system.publish(attended("w1", None, {"id": "7"}), by="crm")
    await system.publish(attended("w1", None, {"id": "7"}, final=False), by="platform")
    await system.settled()
    assert len(await _keys(system)) == 2

    await system.publish(attended("w1", None, {"email": "ann@gmail.com"}), by="crm")
    await system.publish(
        attended("w1", None, {"email": "ann@gmail.com"}, final=False), by="platform"
    )
    await system.settled()
    assert len(await _keys(system)) == 3


async def test_a_name_with_an_organisation_is_a_weak_identity(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(
        scheduled("w1"), attended("w1", None, {"name": "Ann", "organisation": "X"})
    )
    await system.settled()

    [participant] = (await system.facts("events"))[-1]["data"]["participants"]
    assert participant["weak"] is True


async def test_an_erased_person_is_gone_from_the_vault_and_comes_back_as_somebody_else(
    system: System,
) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), attended("w1", None, {"email": "ann@gmail.com"}))
    await system.settled()
    [before] = await _keys(system)

    request = ErasePersonRequest(identity=Person(email="ann@gmail.com"))
    request.context.id = "erase-ann"
    answer = await system.stub("events", by="staff").ErasePerson(request)
    [reference] = answer.receipt.facts
    assert reference.stream == f"person-{before}"
    assert await system.rows("events", "select * from person") == []
    assert await system.rows("events", "select * from person_identity") == []

    await system.publish(attended("w1", None, {"email": "ann@gmail.com"}, final=False))
    await system.settled()
    assert len(await _keys(system)) == 2


async def test_a_person_is_erased_by_key_too(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), attended("w1", None, {"id": "7", "name": "Ann"}))
    await system.settled()
    [key] = await _keys(system)
    request = ErasePersonRequest(person=key)
    request.context.id = "erase-key"
    await system.stub("events", by="operator").ErasePerson(request)

    assert await system.rows("events", "select * from person") == []
    assert (await system.facts("events"))[-1]["data"] == {"person": key}
    again = await system.stub("events", by="operator").ErasePerson(request)
    assert again.receipt.outcome == OUTCOME_DUPLICATE


async def test_somebody_unknown_cannot_be_erased_and_is_not_met_on_that_occasion(
    system: System,
) -> None:
    await system.start("membership", "events")
    request = ErasePersonRequest(identity=Person(email="ann@gmail.com"))
    request.context.id = "erase-ann"
    with pytest.raises(grpc.aio.AioRpcError, match="nobody is known by this identity"):
        await system.stub("events", by="staff").ErasePerson(request)

    assert await system.rows("events", "select * from person") == []
    assert await system.facts("events") == []


async def _keys(system: System) -> set[str]:
    facts = await system.facts("events")
    return {
        participant["person"]
        for fact in facts
        if fact["kind"] == "attendance_recorded"
        for participant in fact["data"]["participants"]
    }


async def _everything(system: System, name: str) -> dict[str, str]:
    """Return the whole text of every table of a service."""
    tables = await system.rows(
        name, "select tablename from pg_tables where schemaname = 'public' order by 1"
    )
    texts: dict[str, Any] = {}
    for row in tables:
        table = row["tablename"]
        texts[table] = await system.value(
            name, f"select coalesce(string_agg(t::text, chr(10)), '') from {table} t"
        )
    assert not any(texts.get(table) for table in KEPT_AS_THEY_CAME)
    return texts


def _leaks_in(text: str) -> list[str]:
    return [leak for leak in LEAKS if leak in text.casefold()]
