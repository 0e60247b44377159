"""nats-server of the embedded system: its configuration, its accounts and its reload.

`nats.conf` and `accounts.conf` are written anew at each start. What an operator wants otherwise
goes into `override.conf` (the top level) or `jetstream.override.conf` (the jetstream block) beside
them, where a later value wins; the boot check then judges what the server really runs with.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from nats.aio.client import Client

from shared.embedded.catalogue import HOST, Service
from shared.embedded.data_directory import DataDirectory, OperatorError, write_private
from shared.embedded.elsewhere import elsewhere
from shared.embedded.process import Program
from shared.erasing.intake import ERASER, eraser_rights
from shared.jetstream import MESSAGE_BYTES_MAX
from shared.messaging import FACTS, INTAKE, log_error

FILE_STORE_BYTES_MAX = 10_000_000_000
MEMORY_STORE_BYTES_MAX = 64_000_000
CONNECTIONS_MAX = 1_000
RELOAD_SECONDS_MAX = 5.0
OVERRIDE, JETSTREAM_OVERRIDE = "override.conf", "jetstream.override.conf"
MONITOR = "monitor"
"""The name of the system account's only user."""

Permissions = Mapping[str, Mapping[str, Sequence[str]]]


def publisher_permissions(
    name: str, services: Sequence[str] | None = None, types: Sequence[str] | None = None
) -> Permissions:
    """Return what a publisher may do: speak under its own name, and hear of its rejections."""
    return _permissions(
        publish=publisher_subjects(name, services, types),
        subscribe=[f"_INBOX_{name}.>", f"rejected.{name}"],
    )


def publisher_subjects(
    name: str, services: Sequence[str] | None = None, types: Sequence[str] | None = None
) -> list[str]:
    """Return the subjects on which a publisher may speak.

    Args:
        name: the publisher's.
        services: those it may speak to; None for all.
        types: full names of what it may say, of these services; None for all of theirs.
    """
    if types is not None:
        parts = (type_.split(".")[1:3] for type_ in types)
        return [f"intake.{name}.{service}.{said}" for service, said in parts]
    if services is not None:
        return [f"intake.{name}.{service}.>" for service in services]
    return [f"intake.{name}.>"]


def service_permissions(service: Service, sources: Sequence[str]) -> Permissions:
    """Return what a service may do: its facts, rejections, and its own durable consumers only.

    Who takes from the intake has a consumer for each of the sources. One that takes in may speak
    under the name of any publisher, and do nothing else.
    """
    if service.takes_in:
        return _permissions(publish=["intake.>"], subscribe=[f"_INBOX_{service.name}.>"])
    if service.watches:
        return watcher_permissions(service)
    publish = [f"facts.{service.name}.>", "rejected.>", "$JS.API.INFO"]
    publish += [f"$JS.API.STREAM.INFO.{stream}" for stream in (INTAKE, FACTS)]
    names = [service.name]
    if service.consumes == INTAKE:
        publish.append(f"$JS.API.CONSUMER.NAMES.{INTAKE}")
        names = [f"{service.name}-{source}" for source in sources]
    for name in names if service.consumes is not None else ():
        own = f"{service.consumes}.{name}"
        publish += [
            f"$JS.API.CONSUMER.INFO.{own}",
            f"$JS.API.CONSUMER.CREATE.{own}",
            f"$JS.API.CONSUMER.CREATE.{own}.>",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{own}",
            f"$JS.API.CONSUMER.MSG.NEXT.{own}",
            f"$JS.ACK.{own}.>",
        ]
    return _permissions(publish=publish, subscribe=[f"_INBOX_{service.name}.>"])


def watcher_permissions(service: Service) -> Permissions:
    """Return what a service may do that watches the streams and who takes from them: ask.

    How old a message is stands at the message alone, and NATS has no right to that without the
    rest. So it may read one by its number, and takes the time from it and nothing else.
    """
    publish = ["$JS.API.INFO"]
    for stream in (INTAKE, FACTS):
        publish += [
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.API.STREAM.MSG.GET.{stream}",
            f"$JS.API.CONSUMER.NAMES.{stream}",
            f"$JS.API.CONSUMER.LIST.{stream}",
            f"$JS.API.CONSUMER.INFO.{stream}.*",
        ]
    return _permissions(publish=publish, subscribe=[f"_INBOX_{service.name}.>"])


def provision_permissions() -> Permissions:
    """Return what the credential that makes streams and consumers may do."""
    return _permissions(publish=["$JS.API.>"], subscribe=["_INBOX_provision.>"])


def eraser_permissions() -> Permissions:
    """Return what the credential may do that takes a person out of INTAKE: read, and delete one."""
    return _permissions(publish=[*eraser_rights()], subscribe=[f"_INBOX_{ERASER}.>"])


def _permissions(*, publish: Sequence[str], subscribe: Sequence[str]) -> Permissions:
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}


def write_accounts(
    directory: DataDirectory,
    services: Mapping[str, Permissions],
    publishers: Mapping[str, Permissions],
    monitor_key: str,
) -> None:
    """Write who may connect; each mapping leads from a public nkey to its permissions.

    Publishers have an account of their own: the acknowledgement goes wherever a message's reply
    subject says, and within one account that could be a stream, so that a publisher could put an
    acknowledgement among the facts or into another's intake.

    SYS has one user, which asks the server about itself: the boot check needs no monitoring port
    for it, so none is open.
    """
    accounts: dict[str, Any] = {
        "TANDEM": {
            "jetstream": "enabled",
            "users": _users(services),
            "exports": [{"service": "intake.>"}, {"stream": "rejected.>"}],
        },
        "PUBLISHERS": {
            "users": _users(publishers),
            "imports": [
                {"service": {"account": "TANDEM", "subject": "intake.>"}},
                {"stream": {"account": "TANDEM", "subject": "rejected.>"}},
            ],
        },
        "SYS": {"users": [{"nkey": monitor_key}]},
    }
    document = {"accounts": accounts, "system_account": "SYS"}
    write_private(directory.nats / "accounts.conf", json.dumps(document, indent=2) + "\n")


