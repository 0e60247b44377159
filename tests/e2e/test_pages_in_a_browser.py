"""The pages in a real browser, on the demo data: for eyes, ears and fingers of every kind.

One system serves them all. What a page must never do (ask another host, break its policy of
content, write an error) fails any test that opens it: tests/support/browsing.py.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from shared.login_codes import make_code
from tests.support.browsing import (
    WAIT_MILLISECONDS_MAX,
    Visitor,
    running_browser,
    too_little_contrast,
    violations,
)
from tests.support.machine import Machine
from tests.support.site import Site, running_site
from tests.support.system import said

LANGUAGES = ("en", "fr", "es")
REPORT = "/reports/2024-Q1"
PATHS = (
    REPORT,
    "/reports",
    f"{REPORT}/compare?with=year-before",
    f"{REPORT}/tables/cities",
    f"{REPORT}/figures/cities_engaged",
    f"{REPORT}/figures/attendance?against=previous",
    f"{REPORT}/cities/athens-oh",
    f"{REPORT}/versions",
    "/cities?q=ath",
    "/cities/athens-oh",
    "/verify",
    "/subscribe",
    "/login",
)
MORE_REPORTS = ("/reports/2024-Q4", "/reports/FY2024", "/reports/2024?calendar=nlc")


def in_each_language(*paths: str) -> list[str]:
    """Return the addresses of pages in every language."""
    return [
        f"{path}{'&' if '?' in path else '?'}lang={code}"
        for path, code in product(paths, LANGUAGES)
    ]


NO_PERIOD = {
    "en": "'2024-Q9' names no period",
    "fr": "'2024-Q9' ne désigne aucune période",
    "es": "'2024-Q9' no designa ningún período",
}
ZOOMED: ViewportSize = {"width": 320, "height": 256}
"""A window of 1280 by 1024 at 400 %."""
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
STOPS_MAX = 1500

STOPS = f"""() => [...document.querySelectorAll("{FOCUSABLE}")]
  .filter((each) => each.checkVisibility({{contentVisibilityAuto: true, visibilityProperty: true}}))
  .map((each, number) => (each.dataset.stop = number))"""
STOP = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const look = getComputedStyle(here), box = here.getBoundingClientRect();
  return {
    stop: here.dataset.stop,
    name: here.outerHTML.slice(0, 120),
    seen: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2
      && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.body.querySelectorAll("*")].filter((each) =>
    !each.closest(".scroll, .visually-hidden, .skip, svg")
    && each.checkVisibility() && each.getBoundingClientRect().right > width + 0.5);
  const page = document.scrollingElement.scrollWidth;
  return [
    ...(page > width ? [`the page is ${page} wide on ${width}`] : []),
    ...wide.map((each) => each.outerHTML.slice(0, 160)),
  ];
}"""
CUT_OFF = """() => [...document.body.querySelectorAll("*")]
  .filter((each) => !each.closest(".scroll, .visually-hidden, .skip, svg, option")
    && each.checkVisibility() && each.childElementCount === 0 && each.textContent.trim()
    && getComputedStyle(each).display !== "inline"
    && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 2)
    && getComputedStyle(each).overflow !== "visible")
  .map((each) => each.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(machine: Machine) -> Iterator[Site]:
    with running_site(machine) as site:
        yield site


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Visitor:
    return Visitor(browser, site.address, site.system.token("viewer"))


@pytest.mark.parametrize("path", in_each_language(*PATHS))
def test_axe_finds_nothing_wrong_with_a_page(visitor: Visitor, path: str) -> None:
    with visitor.opened(path) as page:
        assert violations(page) == []


@pytest.mark.parametrize("path", in_each_language(*PATHS, *MORE_REPORTS))
def test_no_text_is_cut_off_and_no_page_is_wider_than_a_phone(visitor: Visitor, path: str) -> None:
    with visitor.opened(path) as page:
        assert page.evaluate(CUT_OFF) == []
        page.set_viewport_size(ZOOMED)
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(CUT_OFF) == []


@pytest.fixture
def stranger(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of somebody who has not logged in."""
    with browser.new_context(base_url=site.address) as window:
        window.set_default_timeout(WAIT_MILLISECONDS_MAX)
        yield window.new_page()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whoever_has_a_token_logs_in_by_keyboard_and_arrives_where_they_wanted(
    stranger: Page, site: Site, lang: str
) -> None:
    stranger.goto(f"{REPORT}?lang={lang}")
    assert urlsplit(stranger.url).path == "/login"
    assert violations(stranger) == []
    stranger.set_viewport_size(ZOOMED)
    assert stranger.evaluate(TOO_WIDE) == []

    stranger.locator("#token").focus()
    stranger.keyboard.type("a wrong one")
    stranger.keyboard.press("Enter")
    stranger.wait_for_selector("[role=alert]")
    assert violations(stranger) == []

    stranger.locator("#token").focus()
    stranger.keyboard.type(site.system.token("viewer"))
    stranger.keyboard.press("Enter")
    stranger.wait_for_url(f"**{REPORT}?lang={lang}")
    assert stranger.locator("html").get_attribute("lang") in (lang, "es-419")


