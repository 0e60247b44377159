"""A file of public keys, saved from /keys.json."""

import json
from pathlib import Path

from shared.embedded.data_directory import OperatorError
from shared.sealing import Keys
from shared.sealing.keys import BadKeys


def keys_in(file: Path) -> Keys:
    """Return the keys that a file holds.

    Raises:
        OperatorError: it holds none.
    """
    try:
        return Keys.parse(json.loads(file.read_text("utf-8")))
    except (BadKeys, UnicodeDecodeError, json.JSONDecodeError):
        raise OperatorError(f"{file} holds no public keys, as /keys.json serves them.") from None
