"""A service in a container: waits for what the keeper makes, and then becomes the service.

python -m shared.embedded.container serve membership
python -m shared.embedded.container healthy
"""

import hashlib
import os
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HANDED = Path("/run/tandem")
READY = "ready"
POLL_SECONDS = 0.2
TELL_SECONDS = 10.0
ANSWER_SECONDS_MAX = 4.0


def schema() -> str:
    """Return what stands for the tables that this code expects: the digest of all migrations."""
    digest = hashlib.sha256()
    for file in sorted(PROJECT.glob("s*/**/sql/**/*.sql")):
        digest.update(f"{file.relative_to(PROJECT).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def serve(service: str) -> None:
    """Become the service once its secrets are there and its tables are those of this code."""
    waited_since = told_at = time.monotonic()
    while not _ready(HANDED / READY):
        now = time.monotonic()
        if now - told_at >= TELL_SECONDS:
            print(f"{service} waits for its tables, {now - waited_since:.0f} s", file=sys.stderr)
            told_at = now
        time.sleep(POLL_SECONDS)
    os.execv(sys.executable, [sys.executable, "-m", f"services.{service}"])  # noqa: S606


def _ready(marker: Path) -> bool:
    return marker.exists() and marker.read_text("utf-8") == schema()


def healthy(port: int) -> bool:
    """Tell whether the service of this container says that it can work."""
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main(words: list[str]) -> None:
    """Do what the words say; exits with 1 when that is a check that fails, with 2 for others."""
    match words:
        case ["serve", service]:
            serve(service)
        case ["healthy"]:
            listen = os.environ.get("TANDEM_HTTP_LISTEN", "127.0.0.1:8080")
            sys.exit(0 if healthy(int(listen.rpartition(":")[2])) else 1)
        case _:
            sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
