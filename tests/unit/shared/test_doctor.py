"""Each check of `tandem doctor`, shown a fault and shown none."""

import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.embedded.doctor import files, machine, servers, services
from shared.embedded.doctor.finding import Finding, Verdict, judged
from shared.embedded.migrations import known_migrations, of_the_owner
from shared.embedded.registry import Key, Publisher

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
GIGABYTE = machine.GIGABYTE
MACHINE = machine.Machine(
    taken_ports={},
    free_bytes=50 * GIGABYTE,
    disk_bytes=100 * GIGABYTE,
    free_inodes=900,
    inodes=1000,
    open_files_max=65_536,
    python=(3, 13, 1),
    libc=("glibc", (2, 36)),
)
FILES = files.Files(mode=0o700, now=NOW, backup_at=NOW - timedelta(hours=3))
DATABASES = servers.Databases(backlogs={"events": servers.Backlog(waiting=2)})
BROKER = servers.Broker()
ANSWERS = services.Answers({"events": ""}, {"events": timedelta(seconds=0.4)}, (True, "complete"))
WARN, FAIL, OK = Verdict.WARN, Verdict.FAIL, Verdict.OK

GROUPS = (
    (machine.MACHINE_CHECKS, MACHINE),
    (files.FILE_CHECKS, FILES),
    (servers.DATABASE_CHECKS, DATABASES),
    (servers.BROKER_CHECKS, BROKER),
    (services.SERVICE_CHECKS, ANSWERS),
)


def key(until: timedelta | None = None) -> Key:
    return Key(1, "public", "sha", until=None if until is None else NOW + until)


def publisher(until: timedelta) -> tuple[Publisher, ...]:
    return (Publisher("crm", (key(until), key())),)


def backlog(**said: Any) -> dict[str, dict[str, servers.Backlog]]:
    return {"backlogs": {"events": servers.Backlog(**said)}}


FAULTS: tuple[tuple[Any, dict[str, Any], str, Verdict, str], ...] = (
    (MACHINE, {"taken_ports": {"NATS": 4222}}, "ports are free", FAIL, "4222 (NATS)"),
    (MACHINE, {"free_bytes": GIGABYTE - 1}, "disk has room", FAIL, "1.0 GB of 100.0 GB"),
    (MACHINE, {"free_bytes": 2 * GIGABYTE}, "disk has room", WARN, "2.0 GB"),
    (MACHINE, {"free_inodes": 10}, "disk has inodes", FAIL, "1% of 1,000"),
    (MACHINE, {"free_inodes": 50}, "disk has inodes", WARN, "5% of"),
    (MACHINE, {"open_files_max": 256}, "files may be opened", FAIL, "256"),
    (MACHINE, {"open_files_max": 1024}, "files may be opened", WARN, "1,024"),
    (MACHINE, {"python": (3, 10, 9)}, "python is supported", FAIL, "3.10.9"),
    (MACHINE, {"libc": ("glibc", (2, 17))}, "libc is supported", FAIL, "glibc 2.17"),
    (FILES, {"mode": 0o775}, "directory is private", FAIL, "775"),
    (FILES, {"mode": 0o755}, "directory is private", WARN, "755"),
    (FILES, {"open_secrets": {"secrets/vault.key": 0o644}}, "secrets are private", FAIL, "644"),
    (FILES, {"missing_secrets": ["crm.seed"]}, "secrets are there", FAIL, "crm.seed"),
    (FILES, {"bad_keys": ["vault.key"]}, "keys are keys", FAIL, "vault.key"),
    (
        FILES,
        {"weak_settings": ["fsync in postgres/x, line 3"]},
        "settings keep what is acknowledged",
        FAIL,
        "line 3",
    ),
    (FILES, {"leftovers": {"nats": 7}}, "no process is left over", WARN, "nats (process 7)"),
    (FILES, {"stale_endpoints": True}, "endpoints are of a running system", WARN, "killed"),
    (FILES, {"log_faults": ["line 3 was changed"]}, "operator log is whole", FAIL, "line 3"),
    (FILES, {"publishers": publisher(-timedelta(hours=1))}, "rotations are finished", WARN, "crm"),
    (FILES, {"erased_broken": 2}, "erased are listed", WARN, "2 lines"),
    (FILES, {"backup_at": None}, "backup is recent", WARN, "none"),
    (FILES, {"backup_at": NOW - timedelta(days=8)}, "backup is recent", WARN, "8 days"),
    (DATABASES, {"weak": "fsync = off"}, "database is durable", FAIL, "fsync"),
    (DATABASES, {"skew": timedelta(seconds=-90)}, "database clock is ours", FAIL, "90.0 s behind"),
    (DATABASES, {"skew": timedelta(seconds=5)}, "database clock is ours", WARN, "5.0 s ahead"),
    (DATABASES, {"connections": 90}, "database has connections", WARN, "90 of 100"),
    (DATABASES, {"not_run": ["events: 1"]}, "schema is of this version", FAIL, "have not run"),
    (DATABASES, {"changed": ["events: 1"]}, "schema is of this version", FAIL, "changed"),
    (DATABASES, {"unknown": ["events: 9"]}, "schema is of this version", FAIL, "not know"),
    (DATABASES, {"vault_fits": False}, "vault key fits", FAIL, "another"),
    (
        DATABASES,
        backlog(outbox=4, outbox_age=timedelta(minutes=5)),
        "outboxes are empty",
        WARN,
        "events: 4 facts, the oldest for 5 min",
    ),
    (
        DATABASES,
        backlog(outbox=4, outbox_age=timedelta(hours=5)),
        "outboxes are empty",
        FAIL,
        "5 h",
    ),
    (
        DATABASES,
        backlog(waiting=3, waiting_age=timedelta(days=2)),
        "nothing waits for long",
        WARN,
        "events: 3, the oldest for 2 days",
    ),
    (DATABASES, backlog(rejected=6), "nothing is rejected", WARN, "events: 6"),
    (BROKER, {"weak": "sync_always = false"}, "broker is durable", FAIL, "sync_always"),
    (BROKER, {"skew": timedelta(minutes=3)}, "broker clock is ours", FAIL, "180.0 s ahead"),
    (BROKER, {"stored": 85, "stored_max": 100}, "broker has room", WARN, "85%"),
    (BROKER, {"stored": 96, "stored_max": 100}, "broker has room", FAIL, "96%"),
    (BROKER, {"intake": 80, "intake_max": 100}, "intake has room", WARN, "80%"),
    (BROKER, {"intake": None}, "intake has room", FAIL, "no such stream"),
    (BROKER, {"missing_consumers": ["events-crm"]}, "consumers are there", FAIL, "events-crm"),
    (BROKER, {"untaken": 20_000}, "services keep up", WARN, "20,000"),
    (BROKER, {"lost": {"INTAKE": 512}}, "broker lost nothing", WARN, "512 bytes of INTAKE"),
    (ANSWERS, {"states": {"events": "does not answer"}}, "services are ready", FAIL, "events"),
    (
        ANSWERS,
        {"skews": {"events": timedelta(seconds=1), "reporting": timedelta(seconds=-70)}},
        "service clocks are ours",
        FAIL,
        "reporting: 70.0 s behind",
    ),
    (ANSWERS, {"complete": (False, "1 missing")}, "projections are complete", FAIL, "1 missing"),
)