def test_an_address_logs_a_browser_in_and_its_button_out(stranger: Page, site: Site) -> None:
    system = site.system
    folder = system.servers.directory.login_codes
    code = make_code(folder, system.token("staff"), system.clock.now)
    stranger.goto(f"/login?code={code}")
    assert urlsplit(stranger.url).path.startswith("/reports/")
    assert stranger.evaluate("document.cookie") == ""

    stranger.locator("form[action='/logout'] button").click()
    stranger.wait_for_url("**/login")
    stranger.goto(REPORT)
    assert urlsplit(stranger.url).path == "/login"
    stranger.goto(f"/login?code={code}")
    assert "has been used" in stranger.locator("[role=alert]").inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_problem_is_told_on_a_page_that_is_as_good(visitor: Visitor, lang: str) -> None:
    with visitor.opened(f"/reports/2024-Q9?lang={lang}", status=404) as page:
        assert violations(page) == []
        told = page.locator("main p").first
        assert NO_PERIOD[lang] in told.inner_text()
        assert told.get_attribute("lang") == page.get_attribute("html", "lang")
        page.set_viewport_size(ZOOMED)
        assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("path", [REPORT, "/reports", f"{REPORT}/compare", "/login"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_by_day_and_by_night(
    visitor: Visitor, path: str, scheme: str
) -> None:
    with visitor.opened(path, color_scheme=scheme) as page:
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
        assert brightness < 64 if scheme == "dark" else brightness > 192
        assert too_little_contrast(page) == []


@pytest.mark.parametrize("path", [REPORT, f"{REPORT}/compare", "/reports"])
def test_a_keyboard_reaches_everything_in_order_and_its_place_is_seen(
    visitor: Visitor, path: str
) -> None:
    # Without motion, so that what is focused is on the screen at once.
    with visitor.opened(path, reduced_motion="reduce") as page:
        expected = [str(stop) for stop in page.evaluate(STOPS)]
        reached = list(_walked(page))
    assert [stop["name"] for stop in reached if not stop["seen"]] == []
    assert [stop["stop"] for stop in reached] == expected


def _walked(page: Page) -> Iterator[dict[str, Any]]:
    """Yield where the focus stands after each press of Tab, until it leaves the page."""
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return
        yield stop
    raise AssertionError(f"the focus never leaves the page: {stop}")


def test_the_first_stop_skips_to_the_content(visitor: Visitor) -> None:
    with visitor.opened(REPORT) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'main'")


def test_everything_is_there_without_scripts(visitor: Visitor) -> None:
    with visitor.opened(REPORT, java_script_enabled=False) as page:
        assert page.locator("main section").count() >= 9
        assert page.locator(".card").count() == 6
        assert page.locator("[data-follow]").is_hidden()
        folded = page.locator(".card details").first
        folded.locator("summary").click()
        assert folded.locator("p").is_visible()


def test_chosen_colours_leave_nothing_invisible(visitor: Visitor) -> None:
    with visitor.opened(REPORT, forced_colors="active") as page:
        look = """(selector) => { const each = document.querySelector(selector);
          const style = getComputedStyle(each); return [style.color, style.fill]; }"""
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        for selector in (".big", ".headline", "td", ".mark, abbr, caption"):
            assert page.evaluate(look, selector)[0] != paper, selector
        assert page.evaluate(look, "svg .bar")[1] != paper
        page.keyboard.press("Tab")
        assert page.evaluate(STOP)["seen"]


def test_paper_has_the_report_alone_and_all_of_it(visitor: Visitor) -> None:
    with visitor.opened(REPORT) as page:
        headline = page.inner_text(".headline")
        folded = page.locator(".fold tbody th").all_text_contents()
        how_counted = page.locator(".how p").first.text_content() or ""
        page.emulate_media(media="print")
        assert page.locator("nav:visible").count() == 0
        assert page.evaluate(TOO_WIDE) == []
        printed = pypdfium2.PdfDocument(page.pdf(format="A4"))
    text = _letters(" ".join(sheet.get_textpage().get_text_range() for sheet in printed))
    assert _letters(headline) in text
    assert _letters(how_counted) in text
    assert [row for row in folded if _letters(row) not in text] == []


def _letters(text: str) -> str:
    return re.sub(r"[\s\ufffe\u00ad-]+", "", text)


def test_a_language_chosen_once_is_kept(visitor: Visitor) -> None:
    with visitor.opened(REPORT) as page:
        assert page.get_attribute("html", "lang") == "en"
        page.get_by_role("link", name="Français").click()
        page.wait_for_load_state()
        page.get_by_role("link", name="Rapports", exact=True).click()
        page.wait_for_load_state()
        assert page.get_attribute("html", "lang") == "fr"


MOVED = """([text, figure]) =>
  document.querySelector(`[data-moves="${figure}.value"]`).textContent === text"""


def test_a_fact_moves_an_open_page_that_is_not_loaded_again(
    visitor: Visitor, site: Site, record_property: Any
) -> None:
    event = said(
        "events.help_given",
        city={"name": "Athens", "country": "US", "subdivision": "OH"},
        network="NLC",
        on="2024-02-28",
    )
    with visitor.opened(f"{REPORT}?lang=fr") as page:
        engaged = int(page.inner_text("[data-moves='cities_engaged.value']"))
        below = page.inner_text("#where")
        page.wait_for_function("document.querySelector('[data-follow] p').textContent")
        page.evaluate("window.stays = true; performance.mark('sent')")
        site.call(site.system.publish, event)
        page.wait_for_function(MOVED, arg=[str(engaged + 1), "cities_engaged"], polling="raf")
        delay = page.evaluate(
            "performance.now() - performance.getEntriesByName('sent')[0].startTime"
        )
        record_property("delay_milliseconds", round(delay))
        print(f"published to moved: {delay:.0f} ms")
        page.wait_for_function("document.querySelector('[data-told]').textContent")
        assert f"Villes mobilisées : {engaged + 1} villes" in page.inner_text("[data-told]")
        page.wait_for_function(
            "(was) => document.querySelector('#where').innerText !== was", arg=below
        )
        assert page.evaluate("window.stays")


def test_a_paused_page_stands_still_until_it_goes_on(visitor: Visitor, site: Site) -> None:
    def helped(city: str, subdivision: str) -> dict[str, Any]:
        place = {"name": city, "country": "US", "subdivision": subdivision}
        return said("events.help_given", city=place, network="NLC", on="2024-02-29")

    with visitor.opened(f"{REPORT}?lang=en") as page:
        engaged = int(page.inner_text("[data-moves='cities_engaged.value']"))
        page.get_by_role("button", name="Pause").click()
        site.call(site.system.publish, helped("Columbus", "OH"))
        site.call(site.system.settled)
        with visitor.opened(REPORT) as other:
            moved = other.inner_text("[data-moves='cities_engaged.value']")
        assert int(moved) == engaged + 1
        assert int(page.inner_text("[data-moves='cities_engaged.value']")) == engaged
        page.get_by_role("button", name="Go on").click()
        page.wait_for_function(MOVED, arg=[moved, "cities_engaged"])
