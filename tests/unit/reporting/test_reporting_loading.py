"""What a service loads when it starts: its memory begins with that."""

import subprocess
import sys

LATER = ("aiohttp", "icalendar", "pyhanko", "typst", "xlsxwriter")
"""What few requests need: loaded by the first of them, or in the process that makes files."""


def test_what_few_requests_need_is_not_loaded_when_reporting_starts() -> None:
    program = (
        "import services.reporting.app, sys\n"
        f"print([name for name in {LATER} if sys.modules.get(name) is not None])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


def test_what_few_requests_need_can_be_loaded_then() -> None:
    program = (
        "import services.reporting.app, services.reporting.signing.pdf, shared.sealing.pdf\n"
        f"import {', '.join(LATER)}"
    )

    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
