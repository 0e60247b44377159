"""The list of the erased beside the database: their keys, one JSON object a line, added to only."""

import json
import logging
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

logger = logging.getLogger(__name__)

PRIVATE_FILE = 0o600


def erased_in(file: Path | None) -> dict[str, datetime]:
    """Return who was erased according to a file; a last line cut short by a power cut is none."""
    if file is None or not file.exists():
        return {}
    found = {}
    for line in file.read_text("utf-8").splitlines():
        try:
            said = json.loads(line)
            found[str(said["person"])] = datetime.fromisoformat(said["erased_at"])
        except (ValueError, KeyError, TypeError):
            logger.warning("a line of %s cannot be read", file)
    return found


def add_erased(file: Path | None, erased: Mapping[str, datetime]) -> None:
    """Add to the list, on the disk when this returns; nothing without a file."""
    if file is None or not erased:
        return
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    with os.fdopen(descriptor, "r+b", buffering=0) as opened:
        end = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, end - 1))
        lines = [
            json.dumps({"person": key, "erased_at": at.isoformat()}) for key, at in erased.items()
        ]
        # A line that was cut short ends here, so that the next one is whole.
        begin = "" if end == 0 or opened.read(1) == b"\n" else "\n"
        opened.write((begin + "\n".join(lines) + "\n").encode())
        os.fsync(descriptor)
