"""`tandem login`: an address that opens the reports in a browser, once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.system import DEFAULT_DATA, OPERATOR, STAFF, VIEWER, Data, find
from shared.cli.terminal import plain_console
from shared.embedded.data_directory import DataDirectory
from shared.embedded.elsewhere import elsewhere
from shared.login_codes import VALID_FOR, make_code

MINUTES = int(VALID_FOR.total_seconds() // 60)
ONCE = f"logs a browser in once, within {MINUTES} minutes"


class Role(StrEnum):
    """As whom a browser is logged in."""

    VIEWER = VIEWER
    STAFF = STAFF
    OPERATOR = OPERATOR


def login(
    role: Annotated[
        Role, typer.Option(help="What whoever opens it may do: read; publish too; or everything.")
    ] = Role.STAFF,
    feed: Annotated[
        bool,
        typer.Option("--feed", help="Private addresses for a calendar and a feed reader instead."),
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print an address that logs a browser in on this machine, once."""
    system = find(data)
    if feed:
        for name, followed in system.get("/subscribe.json", role=role).items():
            plain_console().print(f"{name}: {followed}")
        return
    address = login_address(system.root, system.endpoints, role)
    plain_console().print(f"{address} ({ONCE}, as {role})")


def login_address(root: Path, endpoints: Mapping[str, Any], role: str) -> str:
    """Return an address at which a running system logs a browser in, once, in a role."""
    folder = DataDirectory.at(root).login_codes
    code = make_code(folder, endpoints["tokens"][role], datetime.now(UTC))
    other = elsewhere(DataDirectory.at(root))
    where = endpoints["http"]["reporting"] if other is None else other.public_address
    return f"{where}/login?code={code}"
