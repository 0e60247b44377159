"""How Zoom signs what it sends, and how an address shows that it knows the secret.

Source: Zoom, "Using webhooks": HMAC-SHA256 over `v0:<timestamp>:<body>`, and over the plain token.
"""

import hmac
import re
from hashlib import sha256

WINDOW_SECONDS = 300
PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_\-]{1,128}")
"""No colon: else whoever asks could have any message signed, as if Zoom had sent it."""
TIMESTAMP = re.compile(r"[0-9]{9,11}")


class BadSignature(Exception):
    """The message does not come from who knows the secret, or not now."""


def check(secret: str, signature: str, timestamp: str, body: bytes, now: float) -> None:
    """Return when a message comes from who knows the secret, at most WINDOW_SECONDS ago.

    Args:
        secret: of this webhook.
        signature: the header x-zm-signature.
        timestamp: the header x-zm-request-timestamp, in seconds since 1970.
        body: the very bytes that came.
        now: in seconds since 1970.

    Raises:
        BadSignature: it does not; the text says in which way.
    """
    if TIMESTAMP.fullmatch(timestamp) is None:
        raise BadSignature("x-zm-request-timestamp is no time in seconds")
    expected = signature_of(secret, timestamp, body)
    # First: only who knows the secret is told how far the clocks are apart.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise BadSignature("x-zm-signature does not fit the body and the secret of this webhook")
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        raise BadSignature(f"it was signed more than {WINDOW_SECONDS // 60} minutes from now")


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message."""
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, sha256).hexdigest()


def encrypted_token(secret: str, plain: str) -> str:
    """Return the answer to a challenge.

    Raises:
        BadSignature: the plain token is not as Zoom makes them.
    """
    if PLAIN_TOKEN.fullmatch(plain) is None:
        raise BadSignature("plainToken is not as Zoom makes them")
    return hmac.new(secret.encode(), plain.encode(), sha256).hexdigest()