def _users(allowed: Mapping[str, Permissions]) -> list[dict[str, Any]]:
    return [{"nkey": key, "permissions": permissions} for key, permissions in allowed.items()]


def write_configuration(directory: DataDirectory, port: int, host: str = HOST) -> None:
    """Write nats.conf, with the operator's overrides included where they exist."""
    home = directory.nats
    write_private(
        home / "nats.conf",
        f"""# Written at each start; changes belong into {OVERRIDE} or {JETSTREAM_OVERRIDE}.
server_name: tandem
listen: "{host}:{port}"
pid_file: {json.dumps(str(pid_file(directory)))}
# More than the contract allows: intake rejects what is too large, with a reason.
max_payload: {MESSAGE_BYTES_MAX}
max_connections: {CONNECTIONS_MAX}
# Everything starts at once here, and two seconds to sign a nonce is too short for that.
authorization {{ timeout: 10 }}
jetstream {{
  store_dir: {json.dumps(str(home))}
  max_memory_store: {MEMORY_STORE_BYTES_MAX}
  max_file_store: {file_store_limit(home)}
  sync_interval: always
  {_include(home / JETSTREAM_OVERRIDE)}
}}
include "accounts.conf"
{_include(home / OVERRIDE)}
""",
    )


def _include(path: Path) -> str:
    return f'include "{path.name}"' if path.exists() else f"# no {path.name}"


def file_store_limit(home: Path) -> int:
    """Return how many bytes JetStream may keep: three quarters of what it holds and what is free.

    At most 10 GB.
    A limit above the disk turns a full disk into timeouts instead of a clean refusal (10023).
    """
    held = sum(file.stat().st_size for file in home.glob("jetstream/**/*") if file.is_file())
    return min(FILE_STORE_BYTES_MAX, (shutil.disk_usage(home).free + held) * 3 // 4)


def pid_file(directory: DataDirectory) -> Path:
    """Return where nats-server writes its pid."""
    return directory.nats / "nats-server.pid"


def executable() -> str:
    """Return the nats-server of the virtual environment, or the one on the path."""
    beside_python = Path(sys.executable).with_name("nats-server")
    found = str(beside_python) if beside_python.exists() else shutil.which("nats-server")
    if found is None:
        raise OperatorError("nats-server is not installed; `make setup` installs it.")
    return found


def program(directory: DataDirectory, port: int) -> Program:
    """Return nats-server as a program to keep running; its configuration is written already."""

    async def answers() -> bool:
        """NATS greets each connection with INFO once JetStream has recovered."""
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            greeting = await reader.readexactly(4)
        finally:
            writer.close()
        return greeting == b"INFO"

    return Program(
        name="nats",
        command=(executable(), "-c", str(directory.nats / "nats.conf")),
        log=directory.log("nats"),
        ready=answers,
    )


async def _reload_remote(url: str, seed_file: Path) -> bool:
    """As `reload`, of a server in another container: as its system user, by a request."""
    where = urlsplit(url)
    try:  # nats-py itself would try for minutes
        _, writer = await asyncio.open_connection(where.hostname, where.port)
    except OSError:
        return False
    writer.close()
    connection = await connect(url, MONITOR, seed_file)
    try:
        said = await connection.request("$SYS.REQ.SERVER.PING", timeout=RELOAD_SECONDS_MAX)
        server = json.loads(said.data)["server"]["id"]
        answer = await connection.request(
            f"$SYS.REQ.SERVER.{server}.RELOAD", timeout=RELOAD_SECONDS_MAX
        )
    finally:
        await connection.close()
    if error := json.loads(answer.data).get("error"):
        raise OperatorError(f"NATS did not take the changed credentials over: {error}")
    return True


async def connect(url: str, name: str, seed_file: Path) -> Client:
    """Return a connection for one errand: it does not come back by itself."""
    connection = Client()
    await connection.connect(
        url,
        name=name,
        nkeys_seed=str(seed_file),
        inbox_prefix=f"_INBOX_{name}",
        allow_reconnect=False,
        error_cb=log_error,
    )
    return connection


def reload(directory: DataDirectory) -> bool:
    """Make a running nats-server read its accounts again; returns whether one was running.

    Raises:
        OperatorError: the server did not take the new configuration over; the old one stays.
    """
    if (other := elsewhere(directory)) is not None:
        return asyncio.run(_reload_remote(other.nats_url, directory.seed(MONITOR)))
    process = _running(directory)
    if process is None:
        return False
    log = directory.log("nats")
    position = log.stat().st_size
    process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + RELOAD_SECONDS_MAX
    while time.monotonic() < deadline:
        with log.open("rb") as file:
            file.seek(position)
            written = file.read()
        if b"Reloaded server configuration" in written:
            return True
        if b"Failed to reload" in written:
            break
        time.sleep(0.01)
    raise OperatorError(f"NATS did not take the changed credentials over; {log} says why.")


def _running(directory: DataDirectory) -> psutil.Process | None:
    """Return the server of this data directory; the pid alone could be somebody else's by now."""
    try:
        process = psutil.Process(int(pid_file(directory).read_text()))
        ours = str(directory.nats / "nats.conf") in process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours and process.pid != os.getpid() else None
