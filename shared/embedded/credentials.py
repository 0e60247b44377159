"""Who may speak to the system: keys, tokens and passwords, and how a publisher's come and go.

Secrets stand in `secrets/`, one private file each. Every change of a credential is a line of the
operator log before it is done.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nkeys

from shared.clock import Clock, system_clock
from shared.embedded import nats
from shared.embedded.catalogue import SERVICES, Service
from shared.embedded.data_directory import (
    DataDirectory,
    OperatorError,
    held_lock,
    kept_secret,
    write_private,
)
from shared.embedded.registry import (
    KEYS_MAX,
    Key,
    Publisher,
    read_registry,
    read_sources,
    secrets_name,
    write_registry,
)
from shared.erasing.intake import ERASER
from shared.messaging import INTAKE
from shared.operator_log import Actor, OperatorLog, user_here
from shared.schemas import schemas

PEOPLE = ("viewer", "staff", "operator")
COLLECTOR = "collector"
"""Who passes on what services say of themselves, and may do nothing else."""
PROVISION, MONITOR = "provision", nats.MONITOR
DEMO = "demo"
# CONTRACT, Envelope: a source is the name of its credential.
NAME_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
SEED_BYTES = 32
OVERLAP = timedelta(hours=24)
OVERLAP_MAX = timedelta(days=30)
SUPERVISOR = Actor("tandem up", "program")


class CredentialRefused(OperatorError):
    """A credential cannot be made or taken back like this; the message says why."""


@dataclass(frozen=True)
class Hand:
    """Whose hand changes credentials, and by which clock."""

    actor: Actor = field(default_factory=user_here)
    clock: Clock = system_clock


def prepare_credentials(
    directory: DataDirectory, services: Sequence[Service], clock: Clock = system_clock
) -> None:
    """Make every secret that is missing, and write what NATS and the services read of them."""
    for name in (*(service.name for service in services), PROVISION, MONITOR, ERASER):
        kept_public_key(directory.seed(name))
    for name in (*(service.name for service in services), *PEOPLE, COLLECTOR):
        kept_secret(directory.token(name))
    kept_secret(directory.vault_key)
    kept_secret(directory.signing_key)
    by_itself = Hand(SUPERVISOR, clock)
    if not directory.credentials.exists():  # the first start; a demo revoked later stays revoked
        add_publisher(directory.root, DEMO, hand=by_itself)
    retire_keys(directory.root, by_itself)
    with held_lock(lock_file(directory), wait=True):
        _write_for_readers(directory, read_registry(directory), services)


def list_publishers(data_dir: Path) -> list[Publisher]:
    """Return the registered publishers, by name."""
    return read_registry(DataDirectory.at(data_dir))


def add_publisher(
    data_dir: Path,
    name: str,
    services: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    *,
    hand: Hand | None = None,
) -> Publisher:
    """Register a publisher for `intake.<name>.>`, or for some services or types; works at once.

    Its secrets are then in `secrets/<name>.seed` and `secrets/<name>.token`.

    Raises:
        CredentialRefused: the name is not one, is taken, or a service or type is unknown.
    """
    hand = hand or Hand()
    _check_name(name)
    _check_scope(services or (), types or ())
    with _registry(data_dir) as (directory, publishers):
        if name in (publisher.name for publisher in publishers):
            raise CredentialRefused(f"A credential named {name} exists already; revoke it first.")
        scope = {"services": list(services or ()), "types": list(types or ())}
        scope = {what: among for what, among in scope.items() if among}
        with _recording(directory, hand, "credential.added", name, scope):
            _forget_secrets(directory, name)
            publisher = Publisher(
                name=name,
                keys=(_made_key(directory, name, 1, hand.clock()),),
                services=tuple(services) if services else None,
                types=tuple(types) if types else None,
            )
            _register(directory, [*publishers, publisher])
    return publisher


def rotate_publisher(
    data_dir: Path, name: str, overlap: timedelta = OVERLAP, *, hand: Hand | None = None
) -> Publisher:
    """Give a publisher a second key, which works at once; the first works for the overlap.

    Raises:
        CredentialRefused: nobody is named so, or two keys are valid already, or the overlap is
            none.
    """
    hand = hand or Hand()
    if not timedelta(0) < overlap <= OVERLAP_MAX:
        days = OVERLAP_MAX.days
        raise CredentialRefused(f"An overlap is more than nothing and at most {days} days.")
    with _registry(data_dir) as (directory, publishers):
        publisher = _named(publishers, name)
        if len(publisher.keys) == KEYS_MAX:
            raise CredentialRefused(
                f"{name} has {KEYS_MAX} valid keys already; `tandem credentials rotate {name} "
                "--finish` ends the older one."
            )
        now = hand.clock()
        number, until = publisher.key.number + 1, now + overlap
        details = {"key": number, "key_before": number - 1, "until": until.isoformat()}
        with _recording(directory, hand, "credential.rotated", name, details):
            _forget_secrets(directory, name, publisher.keys)
            before = replace(publisher.key, until=until)
            rotated = replace(publisher, keys=(before, _made_key(directory, name, number, now)))
            _register(directory, _with(publishers, rotated))
    return rotated


def finish_rotation(data_dir: Path, name: str, *, hand: Hand | None = None) -> Publisher:
    """End the older of a publisher's two keys now: its connections are dropped.

    Raises:
        CredentialRefused: nobody is named so, or only one key is valid.
    """
    hand = hand or Hand()
    with _registry(data_dir) as (directory, publishers):
        publisher = _named(publishers, name)
        if len(publisher.keys) == 1:
            raise CredentialRefused(f"{name} has one valid key only; nothing is left to finish.")
        return _end_keys(directory, publishers, publisher, publisher.keys[:-1], hand)


def retire_keys(data_dir: Path, hand: Hand) -> list[Publisher]:
    """End every key whose time is over; returns the publishers that had one."""
    with _registry(data_dir) as (directory, publishers):
        now = hand.clock()
        retired = []
        for publisher in publishers:
            over = [key for key in publisher.keys if key.until is not None and key.until <= now]
            if over:
                ended = _end_keys(directory, publishers, publisher, over, hand)
                publishers = _with(publishers, ended)
                retired.append(ended)
    return retired


def revoke_publisher(
    data_dir: Path, name: str, reason: str | None = None, *, hand: Hand | None = None
) -> None:
    """Take a publisher's credential back, every key of it: NATS drops its connections at once.

    Raises:
        CredentialRefused: nobody of that name is registered.
    """
    with _registry(data_dir) as (directory, publishers):
        publisher = _named(publishers, name)
        details = {"keys": [key.number for key in publisher.keys]}
        with _recording(directory, hand or Hand(), "credential.revoked", name, details, reason):
            _register(directory, [each for each in publishers if each is not publisher])
            _forget_secrets(directory, name)


def kept_public_key(seed_file: Path) -> str:
    """Return the public nkey of the seed a file keeps, making the seed on first use."""
    if not seed_file.exists():
        seed = nkeys.encode_seed(secrets.token_bytes(SEED_BYTES), nkeys.PREFIX_BYTE_USER)
        write_private(seed_file, seed.decode())
    public_key: bytes = nkeys.from_seed(bytearray(seed_file.read_bytes().strip())).public_key
    return public_key.decode()


def _check_name(name: str) -> None:
    known = {service.name for service in SERVICES}
    if NAME_PATTERN.fullmatch(name) is None:
        raise CredentialRefused(
            f"{name!r} cannot name a credential: use 1 to 40 of a-z, 0-9 and the hyphen."
        )
    if name in known | {PROVISION, MONITOR, ERASER, COLLECTOR, *PEOPLE}:
        raise CredentialRefused(f"{name} names a part of the system; choose another name.")


def _check_scope(services: Sequence[str], types: Sequence[str]) -> None:
    taking = [service.name for service in SERVICES if service.consumes == INTAKE]
    for service in services:
        if service not in taking:
            raise CredentialRefused(
                f"No service named {service} takes events; there are {', '.join(taking)}."
            )
    known = schemas()
    for type_ in types:
        if type_ not in known:
            raise CredentialRefused(f"No type is named {type_}; `tandem schemas` lists them.")
        if services and type_.split(".")[1] not in services:
            raise CredentialRefused(
                f"{type_} goes to {type_.split('.')[1]}, which is not among the services named."
            )


@contextmanager
def _registry(data_dir: Path) -> Iterator[tuple[DataDirectory, list[Publisher]]]:
    """Hold the registry, so that one change of it follows the other."""
    directory = DataDirectory.at(data_dir)
    with held_lock(lock_file(directory), wait=True):
        yield directory, read_registry(directory)


@contextmanager
def _recording(
    directory: DataDirectory,
    hand: Hand,
    act: str,
    name: str,
    details: Mapping[str, Any],
    reason: str | None = None,
) -> Iterator[None]:
    log = OperatorLog(directory.operator_log)
    now = hand.clock()
    with log.recording(hand.actor, act, name, now=now, reason=reason, details=details):
        yield


def _named(publishers: Sequence[Publisher], name: str) -> Publisher:
    for publisher in publishers:
        if publisher.name == name:
            return publisher
    raise CredentialRefused(f"No credential is named {name}.")


def _with(publishers: Sequence[Publisher], changed: Publisher) -> list[Publisher]:
    return [changed if each.name == changed.name else each for each in publishers]


def _end_keys(
    directory: DataDirectory,
    publishers: Sequence[Publisher],
    publisher: Publisher,
    over: Sequence[Key],
    hand: Hand,
) -> Publisher:
    """Take keys of a publisher out of the registry; the newest never is among them."""
    numbers = [key.number for key in over]
    with _recording(directory, hand, "credential.key_ended", publisher.name, {"keys": numbers}):
        kept = tuple(key for key in publisher.keys if key not in over)
        ended = replace(publisher, keys=kept)
        _register(directory, _with(publishers, ended))
        _forget_secrets(directory, publisher.name, kept)
    return ended


def _made_key(directory: DataDirectory, name: str, number: int, now: datetime) -> Key:
    seed, token = _secrets_of(directory, name, number)
    return Key(number, kept_public_key(seed), _sha256(kept_secret(token)), made_at=now)


def _secrets_of(directory: DataDirectory, name: str, number: int) -> tuple[Path, Path]:
    stem = secrets_name(name, number)
    return directory.seed(stem), directory.token(stem)


def _forget_secrets(directory: DataDirectory, name: str, keys: Sequence[Key] = ()) -> None:
    """Remove every secret under a publisher's name but those of these keys.

    Also what is left of a change that was cut short.
    """
    kept = {file for key in keys for file in _secrets_of(directory, name, key.number)}
    own = re.compile(rf"{re.escape(name)}(\.[0-9]+)?\.(seed|token)")
    for secret in directory.secrets.iterdir():
        if own.fullmatch(secret.name) and secret not in kept:
            secret.unlink()


def _register(directory: DataDirectory, publishers: Sequence[Publisher]) -> None:
    """Write the registry and all that follows from it, and let a running NATS know."""
    ordered = sorted(publishers, key=lambda publisher: publisher.name)
    write_registry(directory, ordered)
    _write_for_readers(directory, ordered, SERVICES)
    nats.reload(directory)


def _write_for_readers(
    directory: DataDirectory, publishers: Sequence[Publisher], services: Sequence[Service]
) -> None:
    """Write the accounts that NATS reads and the hashes of tokens that the services read."""
    sources = read_sources(directory)
    own = {
        kept_public_key(directory.seed(service.name)): nats.service_permissions(service, sources)
        for service in services
    }
    own[kept_public_key(directory.seed(PROVISION))] = nats.provision_permissions()
    own[kept_public_key(directory.seed(ERASER))] = nats.eraser_permissions()
    theirs = {
        key.public_key: nats.publisher_permissions(
            publisher.name, publisher.services, publisher.types
        )
        for publisher in publishers
        for key in publisher.keys
    }
    nats.write_accounts(directory, own, theirs, kept_public_key(directory.seed(MONITOR)))

    roles = {name: name for name in (*PEOPLE, COLLECTOR)}
    roles |= {service.name: "service" for service in services}
    holders: dict[str, dict[str, Any]] = {
        _sha256(kept_secret(directory.token(name))): {"name": name, "role": role}
        for name, role in roles.items()
    }
    for publisher in publishers:
        scopes = {"services": publisher.services, "types": publisher.types}
        holder = {
            "name": publisher.name,
            "role": publisher.role,
            **{scope: among for scope, among in scopes.items() if among is not None},
        }
        for key in publisher.keys:
            made = {"made_at": key.made_at.isoformat()} if key.made_at else {}
            holders[key.token_sha256] = holder | made
    write_private(directory.tokens, json.dumps(holders, indent=2) + "\n")


def lock_file(directory: DataDirectory) -> Path:
    """Return the file that whoever changes credentials holds, or reads them as a whole."""
    return directory.secrets / "credentials.lock"


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
