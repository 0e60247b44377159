"""Private addresses of the calendar and the feed, for programs that cannot send a token.

An address carries a key: the token of whoever it was made for, sealed, so that it ends with the
token. It opens what is followed and nothing else, as a viewer, whatever the token itself may do.
"""

from cryptography.fernet import Fernet, InvalidToken

from shared.site.sessions import Sessions

PURPOSE = b"addresses that programs follow"


class Subscriptions:
    """Seals tokens into keys, and opens them again."""

    def __init__(self, sessions: Sessions) -> None:
        """Take a seal of the secret that sessions have, for this purpose alone."""
        self._seal: Fernet = sessions.seal_for(PURPOSE)

    def key_of(self, token: str) -> str:
        """Return a key for whoever holds a token; each time another one, and all of them open."""
        return self._seal.encrypt(token.encode()).decode()

    def token_of(self, key: str) -> str | None:
        """Return the token of a key; None when it is none."""
        try:
            return self._seal.decrypt(key.encode()).decode()
        except InvalidToken:
            return None
