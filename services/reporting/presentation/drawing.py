"""What charts and maps are drawn with: SVG that stands by itself, in a page or in a PDF.

A picture is as wide as cartography.WIDTH units, so that its letters can be read on a phone; it
scales with its place. It holds no style, script or address. Text and lines have the colour of the
text around them, and what else has a colour also has a class, so that a page can choose for the
dark. Source: SVG 2, https://www.w3.org/TR/SVG2/.
"""

from collections.abc import Iterable

from markupsafe import Markup

from services.reporting.presentation.cartography import WIDTH
from services.reporting.presentation.sheet import Chart

TEXT_SIZE = 13
WIDE = frozenset("+−≥%@&mwMWOQGDHN")
CHARACTER_WIDTH, WIDE_WIDTH = 0.64 * TEXT_SIZE, 0.86 * TEXT_SIZE
"""Those of a wide typeface, for which one it becomes is only known where it is shown."""


def picture(chart: Chart, name: str, height: float, parts: Iterable[Markup]) -> Markup:
    """Return a whole picture.

    Args:
        chart: says what it shows, to those who hear it.
        name: what its ids begin with; unique on a page.
        height: in units.
        parts: in the order in which they are painted.
    """
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-{kind}" role="img"'
        ' aria-labelledby="{name}-title {name}-description" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="{size}" fill="currentColor">'
        '<title id="{name}-title">{title}</title><desc id="{name}-description">{description}</desc>'
        "{parts}</svg>"
    ).format(
        kind=chart.kind.replace("_", "-"),
        name=name,
        width=short(WIDTH),
        height=short(height),
        size=TEXT_SIZE,
        title=chart.title,
        description=chart.description,
        parts=Markup().join(parts),
    )


def text(x: float, y: float, words: str, css: str, *, anchor: str = "start") -> Markup:
    """Return text that stands on y, and begins, ends or has its middle at x."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        css, short(x), short(y), anchor, words
    )


def box(x: float, y: float, width: float, height: float, css: str, fill: str) -> Markup:
    """Return a filled rectangle."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(
        css, short(x), short(y), short(width), short(height), fill
    )


def line(x0: float, y0: float, x1: float, y1: float, css: str) -> Markup:
    """Return a thin line."""
    return Markup(
        '<path class="{}" d="M{},{}L{},{}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    ).format(css, short(x0), short(y0), short(x1), short(y1))


def width_of(words: str) -> float:
    """Return how many units wide text may become."""
    return sum(WIDE_WIDTH if character in WIDE else CHARACTER_WIDTH for character in words)


def lines_of(words: str, width: float) -> list[str]:
    """Return text broken into lines that are not wider; a word that alone is wider is broken."""
    lines = [""]
    for word in words.split():
        rest = word
        if width_of(f"{lines[-1]} {rest}".strip()) > width:
            lines.append("")
        while width_of(rest) > width:
            part = next(
                rest[:end] for end in range(len(rest), 0, -1) if width_of(rest[:end]) <= width
            )
            lines[-1], rest = part, rest[len(part) :]
            lines.append("")
        lines[-1] = f"{lines[-1]} {rest}".strip()
    return [each for each in lines if each] or [""]


def short(number: float) -> str:
    """Return a coordinate to a tenth of a unit."""
    return f"{number:.1f}".removesuffix(".0")
