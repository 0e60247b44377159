"""Places where a test may kill the process, to prove that any of them may be the last."""

import os
import signal

FAILPOINT = os.environ.get("TANDEM_FAILPOINT", "")
"""The name of the place, or `name:n` for its n-th passing; empty outside of fault tests."""

_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """End this process with SIGKILL when the test named this place."""
    if not FAILPOINT:
        return
    wanted, _, nth = FAILPOINT.partition(":")
    if wanted == name:
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] == int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)
