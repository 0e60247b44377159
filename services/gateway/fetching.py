"""Reads an object of a platform's API, of the one host that was configured, and of nobody else.

The path was judged before (domain/eventbrite.py). A redirect is an answer like any other that is
not 200, so it leads nowhere.
"""

import asyncio
import ssl
from http.client import HTTPException, HTTPSConnection
from typing import Any

from shared.contracts.envelope import Malformed, strict_json
from shared.errors import Unavailable

SECONDS_MAX = 5.0
BYTES_MAX = 1024 * 1024
AT_ONCE_MAX = 4


class Fetching:
    """Asks APIs, a few at once."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Bind which certificates are believed; those of the machine when left out."""
        self._context = context or ssl.create_default_context()
        self._places = asyncio.Semaphore(AT_ONCE_MAX)

    async def object_at(self, host: str, path: str, token: str) -> dict[str, Any]:
        """Return the JSON object that a host answers a path with.

        Raises:
            Unavailable: it does not, within SECONDS_MAX and BYTES_MAX.
        """
        try:
            async with asyncio.timeout(SECONDS_MAX * 2), self._places:
                body = await asyncio.to_thread(self._read, host, path, token)
            document = strict_json(body)
        except (OSError, TimeoutError, HTTPException) as error:
            said = f"{host} does not answer: {error or type(error).__name__}"
            raise Unavailable(said) from None
        except Malformed as error:
            raise Unavailable(f"{host} answers with no JSON: {error}") from None
        if not isinstance(document, dict):
            raise Unavailable(f"{host} answers with no object")
        return document

    def _read(self, host: str, path: str, token: str) -> bytes:
        """Return the body of an answer; runs in a thread, and ends with its socket's own time."""
        connection = HTTPSConnection(host, timeout=SECONDS_MAX, context=self._context)
        try:
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise HTTPException(f"status {answer.status}")
            body = answer.read(BYTES_MAX + 1)
            if len(body) > BYTES_MAX:
                raise HTTPException(f"more than {BYTES_MAX} bytes")
            return body
        finally:
            connection.close()
