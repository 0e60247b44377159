"""`python -m services.events erase`: whom the vault knows by an identity, taken out of messages.

The vault's own rows go with the decision (ErasePerson), not here: until then the person is still
recognised under every identity that any source gave them, however often this is repeated.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

from services.events.app import opened_erasing
from services.events.vault import Vault
from shared.contracts.values import Person
from shared.erasing.errand import ROUNDS_MAX, erased, kept_messages, tell, told
from shared.erasing.intake import IntakeMessages
from shared.erasing.kept import Kept
from shared.erasing.sought import Sought

IDENTITY_FIELDS = ("id", "email", "name", "organisation")


async def erase(options: Sequence[str]) -> None:
    """Take a person out of INTAKE, of rejected and of waiting messages.

    Asked: source, identity (as a publisher says it) or person (the key), words, stand_in.

    Raises:
        Unavailable: messages that name them are not taken yet; repeat it.
    """
    asked = told()
    async with opened_erasing() as opened, kept_messages() as kept:
        key, identities = await _known(opened.vault, asked)
        sought = _sought(opened.vault, identities, set(asked["words"]), asked["stand_in"])
        found = await _learnt(opened.intake, kept, sought)
        tell({"step": "intake"})
        overwritten = await opened.intake.erase(found)
        emptied = await opened.intake.empty()
        tell({"step": "kept"})
        outcome = await erased(kept, sought)
        said = {"person": key, "words": sorted(sought.words), "intake": overwritten}
        said |= {"emptied": emptied}
        tell({"outcome": outcome | said})


async def reapply(options: Sequence[str]) -> None:
    """Take everybody out again whom a backup brought back, before any service runs.

    Those whom the vault does not know are not back. The ledger is told by events as it starts.
    """
    words: set[str] = set()
    async with opened_erasing() as opened, kept_messages() as kept:
        for key in sorted(opened.erased):
            identities = await opened.vault.identities(key)
            if identities:
                sought = _sought(opened.vault, identities, set(), f"erased-{key}")
                found = await _learnt(opened.intake, kept, sought)
                await opened.intake.erase(found, wait=False)
                await erased(kept, sought)
                words |= sought.words
        await opened.vault.forget(sorted(opened.erased))
    tell({"words": sorted(words)})


async def _learnt(intake: IntakeMessages, kept: Kept, sought: Sought) -> dict[int, str]:
    """Look through all messages until they tell no new word; returns what INTAKE holds."""
    for _ in range(ROUNDS_MAX):
        words = len(sought.words)
        found = await intake.naming(sought)
        await kept.learn(sought)
        if len(sought.words) == words:
            break
    return found


def _sought(vault: Vault, identities: frozenset[bytes], words: set[str], stand_in: str) -> Sought:
    def is_them(source: str, said: Mapping[str, Any]) -> bool:
        return bool(identities & hashes(vault, source, said))

    return Sought(is_them, words, stand_in)


async def _known(vault: Vault, asked: Mapping[str, Any]) -> tuple[str | None, frozenset[bytes]]:
    """Return the key of who is asked about, and all identities that they are recognised by."""
    key: str | None = asked.get("person")
    given: frozenset[bytes] = frozenset()
    if asked.get("identity"):
        person = Person.model_validate(asked["identity"])
        given = vault.hashes(asked["source"], person)
        key = await vault.find(asked["source"], person)
    return key, given | (await vault.identities(key) if key else frozenset())


def hashes(vault: Vault, source: str, said: Mapping[str, Any]) -> frozenset[bytes]:
    """Return the identities in an object that may describe somebody; none when it does not.

    Of what was rejected too, so it may break the contract in any way.
    """
    fields = {
        name: normalize("NFC", text).strip()
        for name in IDENTITY_FIELDS
        if isinstance(text := said.get(name), str) and text.isprintable()
    }
    if not fields.keys() & {"id", "email"} and not {"name", "organisation"} <= fields.keys():
        return frozenset()
    return vault.hashes(source, Person.model_construct(None, **fields))
