"""The charts of a sheet: pictures of rows that a table beside them says in full."""

from collections.abc import Callable, Mapping

from markupsafe import Markup

from services.reporting.presentation.bars import bars, steps
from services.reporting.presentation.language import Language
from services.reporting.presentation.maps import draw_map
from services.reporting.presentation.sheet import Chart, Table

Draw = Callable[[Chart, Table, Language, str], Markup]
KINDS: Mapping[str, Draw] = {
    "bars": bars,
    "steps": steps,
    "map_us": draw_map,
    "map_world": draw_map,
}
"""How each kind of chart is drawn."""


def draw(chart: Chart, table: Table, language: Language) -> Markup:
    """Return a chart as SVG, the same for a page and for a PDF.

    Its title and description are in it for those who hear the page; what all see above and below
    it, title, subtitle and source, is left to the page.

    Args:
        chart: one of the table's.
        table: whose rows it draws.
        language: writes the numbers.

    Raises:
        KeyError: there is no such kind of chart, or no such column.
    """
    return KINDS[chart.kind](chart, table, language, f"{table.id}-{chart.kind}")
