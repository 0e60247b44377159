"""Who may speak to the system: keys, tokens and passwords, and the registry of publishers.

Secrets stand in `secrets/`, one private file each. The registry holds what is no secret, so that
a credential can be listed and taken back without knowing its secret.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nkeys

from shared.embedded import nats
from shared.embedded.catalogue import SERVICES, Service
from shared.embedded.data_directory import (
    DataDirectory,
    OperatorError,
    held_lock,
    kept_secret,
    write_private,
)
from shared.messaging import INTAKE
from shared.schemas import schemas

PEOPLE = ("viewer", "staff", "operator")
PROVISION, MONITOR = "provision", "monitor"
DEMO = "demo"
# CONTRACT, Envelope: a source is the name of its credential.
NAME_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
SEED_BYTES = 32


class CredentialRefused(OperatorError):
    """A credential cannot be made or taken back like this; the message says why."""


@dataclass(frozen=True)
class Publisher:
    """A system that publishes: what the registry knows of it.

    Args:
        name: also its `source`, and the second token of its subjects.
        public_key: the nkey NATS knows it by.
        token_sha256: the hash of its token for gRPC and HTTP, in hex.
        services: those it may publish to; None for all.
        types: full names of the types that it may publish, of these services; None for all.
    """

    name: str
    public_key: str
    token_sha256: str
    services: tuple[str, ...] | None = None
    role: str = "publisher"
    types: tuple[str, ...] | None = None


def prepare_credentials(directory: DataDirectory, services: Sequence[Service]) -> None:
    """Make every secret that is missing, and write what NATS and the services read of them."""
    for name in (*(service.name for service in services), PROVISION, MONITOR):
        kept_public_key(directory.seed(name))
    for name in (*(service.name for service in services), *PEOPLE):
        kept_secret(directory.token(name))
    kept_secret(directory.vault_key)
    kept_secret(directory.signing_key)
    if not directory.credentials.exists():  # the first start; a demo revoked later stays revoked
        add_publisher(directory.root, DEMO)
    with held_lock(_lock_file(directory), wait=True):
        _write_for_readers(directory, list_publishers(directory.root), services)


def list_publishers(data_dir: Path) -> list[Publisher]:
    """Return the registered publishers, by name."""
    registry = DataDirectory.at(data_dir).credentials
    if not registry.exists():
        return []
    rows = json.loads(registry.read_text())["publishers"]
    return [Publisher(**row | _scopes(row)) for row in rows]


def _scopes(row: Mapping[str, Any]) -> dict[str, tuple[str, ...] | None]:
    return {scope: tuple(row[scope]) if row.get(scope) else None for scope in ("services", "types")}


def add_publisher(
    data_dir: Path,
    name: str,
    services: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
) -> Publisher:
    """Register a publisher for `intake.<name>.>`, or for some services or types; works at once.

    Its secrets are then in `secrets/<name>.seed` and `secrets/<name>.token`.

    Raises:
        CredentialRefused: the name is not one, is taken, or a service or type is unknown.
    """
    directory = DataDirectory.at(data_dir)
    _check_name(name)
    _check_scope(services or (), types or ())
    with held_lock(_lock_file(directory), wait=True):
        publishers = list_publishers(data_dir)
        if name in (publisher.name for publisher in publishers):
            raise CredentialRefused(f"A credential named {name} exists already; revoke it first.")
        _forget_secrets(directory, name)  # of a revocation that was cut short
        publisher = Publisher(
            name=name,
            public_key=kept_public_key(directory.seed(name)),
            token_sha256=_sha256(kept_secret(directory.token(name))),
            services=tuple(services) if services else None,
            types=tuple(types) if types else None,
        )
        _register(directory, [*publishers, publisher])
    return publisher


def revoke_publisher(data_dir: Path, name: str) -> None:
    """Take a publisher's credential back: NATS drops its connections at once.

    Raises:
        CredentialRefused: nobody of that name is registered.
    """
    directory = DataDirectory.at(data_dir)
    with held_lock(_lock_file(directory), wait=True):
        publishers = list_publishers(data_dir)
        remaining = [publisher for publisher in publishers if publisher.name != name]
        if len(remaining) == len(publishers):
            raise CredentialRefused(f"No credential is named {name}.")
        _register(directory, remaining)
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
    if name in known | {PROVISION, MONITOR, *PEOPLE}:
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


def _forget_secrets(directory: DataDirectory, name: str) -> None:
    for secret in (directory.seed(name), directory.token(name)):
        secret.unlink(missing_ok=True)


def _register(directory: DataDirectory, publishers: Sequence[Publisher]) -> None:
    """Write the registry and all that follows from it, and let a running NATS know."""
    ordered = sorted(publishers, key=lambda publisher: publisher.name)
    document = {"publishers": [asdict(publisher) for publisher in ordered]}
    write_private(directory.credentials, json.dumps(document, indent=2) + "\n")
    _write_for_readers(directory, ordered, SERVICES)
    nats.reload(directory)


def _write_for_readers(
    directory: DataDirectory, publishers: Sequence[Publisher], services: Sequence[Service]
) -> None:
    """Write the accounts that NATS reads and the hashes of tokens that the services read."""
    own = {
        kept_public_key(directory.seed(service.name)): nats.service_permissions(service)
        for service in services
    }
    own[kept_public_key(directory.seed(PROVISION))] = nats.provision_permissions()
    theirs = {
        publisher.public_key: nats.publisher_permissions(
            publisher.name, publisher.services, publisher.types
        )
        for publisher in publishers
    }
    nats.write_accounts(directory, own, theirs, kept_public_key(directory.seed(MONITOR)))

    roles = {name: name for name in PEOPLE} | {service.name: "service" for service in services}
    holders: dict[str, dict[str, Any]] = {
        _sha256(kept_secret(directory.token(name))): {"name": name, "role": role}
        for name, role in roles.items()
    }
    for publisher in publishers:
        scopes = {"services": publisher.services, "types": publisher.types}
        holders[publisher.token_sha256] = {
            "name": publisher.name,
            "role": publisher.role,
            **{scope: among for scope, among in scopes.items() if among is not None},
        }
    write_private(directory.tokens, json.dumps(holders, indent=2) + "\n")


def _lock_file(directory: DataDirectory) -> Path:
    return directory.secrets / "credentials.lock"


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
