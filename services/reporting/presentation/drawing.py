"""What charts and maps are drawn with: SVG that stands by itself, in a page or in a PDF.

A picture is as wide as cartography.WIDTH units, so that its letters can be read on a phone; it
scales with its place. It holds no style, script or address. Text and lines have the colour of the
text around them, and what else has a colour also has a class, so that a page can choose for the
dark. Source: SVG 2, https://www.w3.org/TR/SVG2/.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from services.reporting.presentation.cartography import WIDTH
from services.reporting.presentation.sheet import Chart

TEXT_SIZE = 13
CONTROL = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PIECES = re.compile(r"\s*(?:[^\s-]+-?|-)")
"""What lines are broken between: words, and the parts of those with hyphens."""
WIDE = frozenset("+−≥%@&mwMWOQGDHN")
CHARACTER_WIDTH, WIDE_WIDTH = 0.64 * TEXT_SIZE, 0.86 * TEXT_SIZE
"""Those of a wide typeface, for which one it becomes is only known where it is shown."""


def picture(chart: Chart, name: str, height: float, parts: Iterable[str]) -> Markup:
    """Return a whole picture.

    Args:
        chart: says what it shows, to those who hear it.
        name: what its ids begin with; unique on a page.
        height: in units.
        parts: SVG, in the order in which they are painted; words in them are escaped.
    """
    css = f"chart-{chart.kind.replace('_', '-')}"
    # What comes from outside was escaped where it was written, so this is safe to put in a page.
    return Markup(  # noqa: S704
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css}"'
        f' role="img" aria-labelledby="{name}-title {name}-description"'
        f' viewBox="0 0 {short(WIDTH)} {short(height)}"'
        f' font-family="sans-serif" font-size="{TEXT_SIZE}" fill="currentColor">'
        f'<title id="{name}-title">{escaped(chart.title)}</title>'
        f'<desc id="{name}-description">{escaped(chart.description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def text(x: float, y: float, words: str, css: str, *, anchor: str = "start") -> str:
    """Return text that stands on y, and begins, ends or has its middle at x."""
    return (
        f'<text class="{css}" x="{short(x)}" y="{short(y)}" text-anchor="{anchor}">'
        f"{escaped(words)}</text>"
    )


def box(x: float, y: float, width: float, height: float, css: str, fill: str) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect class="{css}" x="{short(x)}" y="{short(y)}"'
        f' width="{short(width)}" height="{short(height)}" fill="{fill}"/>'
    )


def line(x0: float, y0: float, x1: float, y1: float, css: str) -> str:
    """Return a thin line."""
    return (
        f'<path class="{css}" d="M{short(x0)},{short(y0)}L{short(x1)},{short(y1)}"'
        ' fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    )


def escaped(words: str) -> str:
    """Return text as XML takes it, without the control characters that it has no way to write."""
    return str(escape(CONTROL.sub("", words)))


def width_of(words: str) -> float:
    """Return how many units wide text may become."""
    return sum(WIDE_WIDTH if character in WIDE else CHARACTER_WIDTH for character in words)


def lines_of(words: str, width: float) -> list[str]:
    """Return text in lines that are not wider, broken at spaces and hyphens, or where it must."""
    lines = [""]
    for piece in PIECES.findall(words):
        if width_of(f"{lines[-1]}{piece}".strip()) > width:
            lines.append("")
        rest = f"{lines[-1]}{piece}".strip()
        while width_of(rest) > width:
            fits = max(end for end in range(1, len(rest)) if width_of(rest[:end]) <= width)
            lines[-1], rest = rest[:fits], rest[fits:]
            lines.append("")
        lines[-1] = rest
    return [line for line in lines if line] or [""]


def short(number: float) -> str:
    """Return a coordinate to a tenth of a unit."""
    return f"{number:.1f}".removesuffix(".0")
