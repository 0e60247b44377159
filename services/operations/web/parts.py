"""What the pages of operations stand on."""

from dataclasses import dataclass
from pathlib import Path

from services.operations.deciding import Deciding
from services.operations.finding import Finding
from services.operations.following import Following
from services.operations.hearing import Hearing
from services.operations.keeping import Keeping
from services.operations.looking import Looking
from services.operations.once import Once
from services.operations.repairing import Repairing
from services.operations.web.answering import Door
from shared.clock import Clock
from shared.operator_log import OperatorLog
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
        looking: sees the system every few seconds.
        hearing: hears of sources.
        repairing: what was rejected or waits.
        deciding: what only a person can decide.
        once: takes each form once.
        operator_log: where what operators do stands before it is done.
        now: the clock.
        reports: where people open the reports, without a slash at the end.
        login_codes: the folder of addresses that log a browser in; None where there are none.
    """

    door: Door
    access: Identifies
    keeping: Keeping
    finding: Finding
    following: Following
    looking: Looking
    hearing: Hearing
    repairing: Repairing
    deciding: Deciding
    once: Once
    operator_log: OperatorLog
    now: Clock
    reports: str
    login_codes: Path | None
