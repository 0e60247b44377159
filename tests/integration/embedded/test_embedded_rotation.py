"""Two keys are valid while one takes the place of the other, then one; each change is on record."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nats
import pytest

from shared.access import Access, Principal
from shared.embedded.catalogue import SERVICES, Service
from shared.embedded.credentials import (
    OVERLAP_MAX,
    CredentialRefused,
    Hand,
    add_publisher,
    finish_rotation,
    list_publishers,
    prepare_credentials,
    retire_keys,
    revoke_publisher,
    rotate_publisher,
)
from shared.embedded.data_directory import DataDirectory
from shared.embedded.services import Servers
from shared.embedded.supervisor import running_system, servers
from shared.jetstream import provision
from shared.operator_log import Actor, OperatorLog, user_here
from tests.support.doors import hold, may_publish
from tests.support.settling import SECONDS_MAX, until

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SUBJECT = "intake.crm.events.activity_held"
CRM = Principal(name="crm", role="publisher")
"""Whoever holds a token of it, whenever that was made."""


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hand(clock: Clock) -> Hand:
    return Hand(Actor("ann"), clock)


@pytest.fixture
def directory(data_dir: Path) -> DataDirectory:
    """A directory whose system does not run, with the publisher crm."""
    directory = DataDirectory.at(data_dir)
    directory.create()
    prepare_credentials(directory, SERVICES)
    add_publisher(data_dir, "crm")
    return directory


@pytest.fixture
async def running(data_dir: Path, port_base: int) -> AsyncIterator[Servers]:
    async with servers(data_dir, port_base) as running:
        held = await hold(running.nats_url, "provision", running.seed_file("provision"))
        await provision(held.client, ["demo"])
        await held.client.close()
        add_publisher(data_dir, "crm")
        yield running


def tokens_of(directory: DataDirectory) -> list[str]:
    """Return the tokens of crm in `secrets/`, the newest last."""
    files = sorted(
        directory.secrets.glob("crm*.token"), key=lambda file: (len(file.name), file.name)
    )
    return [file.read_text() for file in files]


async def test_both_keys_work_until_the_older_is_ended_and_its_connections_with_it(
    running: Servers,
) -> None:
    directory = running.directory
    older = await hold(running.nats_url, "crm", directory.seed("crm"))
    copied = directory.root / "copied.seed"
    copied.write_bytes(directory.seed("crm").read_bytes())

    rotate_publisher(directory.root, "crm")

    newer = await hold(running.nats_url, "crm", directory.seed("crm.2"))
    assert await may_publish(older.client, SUBJECT), "the older stayed connected"
    assert await may_publish(newer.client, SUBJECT)
    access = Access(directory.tokens)
    older_token, newer_token = tokens_of(directory)
    assert holder(access, older_token) == holder(access, newer_token) == CRM

    finish_rotation(directory.root, "crm")

    await asyncio.wait_for(older.closed.wait(), SECONDS_MAX)
    assert await may_publish(newer.client, SUBJECT), "the newer stayed connected"
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await hold(running.nats_url, "crm", copied)
    access = Access(directory.tokens)
    assert (holder(access, older_token), holder(access, newer_token)) == (None, CRM)
    assert not directory.seed("crm").exists()
    await newer.client.close()


async def test_a_revoked_publisher_loses_both_its_keys(running: Servers) -> None:
    rotate_publisher(running.directory.root, "crm")
    tokens = tokens_of(running.directory)
    held = [
        await hold(running.nats_url, "crm", running.directory.seed(stem))
        for stem in ("crm", "crm.2")
    ]

    revoke_publisher(running.directory.root, "crm", "found on a page of the web")

    for each in held:
        await asyncio.wait_for(each.closed.wait(), SECONDS_MAX)
    access = Access(running.directory.tokens)
    assert [access.authenticate(token) for token in tokens] == [None, None]
    assert tokens_of(running.directory) == []
    assert list(running.directory.secrets.glob("crm*")) == []


async def test_a_running_system_ends_a_key_on_time_and_tells_where_the_new_one_is(
    data_dir: Path, port_base: int, stand_ins: tuple[Service, ...]
) -> None:
    directory = DataDirectory.at(data_dir)
    async with running_system(data_dir, port_base, services=stand_ins) as endpoints:
        add_publisher(data_dir, "crm")
        older = await hold(endpoints["nats"], "crm", directory.seed("crm"))

        rotate_publisher(data_dir, "crm", timedelta(seconds=2))

        async def told() -> bool:
            credentials = json.loads(directory.endpoints.read_text())["credentials"]
            known = credentials.get("crm", {}).get("nkey_seed_file")
            return bool(known == str(directory.seed("crm.2")))

        await until(told, "endpoints.json names the new key")
        assert endpoints["credentials"]["crm"]["token_file"] == str(directory.token("crm.2"))
        await asyncio.wait_for(older.closed.wait(), SECONDS_MAX)
        [publisher] = [each for each in list_publishers(data_dir) if each.name == "crm"]
        assert [key.number for key in publisher.keys] == [2]

        revoke_publisher(data_dir, "crm")

        async def forgotten() -> bool:
            return "crm" not in json.loads(directory.endpoints.read_text())["credentials"]

        await until(forgotten, "endpoints.json forgets the publisher")
    assert OperatorLog(directory.operator_log).verify().faults == []


def test_a_key_ends_with_its_overlap_and_not_before(
    directory: DataDirectory, clock: Clock, hand: Hand
) -> None:
    rotate_publisher(directory.root, "crm", timedelta(hours=24), hand=hand)
    clock.now += timedelta(hours=24) - timedelta(seconds=1)
    assert retire_keys(directory.root, hand) == []
    clock.now += timedelta(seconds=1)
    [retired] = retire_keys(directory.root, hand)
    assert [key.number for key in retired.keys] == [2]
    assert retired.rotated_at == MONDAY


def test_a_key_whose_time_ended_while_nothing_ran_is_gone_at_the_next_start(
    directory: DataDirectory, clock: Clock, hand: Hand
) -> None:
    rotate_publisher(directory.root, "crm", timedelta(hours=1), hand=hand)
    older, newer = tokens_of(directory)
    clock.now += timedelta(hours=2)

    prepare_credentials(directory, SERVICES, clock)

    access = Access(directory.tokens)
    assert (holder(access, older), holder(access, newer)) == (None, CRM)


def test_a_third_key_waits_until_the_first_has_ended(directory: DataDirectory) -> None:
    rotate_publisher(directory.root, "crm")
    with pytest.raises(CredentialRefused, match=r"2 valid keys already.*--finish"):
        rotate_publisher(directory.root, "crm")
    finish_rotation(directory.root, "crm")
    assert rotate_publisher(directory.root, "crm").key.number == 3
    assert len(tokens_of(directory)) == 2


def test_what_cannot_be_rotated_is_refused_and_leaves_no_line(
    directory: DataDirectory, hand: Hand
) -> None:
    before = OperatorLog(directory.operator_log).verify().lines
    for overlap in (timedelta(0), OVERLAP_MAX + timedelta(seconds=1)):
        with pytest.raises(CredentialRefused, match="more than nothing and at most 30 days"):
            rotate_publisher(directory.root, "crm", overlap, hand=hand)
    with pytest.raises(CredentialRefused, match="one valid key only"):
        finish_rotation(directory.root, "crm", hand=hand)
    with pytest.raises(CredentialRefused, match="No credential is named zoom"):
        rotate_publisher(directory.root, "zoom", hand=hand)
    assert OperatorLog(directory.operator_log).verify().lines == before


def test_a_rotation_that_was_cut_short_leaves_nothing_of_its_secrets(
    directory: DataDirectory,
) -> None:
    directory.seed("crm.2").write_text("half a seed")
    directory.token("crm.7").write_text("of long ago")
    directory.token("crm-2").write_text("of another publisher")
    rotate_publisher(directory.root, "crm")
    assert directory.seed("crm.2").read_text() != "half a seed"
    assert not directory.token("crm.7").exists()
    assert directory.token("crm-2").exists()


def test_every_change_is_a_line_without_a_secret(
    directory: DataDirectory, clock: Clock, hand: Hand
) -> None:
    add_publisher(directory.root, "zoom", ["events"], hand=hand)
    rotate_publisher(directory.root, "zoom", timedelta(hours=1), hand=hand)
    secrets = [
        directory.seed(stem).read_text() + directory.token(stem).read_text()
        for stem in ("zoom", "zoom.2")
    ]
    clock.now += timedelta(hours=1)
    retire_keys(directory.root, Hand(Actor("tandem up", "program"), clock))
    revoke_publisher(directory.root, "zoom", "it was lost", hand=hand)

    log = OperatorLog(directory.operator_log)
    entries = [entry for entry in log.read() if entry.on == "zoom"]
    assert [(entry.act, entry.actor.name, entry.reason) for entry in entries] == [
        ("credential.added", "ann", None),
        ("credential.rotated", "ann", None),
        ("credential.key_ended", "tandem up", None),
        ("credential.revoked", "ann", "it was lost"),
    ]
    assert entries[0].details["services"] == ["events"]
    assert entries[1].details["until"] == "2026-11-23T10:00:00+00:00"
    assert log.verify().faults == []
    written = directory.operator_log.read_text()
    assert not any(part in written for secret in secrets for part in secret.split())
    assert [entry.actor for entry in log.read()][1] == user_here()


def test_a_data_directory_of_before_keeps_its_publishers(directory: DataDirectory) -> None:
    [token] = tokens_of(directory)
    rows = json.loads(directory.credentials.read_text())["publishers"]
    before = [
        {
            "name": row["name"],
            "public_key": row["keys"][0]["public_key"],
            "token_sha256": row["keys"][0]["token_sha256"],
            "services": ["events"] if row["name"] == "demo" else None,
            "role": "publisher",
        }
        for row in rows
    ]
    directory.credentials.write_text(json.dumps({"publishers": before}))

    prepare_credentials(directory, SERVICES)

    assert holder(Access(directory.tokens), token) == CRM
    crm, demo = list_publishers(directory.root)
    assert (crm.services, demo.services) == (None, ("events",))
    assert crm.key.made_at is None
    rotated = rotate_publisher(directory.root, "crm")
    assert [key.number for key in rotated.keys] == [1, 2]
    assert tokens_of(directory)[0] == token


def holder(access: Access, token: str) -> Principal | None:
    """Return whose a token is, without when it was made."""
    found = access.authenticate(token)
    return found and found.model_copy(update={"made_at": None})
