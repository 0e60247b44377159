"""Where the embedded system keeps what it owns, and how private files come onto the disk."""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
TOKEN_BYTES = 32


class OperatorError(Exception):
    """Something only the operator can mend; the message is the sentence to print."""


@dataclass(frozen=True)
class DataDirectory:
    """The paths under one data directory (`.tandem/` unless told otherwise)."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataDirectory":
        """Return the directory at a path, made absolute; nothing is created yet."""
        return cls(path.expanduser().resolve())

    def create(self) -> None:
        """Make the directory and its private parts; what exists keeps its contents."""
        self.root.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        for private in (
            *(self.secrets, self.login_codes, self.logs, self.nats),
            self.erased.parent,
        ):
            private.mkdir(exist_ok=True)
            private.chmod(PRIVATE_DIRECTORY)

    @property
    def secrets(self) -> Path:
        """Seeds, tokens, passwords: a directory of 0700 with files of 0600."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """One `<process>.log` for each process."""
        return self.root / "logs"

    @property
    def nats(self) -> Path:
        """Configuration and JetStream files of nats-server."""
        return self.root / "nats"

    @property
    def postgres(self) -> Path:
        """The PostgreSQL cluster; owned by the system user that runs it."""
        return self.root / "postgres"

    @property
    def endpoints(self) -> Path:
        """What other programs read to find the running system."""
        return self.root / "endpoints.json"

    @property
    def processes(self) -> Path:
        """The pids of what runs, so that a killed supervisor's children can be found."""
        return self.root / "processes.json"

    @property
    def servers(self) -> Path:
        """Where NATS and PostgreSQL run, when that is not here."""
        return self.root / "servers.json"

    @property
    def credentials(self) -> Path:
        """The registry of publishers: names, scopes, public keys, hashes of tokens."""
        return self.root / "credentials.json"

    @property
    def operator_log(self) -> Path:
        """What operators did, one line an act (`shared/operator_log.py`)."""
        return self.root / "operator.log"

    @property
    def tokens(self) -> Path:
        """The hashes of all tokens with the name and role each stands for."""
        return self.secrets / "tokens.json"

    @property
    def login_codes(self) -> Path:
        """One file for each address that logs a browser in, until it is used."""
        return self.secrets / "login-codes"

    @property
    def vault_key(self) -> Path:
        """The key of the person vault, 32 random bytes in hex."""
        return self.secrets / "vault.key"

    @property
    def signing_key(self) -> Path:
        """The key that seals published reports, 32 random bytes in hex."""
        return self.secrets / "signing.key"

    @property
    def erased(self) -> Path:
        """The keys of everybody who was erased: a backup is older, and brings them back without."""
        return self.root / "erased" / "people.jsonl"

    @property
    def imports_key(self) -> Path:
        """The key under which what imported files say of people is hashed, 32 bytes in hex."""
        return self.secrets / "imports.key"

    @property
    def webhooks(self) -> Path:
        """The webhooks of other platforms, with their secrets."""
        return self.secrets / "webhooks.json"

    def seed(self, name: str) -> Path:
        """The nkey seed with which `name` connects to NATS."""
        return self.secrets / f"{name}.seed"

    def token(self, name: str) -> Path:
        """The token with which `name` calls gRPC and HTTP."""
        return self.secrets / f"{name}.token"

    def password(self, role: str) -> Path:
        """The password of a PostgreSQL role."""
        return self.secrets / f"{role}.password"

    def log(self, process: str) -> Path:
        """The log of a process."""
        return self.logs / f"{process}.log"


def write_private(path: Path, text: str) -> None:
    """Put a whole file of mode 0600 in place, so that a reader or a power cut sees old or new."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, PRIVATE_FILE)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_secret(path: Path) -> str:
    """Return the random secret a file keeps, making it on first use (32 bytes in hex)."""
    if not path.exists():
        write_private(path, secrets.token_hex(TOKEN_BYTES))
    return path.read_text().strip()


@contextmanager
def held_lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold an exclusive lock on a file; the kernel lets go of it however the process ends.

    Yields:
        Whether the lock is ours; always true when we wait for it.
    """
    with path.open("a+") as file:
        path.chmod(PRIVATE_FILE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def last_lines(path: Path, count: int = 8) -> str:
    """Return the end of a log, for a sentence that says why something did not start."""
    if not path.exists():
        return "(no log)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