@pytest.mark.parametrize(("well", "fault", "check", "verdict", "seen"), FAULTS)
def test_a_fault_is_found_by_its_check_alone_and_says_what_to_do(
    well: Any, fault: dict[str, Any], check: str, verdict: Verdict, seen: str
) -> None:
    found = look(replace(well, **fault))

    assert found[check].verdict is verdict
    assert seen in found[check].seen
    assert found[check].advice
    assert {each.verdict for name, each in found.items() if name != check} <= {OK}


def test_where_all_is_well_every_check_says_so_and_advises_nothing() -> None:
    findings = [finding for _, well in GROUPS for finding in look(well).values()]

    assert {(each.verdict, each.advice) for each in findings} == {(OK, "")}
    assert all(each.seen for each in findings)


def test_every_check_has_its_fault_here() -> None:
    checks = {name for _, well in GROUPS for name in look(well)}

    assert checks == {check for _, _, check, _, _ in FAULTS}
    assert len(checks) > 20


def test_what_has_no_limit_is_well() -> None:
    unlimited = replace(MACHINE, inodes=0, open_files_max=resource.RLIM_INFINITY, libc=("", ()))

    assert {each.verdict for each in look(unlimited).values()} == {OK}


def test_a_rotation_under_way_is_no_fault() -> None:
    under_way = replace(FILES, publishers=publisher(timedelta(hours=1)))

    assert look(under_way)["rotations are finished"].verdict is OK


def test_what_cannot_be_looked_at_says_why() -> None:
    findings = list(judged(servers.BROKER_CHECKS, "the system is stopped"))

    assert {each.verdict for each in findings} == {Verdict.SKIPPED}
    assert {each.seen for each in findings} == {"not looked at: the system is stopped"}


def test_an_owner_wants_the_shared_tables_that_it_has_begun_with() -> None:
    known = known_migrations("reporting")
    ran = ["sql/ledger/0001_ledger.sql", "sql/projection/0001_fact.sql"]

    assert set(known) == set(of_the_owner(known, ran))
    wanted = of_the_owner(known, ["sql/projection/0001_fact.sql"])
    assert "sql/projection/0002_projected.sql" in wanted
    assert "sql/ledger/0002_positions.sql" not in wanted
    assert "sql/publication/0001_published.sql" in wanted


def look(gathered: Any) -> dict[str, Finding]:
    """Return what the checks of its kind find, by their names."""
    [checks] = [checks for checks, well in GROUPS if type(well) is type(gathered)]
    return {each.check: each for each in judged(checks, gathered)}
