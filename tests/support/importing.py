"""Files as platforms export them (docs/examples/importing, invented people), and their reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.importing import zoom
from shared.importing.decoding import decoded
from shared.importing.drafting import Draft
from shared.importing.mapping import Mapping, mapping_of
from shared.importing.moments import Clock
from shared.importing.reading import Reading
from shared.importing.tables import rows_of

FILES = Path(__file__).parents[2] / "docs" / "examples" / "importing"
NEW_YORK = Clock("America/New_York")
MAPPING = mapping_of((FILES / "mapping.toml").read_bytes())


def content(name: str) -> bytes:
    """Return the bytes of a file."""
    return (FILES / name).read_bytes()


def text(name: str) -> str:
    """Return the text of a file."""
    return decoded(content(name)).text


def read_zoom(said: str | bytes, *, clock: Clock = NEW_YORK, mapping: Mapping = MAPPING) -> Reading:
    """Return the reading of a Zoom report of the activity w1."""
    plain = said if isinstance(said, str) else decoded(said).text
    report = zoom.report_of(rows_of(plain))
    return zoom.read(report, zoom.Sitting("w1", "1", clock), mapping)


def messages(drafts: Sequence[Draft], name: str | None = None) -> list[Any]:
    """Return what all drafts say, or those of one type, such as `registration_received`."""
    return [each.message for each in drafts if name in (None, each.message.TYPE.split(".")[2])]
