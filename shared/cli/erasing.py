"""Erasing a person, step by step; each step may be repeated, and a repeat finishes what is left.

Messages first, while the vault still tells under which identities somebody is known; then the
decision, which removes the vault's rows and stands in the ledger; then what the disk keeps of all
that; at last every file is read. What was done goes into a certificate, sealed by the key that
seals reports.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2, events_pb2_grpc

from shared.cli.system import OWNERS, STAFF, System
from shared.contracts.values import Person
from shared.embedded.catalogue import SERVICES, Ports, Service
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.errands import errand
from shared.embedded.services import Servers, errand_program
from shared.embedded.wiping import wipe
from shared.erasing.intake import ERASER
from shared.erasing.needles import Needles, is_telling
from shared.erasing.scanning import Scan, scan
from shared.operator_log import OperatorLog, user_here
from shared.sealing.documents import ERASURE, sealed

SCRYPT = {"n": 2**14, "r": 8, "p": 1}
SALT_BYTES = 16
FILES_NAMED_MAX = 20

OnStep = Callable[[str], None]
Values = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Who is to be erased, as one source knows them, and on whose word.

    Args:
        backups_days: how long backups made before are kept, when the operator says so.
    """

    source: str
    identity: Person
    backups_days: int | None = None

    @property
    def words(self) -> set[str]:
        """What to look for in bytes."""
        said = (self.identity.id, self.identity.email, self.identity.name)
        return {word for word in said if word is not None and is_telling(word)}


@dataclass
class Done:
    """What has been done so far."""

    words: set[str]
    counts: dict[str, int] = field(default_factory=dict)
    person: str | None = None
    fact_id: str | None = None
    intake_emptied: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(self, name: str, **counts: int) -> None:
        """Note a step with its counts."""
        self.steps.append({"step": name, **counts, "at": _now()})
        for key, count in counts.items():
            self.counts[key] = self.counts.get(key, 0) + count


async def erase(system: System, asked: Asked, on_step: OnStep) -> dict[str, Any]:
    """Erase a person and return the certificate, sealed; the operator log names it by its id.

    Raises:
        OperatorError: a step cannot be done; the steps before it stand, so repeat it.
    """
    number = str(uuid4())
    log = OperatorLog(DataDirectory(system.root).operator_log)
    with log.recording(user_here(), "person.erased", number, now=datetime.now(UTC)):
        return await _erase(system, asked, number, on_step)


async def _erase(system: System, asked: Asked, number: str, on_step: OnStep) -> dict[str, Any]:
    directory = DataDirectory(system.root)
    began = _now()
    on_step("reading the reports")
    before = _figures(system)
    done = Done(asked.words)
    on_step("looking through messages")
    await _take_out(system, asked, done)
    on_step("removing the vault's rows")
    await _decide(system, done)
    on_step("wiping the disk")
    tables, segments = await wipe(
        directory, SERVICES, lambda name: on_step(f"writing anew: {name}")
    )
    done.step("wiped", tables_rewritten=tables, log_segments_removed=segments)
    on_step("reading every file")
    found = scan(directory.root, Needles.of(done.words))
    done.step("scanned", files=found.files)
    on_step("comparing the reports")
    after = _figures(system)
    certificate = {
        "kind": ERASURE,
        "certificate": number,
        "asked": _asked(asked, began),
        "found_in_vault": done.person is not None,
        "fact": done.fact_id,
        "steps": done.steps,
        "kept": _kept(before, after),
        "scan": _scanned(directory, found, len(done.words)),
        "remains": list(_remains(asked, done)),
        "finished_at": _now(),
    }
    return sealed(certificate, _signing_key(directory))


async def _take_out(system: System, asked: Asked, done: Done) -> None:
    """Take the person out of messages: of events first, which learns by what words they go."""
    said = {
        "source": asked.source,
        "identity": asked.identity.model_dump(exclude_none=True),
        "words": sorted(done.words),
        "stand_in": f"erased-{secrets.token_hex(8)}",
    }
    for owner in sorted(OWNERS, key=lambda name: name != "events"):
        service = next(each for each in SERVICES if each.name == owner)
        outcome = await _errand(system, service, said | {"words": sorted(done.words)})
        if service.keeps_vault:
            done.person = outcome["person"]
            done.words |= set(outcome["words"])
            done.intake_emptied = outcome["emptied"]
        counts = {
            name: outcome[name]
            for name in ("intake", "rejected", "waiting", "ids")
            if name in outcome
        }
        done.step(f"messages of {owner}", **counts)


async def _errand(system: System, service: Service, said: Mapping[str, Any]) -> Mapping[str, Any]:
    servers = Servers(DataDirectory(system.root), Ports.of(system.endpoints))
    credential = ERASER if service.keeps_vault else None
    program = errand_program(servers, service, SERVICES, "erase", credential=credential)
    outcome: Mapping[str, Any] | None = None
    async for told in errand(program, said):
        outcome = told.get("outcome", outcome)
    if outcome is None:
        raise OperatorError(f"{service.name} did not say what it has erased; erase again.")
    return outcome


