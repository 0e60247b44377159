"""The person vault: whose key in the ledger belongs to which identities, and nothing else.

A person is found by the publisher's own id (of that publisher), by e-mail, or weakly by name and
organisation. Of all three only keyed hashes are kept, because nothing reads more: no name and no
address stands in it, in a write-ahead log or in a backup. The ledger knows the random key alone.
Another hash, of a name with its organisation as they were said first, tells that two keys share
both: whether they are one person, people decide.
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
Known = tuple[str, Person]
"""A person as a source knows them."""


class WrongVaultKey(Exception):
    """The key file does not belong to the people in the vault."""


class Vault:
    """Turns people into keys, and forgets them."""

    def __init__(self, pool: asyncpg.Pool, queries: Queries, key_file: Path) -> None:
        """Read the key that hashes identities."""
        self._pool, self._queries = pool, queries
        self._key_file = key_file
        self._key = bytes.fromhex(key_file.read_text("utf-8").strip())

    async def keys(self, people: Iterable[Known], *, dry_run: bool = False) -> Mapping[Known, str]:
        """Return the key of each person as a source knows them; new people get one.

        Args:
            people: (source, person); the same person may come under several identities.
            dry_run: remember nobody.
        """
        wanted = {each: self._identities(*each) for each in set(people)}
        if not wanted:
            return {}
        async with self._pool.acquire() as connection:
            known = await self._known(connection, wanted.values())
            keys = _keys(wanted, known)
            news = [
                each for each, some in wanted.items() if any(one not in known for _, one in some)
            ]
            if dry_run or not news:
                return keys
            async with connection.transaction():
                await self._remember(connection, {each: keys[each] for each in news}, wanted)
            # Another process may have met the same person first: what is stored decides.
            return _keys(wanted, await self._known(connection, wanted.values()))

    async def find(self, source: str, person: Person) -> str | None:
        """Return the key of somebody, or None when nobody is known by these identities."""
        identities = self._identities(source, person)
        async with self._pool.acquire() as connection:
            known = await self._known(connection, [identities])
        return next((known[each] for _, each in identities if each in known), None)

    async def identities(self, key: str) -> frozenset[bytes]:
        """Return the hashes of all identities that somebody is known by, whichever source said."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(self._queries["identities_of"], key)
        return frozenset(row["identity"] for row in rows)

    async def forget(self, keys: Sequence[str]) -> int:
        """Forget these people, and return how many of them were known until now."""
        async with self._pool.acquire() as connection:
            return int(await connection.fetchval(self._queries["forget_people"], list(keys)))

    def hashes(self, source: str, person: Person) -> frozenset[bytes]:
        """Return the hashes of the identities that a source gives a person."""
        return frozenset(identity for _, identity in self._identities(source, person))

    async def check_key(self) -> None:
        """Make sure that this is the key under which everybody in the vault is known.

        Raises:
            WrongVaultKey: it is another; whoever came back would count as somebody new.
        """
        mark = self._hash("key")
        async with self._pool.acquire() as connection:
            stored = await connection.fetchval(self._queries["vault_key"], mark)
        if stored != mark:
            raise WrongVaultKey(
                f"{self._key_file} is not the key that this vault was filled with: bring the right"
                " one back from a backup, or everybody would count as somebody new"
            )

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
        """Return the keys of who is known by these identities."""
        hashes = sorted({identity for identities in people for _, identity in identities})
        rows = await connection.fetch(self._queries["identities_known"], hashes)
        return {row["identity"]: row["person"] for row in rows}

    async def _remember(
        self,
        connection: Connection,
        keys: Mapping[Known, str],
        wanted: Mapping[Known, Sequence[Identity]],
    ) -> None:
        # In one order everywhere, so that two writers never wait for each other.
        await connection.execute(self._queries["remember_people"], sorted(set(keys.values())))
        identities = sorted(
            {
                (identity, key, kind == "weak")
                for each, key in keys.items()
                for kind, identity in wanted[each]
            }
        )
        columns = map(list, zip(*identities, strict=True))
        await connection.execute(self._queries["remember_identities"], *columns)
        names = sorted(
            {(key, name) for (_, person), key in keys.items() if (name := self._namesake(person))}
        )
        if names:
            columns = map(list, zip(*names, strict=True))
            await connection.execute(self._queries["remember_namesakes"], *columns)

    def _namesake(self, person: Person) -> bytes | None:
        """Return the hash under which people of one name and organisation are found."""
        if person.name is None or person.organisation is None:
            return None
        said = (" ".join(each.casefold().split()) for each in (person.name, person.organisation))
        return self._hash("namesake", *said)


def _keys(
    wanted: Mapping[Known, Sequence[Identity]], known: Mapping[bytes, str]
) -> dict[Known, str]:
    """Return the key of each person, a new one for who is known by none of their identities."""
    keys: dict[Known, str] = {}
    met: dict[bytes, str] = {}
    for each, identities in wanted.items():
        found = [
            known[identity] if identity in known else met[identity]
            for _, identity in identities
            if identity in known or identity in met
        ]
        keys[each] = found[0] if found else uuid4().hex
        for _, identity in identities:
            met.setdefault(identity, keys[each])
    return keys


def is_weak(person: Person) -> bool:
    """Tell whether only a name and an organisation stand for somebody."""
    return person.id is None and person.email is None


def domain_of(person: Person) -> str | None:
    """Return the domain of the person's e-mail address, in lower case."""
    return person.email.rpartition("@")[2].casefold() if person.email else None
