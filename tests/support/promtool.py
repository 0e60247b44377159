"""promtool, which reads rules of Prometheus as Prometheus does."""

import os
import shutil
import subprocess
from pathlib import Path

MISSING = (
    "Rules of alerts are tested by promtool, and there is none here. It comes with Prometheus "
    "(Debian and Ubuntu: apt-get install prometheus), or say where it is: "
    "TANDEM_PROMTOOL=/path/to/promtool."
)
SECONDS_MAX = 120


def promtool(*words: str | Path) -> str:
    """Return what promtool says; whatever it finds wrong fails the test.

    Raises:
        AssertionError: it found something, or it is not there; the message says what.
    """
    program = os.environ.get("TANDEM_PROMTOOL") or shutil.which("promtool")
    assert program is not None, MISSING
    run = subprocess.run(
        [program, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
