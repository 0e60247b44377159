"""The page of a report: long tables fold or lead to pages of their own, and links ask the same."""

import re
from typing import Any

from services.reporting.presentation.body import Whereabouts, body_of, texts_of
from services.reporting.presentation.language import language_of
from tests.support.documents import golden

ENGLISH, FRENCH = language_of("en"), language_of("fr")
HERE = Whereabouts("2024-Q1")


def with_cities(count: int) -> dict[str, Any]:
    """Return the golden quarter with as many cities in its list."""
    document = golden()
    [one, *_] = document["lists"]["cities"]
    cities = [one | {"city_id": f"city-{n}", "name": f"City {n:04}"} for n in range(count)]
    return document | {"lists": document["lists"] | {"cities": cities}}


def table(body: str, name: str) -> str:
    """Return the part of a page that holds a table."""
    return body.partition(f'id="table-{name}"')[2].partition('id="table-')[0]


def test_a_short_table_stands_as_a_whole() -> None:
    cities = table(body_of(with_cities(28), ENGLISH, HERE), "cities")

    assert cities.count('<th scope="row"') == 28
    assert "<details" not in cities


def test_the_rest_of_a_longer_table_is_folded_away() -> None:
    shown, fold, rest = table(body_of(with_cities(60), ENGLISH, HERE), "cities").partition(
        "<details"
    )

    assert fold
    assert (shown.count('<th scope="row"'), rest.count('<th scope="row"')) == (25, 35)
    assert "35 more rows" in rest
    assert "Cities engaged (continued)" in rest


def test_a_very_long_table_leads_to_pages_of_its_own() -> None:
    cities = table(body_of(with_cities(1234), ENGLISH, HERE), "cities")

    assert cities.count('<th scope="row"') == 25
    assert '<a href="/reports/2024-Q1/tables/cities">The table with all 1,234 rows</a>' in cities


def test_a_published_report_holds_every_row_itself() -> None:
    document = with_cities(300) | {"version": 1}

    cities = table(body_of(document, ENGLISH, Whereabouts("2024-Q1", 1)), "cities")

    assert cities.count('<th scope="row"') == 300
    assert "/tables/" not in cities


def test_links_of_an_earlier_moment_ask_for_that_moment() -> None:
    then = Whereabouts("2024-Q1", question={"known_at": "2024-04-11T00:00:00Z"})

    body = body_of(with_cities(300), ENGLISH, then)

    here = re.findall(r'href="(/reports/[^"]+)"', body)
    assert here
    assert [each for each in here if "known_at=2024-0" not in each] == []


def test_no_quarter_follows_that_has_not_begun() -> None:
    document = golden() | {"known_at": "2024-03-31T12:00:00Z"}

    assert 'rel="next"' not in body_of(document, ENGLISH, HERE)
    assert 'rel="next"' in body_of(golden(), ENGLISH, HERE)


def test_names_that_look_like_markup_are_text() -> None:
    document = with_cities(1)
    document["lists"]["cities"][0]["name"] = "<script>alert(1)</script>"

    assert "<script>" not in body_of(document, ENGLISH, HERE)


def test_what_moves_is_announced_as_each_language_writes_it() -> None:
    texts = texts_of(golden(), FRENCH)

    assert texts["cities_engaged.value"] == "5"
    assert texts["cities_engaged.told"] == "Villes mobilisées : 5 villes"
    assert texts["population_represented.value"] == "2\u202f435\u202f000"
    assert texts["cities_engaged.change.1"] == "+5"
