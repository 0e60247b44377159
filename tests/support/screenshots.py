"""Pictures of the pages, for the documentation: `make screenshots`.

The demo data's first and last quarter of 2024, on a desktop, on a phone, in the dark, in French,
as the browser shows them with the letters of the PDF.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.browsing import Visitor, running_browser
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
FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def main() -> None:
    """Take every picture, and say how large each is."""
    with (
        TemporaryDirectory(prefix="tandem-fonts-") as folder,
        running_machine() as machine,
        running_site(machine) as site,
    ):
        configuration = Path(folder) / "fonts.conf"
        configuration.write_text(FONT_CONFIGURATION.format(fonts=FONTS, cache=folder))
        os.environ["FONTCONFIG_FILE"] = str(configuration)
        with running_browser() as browser:
            visitor = Visitor(browser, site.address, site.system.token("staff"))
            sizes = [take(visitor, quarter, look) for quarter in QUARTERS for look in LOOKS]
    if max(sizes) > PNG_BYTES_MAX:
        sys.exit(f"a picture is larger than {PNG_BYTES_MAX // 1000} kB")


def take(visitor: Visitor, quarter: str, look: str) -> int:
    """Take one picture, and return its size in bytes."""
    file = IMAGES / f"report-{quarter.lower()}-{look}.png"
    with visitor.opened(f"/reports/{quarter}", **LOOKS[look]) as page:
        page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {size // 1000} kB")
    return size


if __name__ == "__main__":
    main()
