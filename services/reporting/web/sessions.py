"""What a browser keeps after somebody logged in: the token, sealed, for these pages alone.

A cookie goes to every port of a machine, so it holds nothing that would open another door: only
reporting can open the seal, for SESSION_SECONDS_MAX. Whose token it was is looked up on every
request, so that a token that is revoked ends its sessions too.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from shared.clock import Clock

SESSION_SECONDS_MAX = 12 * 60 * 60
ENDED_SESSIONS_MAX = 10_000
SECRET_BYTES = 32
PURPOSE = b"sessions of browsers"


class Sessions:
    """Seals tokens into sessions, and opens them again."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """Bind the secret; it stays the same over restarts, and so do sessions."""
        derived = hmac.digest(secret, PURPOSE, hashlib.sha256)
        self._seal, self._clock = Fernet(base64.urlsafe_b64encode(derived)), clock
        self._ended: dict[str, None] = {}

    def begin(self, token: str) -> str:
        """Return a new session of whoever holds a token."""
        return self._seal.encrypt_at_time(token.encode(), self._now()).decode()

    def token_of(self, session: str | None) -> str | None:
        """Return the token of a session; None when it is none, too old, or ended."""
        if session is None or session in self._ended:
            return None
        try:
            opened = self._seal.decrypt_at_time(session.encode(), SESSION_SECONDS_MAX, self._now())
        except InvalidToken:
            return None
        return opened.decode()

    def end(self, session: str) -> None:
        """End a session that is open, so that a copy of its cookie opens nothing more."""
        if self.token_of(session) is None:
            return
        self._ended[session] = None
        while len(self._ended) > ENDED_SESSIONS_MAX:
            del self._ended[next(iter(self._ended))]

    def _now(self) -> int:
        return int(self._clock().timestamp())
