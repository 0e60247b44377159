"""Codes that log a browser in, once: made by whoever has the machine, spent by reporting.

A code is a private file, named by the code's hash, that holds the token it stands for and until
when. Spending it removes the file, which only one can do, in whichever process: so a code works
once, and no token ever stands in an address.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

CODE_BYTES = 32
CODE_CHARACTERS_MAX = 100
VALID_FOR = timedelta(minutes=10)
PRIVATE_FILE = 0o600


def make_code(folder: Path, token: str, now: datetime) -> str:
    """Return a new code that stands for a token until VALID_FOR has passed.

    Codes that nobody has spent in time are removed.
    """
    for outlived in _outlived(folder, now):
        outlived.unlink(missing_ok=True)
    code = secrets.token_urlsafe(CODE_BYTES)
    document = json.dumps({"token": token, "until": (now + VALID_FOR).isoformat()})
    descriptor = os.open(_file(folder, code), os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(document)
        file.flush()
        # Its age is told by the same clock as its end.
        os.utime(descriptor, (now.timestamp(), now.timestamp()))
    return code


def spend_code(folder: Path, code: str, now: datetime) -> str | None:
    """Return the token that a code stands for; None when it is none, too old, or spent."""
    if not 0 < len(code) <= CODE_CHARACTERS_MAX:
        return None
    file = _file(folder, code)
    try:
        document = json.loads(file.read_text())
        file.unlink()
    except FileNotFoundError:
        return None
    return str(document["token"]) if now < datetime.fromisoformat(document["until"]) else None


def _file(folder: Path, code: str) -> Path:
    return folder / hashlib.sha256(code.encode()).hexdigest()


def _outlived(folder: Path, now: datetime) -> Iterator[Path]:
    for file in folder.iterdir():
        if datetime.fromtimestamp(file.stat().st_mtime, UTC) < now - VALID_FOR:
            yield file
