"""`python -m services.<name> erase`: a person taken out of what a service keeps of messages.

Runs under the role that owns the tables. Who is meant comes as one line of JSON on standard input,
so that no name stands in a list of processes; what was done goes as JSON to standard output.
"""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.database import connect_alone
from shared.erasing.kept import Kept
from shared.erasing.sought import Sought, nobody
from shared.settings import DatabaseSettings

ROUNDS_MAX = 5
"""How often messages are looked through for the words that others have told."""


async def erase(options: Sequence[str]) -> None:
    """Take a person out of the messages of a service that knows no person, by their words."""
    asked = told()
    sought = Sought(nobody, set(asked["words"]), asked["stand_in"])
    async with kept_messages() as kept:
        tell({"outcome": await erased(kept, sought)})


async def erased(kept: Kept, sought: Sought) -> dict[str, int]:
    """Take a person out of rejected and waiting messages, and return how many there were."""
    return {
        "rejected": await kept.erase_rejected(sought),
        "waiting": await kept.erase_waiting(sought),
        "ids": await kept.ids_naming(sought),
    }


@asynccontextmanager
async def kept_messages() -> AsyncIterator[Kept]:
    """Open the messages that this service keeps."""
    connection = await connect_alone(DatabaseSettings().database)
    try:
        yield Kept(connection)
    finally:
        await connection.close()


def told() -> Mapping[str, Any]:
    """Return what was asked on standard input."""
    asked: Mapping[str, Any] = json.loads(sys.stdin.readline())
    return asked


def tell(said: Mapping[str, Any]) -> None:
    """Say something on standard output, for whoever runs this."""
    print(json.dumps(said), flush=True)
