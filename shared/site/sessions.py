"""What a browser keeps after somebody logged in: the token, sealed, for these pages alone.

A cookie goes to every port of a machine, so it holds nothing that would open another door: only
the service that began a session can open its seal, for SESSION_SECONDS_MAX. Whose token it was is
looked up on every request, so that a token that is revoked ends its sessions too; and so is whether
somebody has logged out, so that a copy of the cookie opens nothing more.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken

from shared.clock import Clock

SESSION_SECONDS_MAX = 12 * 60 * 60
SECRET_BYTES = 32
PURPOSE = b"sessions of browsers"


class Ended(Protocol):
    """Which sessions were ended, by their hash: `shared.site.endings.Endings`."""

    async def add(self, session: bytes, now: datetime, until: datetime) -> None:
        """Remember that a session was ended, until its hours are over."""
        ...

    async def hold(self, session: bytes) -> bool:
        """Tell whether a session was ended."""
        ...


class EndedHere:
    """What was ended in this process, for as long as that lives."""

    def __init__(self) -> None:
        """Nothing was ended yet."""
        self._until: dict[bytes, datetime] = {}

    async def add(self, session: bytes, now: datetime, until: datetime) -> None:
        """Remember that a session was ended, and forget those whose hours are over."""
        self._until = {each: end for each, end in self._until.items() if end >= now}
        self._until[session] = until

    async def hold(self, session: bytes) -> bool:
        """Tell whether a session was ended."""
        return session in self._until


class Sessions:
    """Seals tokens into sessions, and opens them again."""

    def __init__(self, secret: bytes, clock: Clock, ended: Ended | None = None) -> None:
        """Bind the secret; it stays the same over restarts, and so do sessions."""
        self._secret, self._clock, self._ended = secret, clock, ended or EndedHere()
        self._seal = self.seal_for(PURPOSE)

    def seal_for(self, purpose: bytes) -> Fernet:
        """Return the seal of a purpose: what one has sealed no other opens."""
        derived = hmac.digest(self._secret, purpose, hashlib.sha256)
        return Fernet(base64.urlsafe_b64encode(derived))

    def begin(self, token: str) -> str:
        """Return a new session of whoever holds a token."""
        return self._seal.encrypt_at_time(token.encode(), self._now()).decode()

    async def token_of(self, session: str | None) -> str | None:
        """Return the token of a session; None when it is none, too old, or ended."""
        if session is None:
            return None
        try:
            opened = self._seal.decrypt_at_time(session.encode(), SESSION_SECONDS_MAX, self._now())
        except InvalidToken:
            return None
        return None if await self._ended.hold(_hash(session)) else opened.decode()

    async def end(self, session: str) -> None:
        """End a session that is open, so that a copy of its cookie opens nothing more."""
        if await self.token_of(session) is None:
            return
        now = self._clock()
        await self._ended.add(_hash(session), now, now + timedelta(seconds=SESSION_SECONDS_MAX))

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _hash(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
