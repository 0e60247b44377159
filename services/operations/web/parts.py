"""What the pages of operations stand on."""

from dataclasses import dataclass
from pathlib import Path

from services.operations.finding import Finding
from services.operations.following import Following
from services.operations.keeping import Keeping
from services.operations.web.answering import Door
from shared.clock import Clock
from shared.site.door import Identifies


@dataclass(frozen=True)
class Parts:
    """What the routes stand on; `app.py` puts them together.

    Args:
        door: lets in who may.
        access: who knows the tokens.
        keeping: where spans and log records go.
        finding: where they are found again.
        following: asks what became of an event.
        now: the clock.
        reports: where people open the reports, without a slash at the end.
        login_codes: the folder of addresses that log a browser in; None where there are none.
    """

    door: Door
    access: Identifies
    keeping: Keeping
    finding: Finding
    following: Following
    now: Clock
    reports: str
    login_codes: Path | None
