"""The guide's table of columns is that of the contract."""

import re
from pathlib import Path

from shared.importing import columns

GUIDE = Path(__file__).parents[3] / "docs" / "importing.md"


def table() -> str:
    """Return the columns of every type as the guide has them."""
    lines = ["| type | columns |", "|---|---|"]
    for name in columns.types():
        short = name.removeprefix(columns.PREFIX).removesuffix(columns.VERSION)
        paths = [
            f"**`{each.path}`**" if each.required else f"`{each.path}`"
            for each in columns.columns_of(name)
        ]
        lines.append(f"| `{short}` | {' '.join(paths)} |")
    return "\n".join(lines)


def test_the_table_of_columns_is_that_of_the_contract() -> None:
    [written] = re.findall(
        r"<!-- columns -->\n(.*?)\n<!-- /columns -->", GUIDE.read_text("utf-8"), re.DOTALL
    )
    assert written == table()
