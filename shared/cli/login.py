"""`tandem login`: an address that opens the reports, or the dashboard, in a browser, once."""

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

REPORTS, DASHBOARD = "reporting", "operations"
"""The services that a browser logs in to."""
MINUTES = int(VALID_FOR.total_seconds() // 60)
ONCE = f"logs a browser in once, within {MINUTES} minutes"


class Role(StrEnum):
    """As whom a browser is logged in."""

    VIEWER = VIEWER
    STAFF = STAFF
    OPERATOR = OPERATOR


def login(
    role: Annotated[
        Role | None,
        typer.Option(
            help="What whoever opens it may do: read; publish too; or everything.",
            show_default="staff; operator for the dashboard",
        ),
    ] = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="The dashboard of operators instead of the reports.")
    ] = False,
    feed: Annotated[
        bool,
        typer.Option("--feed", help="Private addresses for a calendar and a feed reader instead."),
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print an address that logs a browser in on this machine, once."""
    system = find(data)
    if dashboard:
        role = role or Role.OPERATOR
        address = login_address(system.root, system.endpoints, role, DASHBOARD)
        plain_console().print(f"{address} ({ONCE}, as {role})")
        return
    role = role or Role.STAFF
    if feed:
        for name, followed in system.get("/subscribe.json", role=role).items():
            plain_console().print(f"{name}: {followed}")
        return
    address = login_address(system.root, system.endpoints, role)
    plain_console().print(f"{address} ({ONCE}, as {role})")


def login_address(
    root: Path, endpoints: Mapping[str, Any], role: str, service: str = REPORTS
) -> str:
    """Return an address at which a service of a running system logs a browser in, once, in a role.

    Args:
        root: the data directory.
        endpoints: what endpoints.json holds.
        role: whose token the browser gets.
        service: REPORTS or DASHBOARD.
    """
    folder = DataDirectory.at(root).login_codes
    code = make_code(folder, endpoints["tokens"][role], datetime.now(UTC))
    other = elsewhere(DataDirectory.at(root))
    if other is None:
        where = endpoints["http"][service]
    else:
        where = other.public_dashboard if service == DASHBOARD else other.public_address
    return f"{where}/login?code={code}"