async def _decide(system: System, done: Done) -> None:
    """Let the ledger say that the person was erased; the vault's rows go in that transaction."""
    if done.person is None:
        done.step("vault", people=0)
        return
    request = events_pb2.ErasePersonRequest(
        context=common_pb2.CommandContext(id=f"erase-{uuid4()}"), person=done.person
    )
    async with system.channel("events", STAFF) as channel:
        answer = await events_pb2_grpc.EventsServiceStub(channel).ErasePerson(request)
    done.fact_id = next((fact.fact_id for fact in answer.receipt.facts), None)
    done.step("vault", people=1)


def _figures(system: System) -> dict[str, Values]:
    """Return the value of every figure of every period, and the hash of what was published."""
    found: dict[str, Values] = {}
    for entry in system.get("/reports.json")["reports"]:
        period = entry["period"]["id"]
        address = f"/reports/{quote(period, safe='')}"
        report = system.get(f"{address}.json")
        values = {name: figure["value"] for name, figure in report["figures"].items()}
        versions = system.get(f"{address}/versions.json")["versions"]
        published = {f"v{each['version']}": each["sha256"] for each in versions}
        found[period] = {"figures": values, "published": published}
    return found


def _kept(before: dict[str, Values], after: dict[str, Values]) -> dict[str, Any]:
    figures = {
        (period, name): value
        for period, each in before.items()
        for name, value in each["figures"].items()
    }
    moved = [
        f"{period} {name}"
        for (period, name), value in figures.items()
        if after.get(period, {}).get("figures", {}).get(name) != value
    ]
    published = {
        (period, version): sha256
        for period, each in before.items()
        for version, sha256 in each["published"].items()
    }
    changed = [
        f"{period} {version}"
        for (period, version), sha256 in published.items()
        if after.get(period, {}).get("published", {}).get(version) != sha256
    ]
    return {
        "figures": len(figures),
        "figures_moved": moved,
        "published_versions": len(published),
        "published_versions_changed": changed,
    }


def _asked(asked: Asked, at: str) -> dict[str, Any]:
    """Return what was asked, so that who knows it recognises it and nobody else reads it."""
    salt = secrets.token_bytes(SALT_BYTES)
    said = asked.identity.model_dump(exclude_none=True)
    return {
        "at": at,
        "by": STAFF,
        "source": asked.source,
        "salt": salt.hex(),
        "hash": "scrypt, n 16384, r 8, p 1, 32 bytes, of the text in small letters",
        "identities": {name: fingerprint(text, salt) for name, text in said.items()},
    }


def fingerprint(text: str, salt: bytes) -> str:
    """Return the salted hash of what somebody is known by, in hex."""
    return hashlib.scrypt(text.strip().casefold().encode(), salt=salt, dklen=32, **SCRYPT).hex()


def _scanned(directory: DataDirectory, found: Scan, words: int) -> dict[str, Any]:
    hits = [str(path.relative_to(directory.root)) for path in found.hits]
    return {
        "texts": words,
        "files": found.files,
        "bytes": found.bytes,
        "hits": hits[:FILES_NAMED_MAX],
        "files_with_hits": len(hits),
        "files_unread": len(found.unread),
    }


def _remains(asked: Asked, done: Done) -> Iterator[dict[str, str]]:
    """Yield what can still be reached, and until when."""
    until = "as long as they are kept; bringing one back erases the person again at the next start"
    if asked.backups_days is not None:
        last = datetime.now(UTC).date() + timedelta(days=asked.backups_days)
        until = f"{last.isoformat()}; bringing one back erases the person again at the next start"
    yield {"what": "backups made before this, with messages as they came", "until": until}
    yield {
        "what": "facts that name the person by a random key, which leads to nobody any more",
        "until": "for good: counts stand on them",
    }
    if not done.intake_emptied:
        yield {
            "what": "files of INTAKE that expired messages stood in: it was never empty meanwhile",
            "until": "the messages behind them expire too",
        }
    if done.counts.get("ids"):
        yield {
            "what": f"{done.counts['ids']} ids that a sender chose for messages and put the"
            " person's words into",
            "until": "for good: a repeat is known by its id",
        }
    yield {"what": "blocks of the disk that are free now", "until": "something is written there"}
    yield {"what": "the systems that sent the messages", "until": "they erase the person too"}


def _signing_key(directory: DataDirectory) -> Ed25519PrivateKey:
    secret = bytes.fromhex(directory.signing_key.read_text("utf-8").strip())
    return Ed25519PrivateKey.from_private_bytes(secret)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
