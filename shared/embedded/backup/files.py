"""The small files that belong to a backup, and where each of them goes."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.credentials import lock_file
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock
from shared.operator_log import OperatorLog

PREFIX = "files/"
SIGNING_KEY = f"{PREFIX}secrets/signing.key"
SECRET = re.compile(r"secrets/[a-z0-9][a-z0-9_.-]{0,99}")
PASSING = (".lock",)
"""How names end that are of a running system alone."""


def read_files(directory: DataDirectory) -> Iterator[tuple[str, bytes]]:
    """Yield every file with its name in the archive, secrets and registry as of one moment.

    Read after the databases: a list of the erased that knows more than a database is what takes
    somebody out of it again.
    """
    with held_lock(lock_file(directory), wait=True):
        for name, path in _places(directory):
            if path.is_file():
                yield PREFIX + name, path.read_bytes()
    log, head = OperatorLog(directory.operator_log).content()
    yield PREFIX + directory.operator_log.name, log
    yield f"{PREFIX}{directory.operator_log.name}.head", head


def place_of(directory: DataDirectory, name: str) -> Path:
    """Return where a file of an archive goes.

    Raises:
        OperatorError: a backup holds no file of that name.
    """
    plain = name.removeprefix(PREFIX)
    known = {each for each, _ in _fixed(directory)}
    known |= {directory.operator_log.name, f"{directory.operator_log.name}.head"}
    if plain == name or not (plain in known or _is_secret(plain)):
        raise OperatorError(f"A backup holds no file named {name!r}: it is not restored.")
    return directory.root / PurePosixPath(plain)


def _places(directory: DataDirectory) -> Iterator[tuple[str, Path]]:
    for path in sorted(directory.secrets.iterdir()):
        name = f"{directory.secrets.name}/{path.name}"
        if _is_secret(name):
            yield name, path
    yield from _fixed(directory)


def _fixed(directory: DataDirectory) -> Iterator[tuple[str, Path]]:
    for path in (
        directory.credentials,
        directory.erased,
        directory.nats / broker.OVERRIDE,
        directory.nats / broker.JETSTREAM_OVERRIDE,
        directory.postgres / postgres.OVERRIDE,
    ):
        yield path.relative_to(directory.root).as_posix(), path


def _is_secret(name: str) -> bool:
    return SECRET.fullmatch(name) is not None and not name.endswith(PASSING)
