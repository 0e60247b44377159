"""A real browser on the pages of reporting, which notes whatever a page should never do.

    visitor = Visitor(browser, "http://127.0.0.1:8080", token)
    with visitor.opened("/reports/2024-Q1", lang="fr", width=320) as page:
        ...

Whatever a page asks of another host, writes to the console as an error, or breaks of its policy of
content fails the test when the page closes.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-background-networking")
MISSING = (
    "The pages are tested in a real browser, and there is no Chromium here. Install it (Debian and "
    "Ubuntu: apt-get install chromium), or say where it is: TANDEM_CHROMIUM=/path/to/chromium."
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
WIDTH, HEIGHT = 1280, 1024
WAIT_MILLISECONDS_MAX = 60_000

VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy of content: ${event.violatedDirective} ${event.blockedURI}`));
"""


def chromium() -> str:
    """Return the path of the browser.

    Raises:
        AssertionError: there is none; the message says how to get it.
    """
    named = os.environ.get("TANDEM_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, MISSING
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run the browser, without a window."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Visitor:
    """Somebody who has logged in."""

    browser: Browser
    address: str
    token: str

    @contextmanager
    def opened(
        self,
        path: str,
        *,
        width: int = WIDTH,
        height: int = HEIGHT,
        status: int = 200,
        **context: Any,
    ) -> Iterator[Page]:
        """Open a page, and see that it has behaved when it is closed.

        Args:
            path: from the root, with its question.
            width, height: of the window, in CSS pixels.
            status: that is expected.
            context: more for the browser, such as `color_scheme="dark"`.
        """
        with self.browser.new_context(
            viewport={"width": width, "height": height}, **context
        ) as window:
            window.set_default_timeout(WAIT_MILLISECONDS_MAX)
            logged_in = window.request.post(
                f"{self.address}/login", form={"token": self.token}, max_redirects=0
            )
            assert logged_in.status == HTTPStatus.SEE_OTHER, logged_in.status
            window.add_init_script(VIOLATIONS)
            page = window.new_page()
            wrongs = _wrongs(page, self.address, status)
            answer = page.goto(self.address + path, wait_until="load")
            assert answer is not None
            assert answer.status == status, f"{path}: {answer.status}"
            yield page
            assert wrongs == []


def _wrongs(page: Page, address: str, status: int) -> list[str]:
    """Return the list into which is written whatever the page should not do."""
    wrongs: list[str] = []

    def requested(request: Any) -> None:
        if not request.url.startswith(address + "/"):
            wrongs.append(f"asks another host: {request.url}")

    def said(message: Any) -> None:
        # The browser itself notes the status of a page that tells of a problem.
        of_the_page = f"the server responded with a status of {status}" in message.text
        if message.type in ("error", "warning") and not of_the_page:
            wrongs.append(message.text)

    page.on("request", requested)
    page.on("console", said)
    page.on("pageerror", lambda error: wrongs.append(str(error)))
    return wrongs


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page, contrast left aside."""
    only = {"type": "tag", "values": RULES}
    return _found(page, {"runOnly": only, "rules": {CONTRAST: {"enabled": False}}})


LOOKS = """() => {
  const looks = new Map();
  for (const each of document.body.querySelectorAll("*")) {
    const says = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!(says || each.matches("input, button, select")) || !each.checkVisibility()) continue;
    const own = getComputedStyle(each);
    const look = [own.color, own.fill, own.fontSize, own.fontWeight, each.namespaceURI];
    for (let over = each; over; over = over.parentElement) {
      const style = getComputedStyle(over);
      look.push(style.backgroundColor, style.backgroundImage, style.opacity);
    }
    if (!looks.has(look.join())) looks.set(look.join(), each);
  }
  const found = [...looks.values()];
  found.forEach((each, number) => each.setAttribute("data-look", number));
  return found.length;
}"""
"""Marks one text of each look: the same colours, one over the other, and the same letters."""


def too_little_contrast(page: Page) -> list[str]:
    """Return the texts of a page that stand out too little; of those that look alike, one."""
    assert page.evaluate(LOOKS) > 0
    return _found(
        page, {"runOnly": {"type": "rule", "values": [CONTRAST]}}, {"include": [["[data-look]"]]}
    )


def _found(page: Page, options: dict[str, Any], context: dict[str, Any] | None = None) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """([context, options]) =>
          axe.run(context ?? document, {...options, resultTypes: ['violations']})""",
        [context, options],
    )
    return [
        f"{violation['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
