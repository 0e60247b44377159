"""The evidence of a figure in the terminal: each item, where it was reached, and the facts."""

from io import StringIO
from typing import Any

from rich.console import Console

from shared.cli.evidence_text import evidence_text

FACT = {
    "ledger": "events",
    "stream": "activity-w1",
    "version": 3,
    "type": "events.city_attended.v1",
    "source": "demo",
    "recorded_at": "2024-04-20T08:30:00Z",
}
TOUCH = {"on": "2024-03-27", "title": "A webinar", "activity_id": "w1"}
ATHENS = {"city_id": "athens-oh", "name": "Athens", "subdivision": "OH", "country": "US"}


def test_an_item_is_named_with_where_it_was_reached_each_place_once() -> None:
    touches = [{**TOUCH, "way": "named"}, {**TOUCH, "way": "contributed"}]
    text = printed([item(city={**ATHENS, "named": True}, touches=touches)])

    assert "1  Athens, OH, US (athens-oh)" in text
    assert text.count("2024-03-27  named, contributed: A webinar") == 1


def test_facts_are_shown_when_asked_for_and_that_others_are_withheld() -> None:
    items = [item(title="A webinar", activity_id="w1", facts_of_people_withheld=True)]

    assert "events/activity-w1/3" not in printed(items)
    assert "events/activity-w1/3  city_attended, from demo" in printed(items, facts=True)
    assert "and facts about people" in printed(items, facts=True)


def test_a_city_that_may_not_be_named_is_counted_without_a_name() -> None:
    city = {"city_id": None, "name": None, "named": False}

    assert "1  a city that is not named" in printed([item(city=city)])


def test_a_small_count_of_people_is_not_printed() -> None:
    text = printed([item(title="A webinar", counted=None)], items_suppressed=1)

    assert "[c]  A webinar" in text
    assert "[c] on 1 item: counts of so few people are not printed" in text


def test_a_share_shows_both_of_its_counts() -> None:
    assert "3 of 1,200  A webinar" in printed([item(title="A webinar", counted=3, of=1200)])


def test_what_others_wrote_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printed([item(title="A \x1b[2Jwebinar")])


def item(**more: Any) -> dict[str, Any]:
    return {"counted": 1, "facts": [FACT]} | more


def printed(items: list[dict[str, Any]], *, facts: bool = False, **more: Any) -> str:
    document = {
        "title": "Cities engaged",
        "period": {"id": "2024-Q1"},
        "definition": "cities_engaged@1",
        "how_counted": "Distinct cities.",
        "includes": ["speaking"],
        "excludes": [],
        "value": len(items),
        "recounted": len(items),
        "items": items,
        "items_suppressed": 0,
    }
    console = Console(width=80, record=True, highlight=False, markup=False, file=StringIO())
    console.print(evidence_text(document | more, facts=facts))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    return text
