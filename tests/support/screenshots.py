"""Pictures of the pages, for the documentation: `make screenshots`.

The demo data's first and last quarter of 2024, on a desktop, on a phone, in the dark, in French,
as the browser shows them with the letters of the PDF; pages of that PDF; and the dashboard with a
poisoned, a delayed and a replayed event (dashboard_scene.py). `report` or `dashboard` takes those
alone.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pypdfium2

from tests.support.browsing import Visitor, running_browser
from tests.support.dashboard_scene import scene
from tests.support.machine import running_machine
from tests.support.site import running_site

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
FONTS = ROOT / "services" / "reporting" / "presentation" / "fonts"
PNG_BYTES_MAX = 300_000
QUARTERS = ("2024-Q1", "2024-Q4")
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"width": 1280, "height": 1500},
    "phone": {"width": 390, "height": 1300, "device_scale_factor": 1.5},
    "dark": {"width": 1280, "height": 1500, "color_scheme": "dark"},
    "french": {"width": 1280, "height": 1500, "locale": "fr"},
}
DASHBOARD_LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 1100, "color_scheme": "dark"},
}
PDF_PAGES, PDF_SCALE, PDF_COLOURS = 2, 1.6, 64
PDF_SECONDS_MAX = 60.0
FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def main(wanted: Sequence[str]) -> None:
    """Take every picture that is wanted, and say how large each is."""
    with TemporaryDirectory(prefix="tandem-fonts-") as folder:
        configuration = Path(folder) / "fonts.conf"
        configuration.write_text(FONT_CONFIGURATION.format(fonts=FONTS, cache=folder))
        os.environ["FONTCONFIG_FILE"] = str(configuration)
        sizes = [size for name in wanted for size in PICTURES[name]()]
    if max(sizes) > PNG_BYTES_MAX:
        sys.exit(f"a picture is larger than {PNG_BYTES_MAX // 1000} kB")


def of_reports() -> list[int]:
    """Take the pictures of reports, and return their sizes in bytes."""
    with (
        running_machine() as machine,
        running_site(machine) as site,
        running_browser() as browser,
    ):
        token = site.system.token("staff")
        visitor = Visitor(browser, site.address, token)
        pages = [
            take(visitor, f"/reports/{quarter}", f"report-{quarter.lower()}-{look}", LOOKS[look])
            for quarter in QUARTERS
            for look in LOOKS
        ]
        return pages + of_paper(f"{site.address}/reports/{QUARTERS[-1]}.pdf", token)


def of_paper(address: str, token: str) -> list[int]:
    """Take the first pages of a PDF, and return their sizes in bytes."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(address, headers=headers, timeout=PDF_SECONDS_MAX).raise_for_status()
    document = pypdfium2.PdfDocument(answer.content)
    sizes = []
    for number in range(PDF_PAGES):
        file = IMAGES / f"report-pdf-{number + 1}.png"
        picture = document[number].render(scale=PDF_SCALE).to_pil()
        picture.quantize(PDF_COLOURS).save(file, optimize=True)
        sizes.append(told(file))
    return sizes


def of_the_dashboard() -> list[int]:
    """Take the pictures of the dashboard, and return their sizes in bytes."""
    with scene() as shown, running_browser() as browser:
        operator = Visitor(browser, shown.address, shown.token)
        replay = f"/repair/replay?service=events&id={shown.early}"
        sizes = [
            take(operator, path, f"dashboard-{name}-{look}", DASHBOARD_LOOKS[look])
            for name, path in (
                ("healthy", "/"),
                ("behind", "/behind"),
                ("refused", "/refused"),
                ("replay", replay),
                ("producers", "/producers"),
            )
            for look in DASHBOARD_LOOKS
        ]
        with operator.opened(replay) as page:
            page.get_by_label("Why").fill("the day has come")
            page.get_by_role("button", name="Replay").click()
            page.get_by_text("1 recorded").wait_for()
        followed = "/follow?source=webinar-platform&id=held-too-early"
        shown.until(followed, "Recorded")
        for name, path in (
            ("acts", "/acts"),
            ("follow", followed),
            ("trace", f"/traces/{shown.trace_id}"),
            ("repair", "/repair"),
        ):
            look = DASHBOARD_LOOKS["desktop"]
            sizes.append(take(operator, path, f"dashboard-{name}-desktop", look))
        return sizes


def take(visitor: Visitor, path: str, name: str, look: Mapping[str, Any]) -> int:
    """Take one picture, and return its size in bytes."""
    file = IMAGES / f"{name}.png"
    with visitor.opened(path, **look) as page:
        page.screenshot(path=file, animations="disabled")
    return told(file)


def told(file: Path) -> int:
    """Say how large a picture is, and return its size in bytes."""
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {size // 1000} kB", flush=True)
    return size


PICTURES: Mapping[str, Callable[[], list[int]]] = {
    "report": of_reports,
    "dashboard": of_the_dashboard,
}
"""What there are pictures of."""


if __name__ == "__main__":
    main(sys.argv[1:] or list(PICTURES))
