"""The person vault: the only place where names and e-mails stand.

A person is found by the publisher's own id (of that publisher), by e-mail, or weakly by name and
organisation. Only keyed hashes of these are looked up; the ledger knows the random key alone.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal
from uuid import uuid4

import asyncpg

from shared.contracts.values import Person
from shared.queries import Connection, Queries

Kind = Literal["id", "email", "weak"]
Identity = tuple[Kind, bytes]


class Vault:
    """Turns people into keys, and forgets them."""

    def __init__(self, pool: asyncpg.Pool, queries: Queries, key_file: Path) -> None:
        """Read the key that hashes identities."""
        self._pool, self._queries = pool, queries
        self._key = bytes.fromhex(key_file.read_text("utf-8").strip())

    async def keys(self, people: Iterable[tuple[str, Person]]) -> Mapping[tuple[str, Person], str]:
        """Return the key of each person as a source knows them; new people get one.

        Args:
            people: (source, person); the same person may come under several identities.
        """
        wanted = {each: self._identities(*each) for each in set(people)}
        if not wanted:
            return {}
        async with self._pool.acquire() as connection, connection.transaction():
            known = await self._known(connection, wanted.values())
            keys: dict[tuple[str, Person], str] = {}
            for each, identities in wanted.items():
                found = [known[identity] for _, identity in identities if identity in known]
                keys[each] = found[0] if found else uuid4().hex
                known |= {
                    identity: keys[each] for _, identity in identities if identity not in known
                }
            await self._remember(connection, keys, wanted)
            # Another process may have met the same person first: what is stored decides.
            stored = await self._known(connection, wanted.values())
        return {
            each: next(stored[identity] for _, identity in identities)
            for each, identities in wanted.items()
        }

    def _identities(self, source: str, person: Person) -> list[Identity]:
        """Return the person's identities, the strongest first; a weak one only alone."""
        identities: list[Identity] = []
        if person.id is not None:
            identities.append(("id", self._hash("id", source, person.id)))
        if person.email is not None:
            identities.append(("email", self._hash("email", person.email.strip().casefold())))
        if not identities:
            name, organisation = str(person.name).casefold(), str(person.organisation).casefold()
            identities.append(("weak", self._hash("weak", name, organisation)))
        return identities

    def _hash(self, *parts: str) -> bytes:
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).digest()

    async def _known(
        self, connection: Connection, people: Iterable[Sequence[Identity]]
    ) -> dict[bytes, str]:
        hashes = sorted({identity for identities in people for _, identity in identities})
        rows = await connection.fetch(self._queries["identities_known"], hashes)
        return {row["identity"]: row["person"] for row in rows}

    async def _remember(
        self,
        connection: Connection,
        keys: Mapping[tuple[str, Person], str],
        wanted: Mapping[tuple[str, Person], Sequence[Identity]],
    ) -> None:
        people = {
            key: (key, person.email, person.name, person.organisation)
            for (_, person), key in keys.items()
        }
        identities = sorted(
            {
                (identity, keys[each], kind == "weak")
                for each, found in wanted.items()
                for kind, identity in found
            }
        )
        await connection.executemany(self._queries["remember_person"], list(people.values()))
        await connection.executemany(self._queries["remember_identity"], identities)


def is_weak(person: Person) -> bool:
    """Tell whether only a name and an organisation stand for somebody."""
    return person.id is None and person.email is None


def domain_of(person: Person) -> str | None:
    """Return the domain of the person's e-mail address, in lower case."""
    return person.email.rpartition("@")[2].casefold() if person.email else None
