"""The evidence of a figure as text: each thing it counts, and the facts under it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shared.cli.terminal import printable
from shared.cli.words import Language, number

Json = Mapping[str, Any]


def evidence_text(evidence: Json, *, facts: bool) -> RenderableType:
    """Return the evidence for the terminal, with or without the facts under each item."""
    return Group(
        Text(
            f"{evidence['title']}, {evidence['period']['id']}: {_number(evidence['value'])}",
            style="bold",
        ),
        Text(evidence["how_counted"]),
        *_listed("counted", evidence["includes"]),
        *_listed("not counted", evidence["excludes"]),
        Rule(style="dim"),
        _items(evidence["items"], facts=facts),
        Rule(style="dim"),
        Text(
            f"{_times(len(evidence['items']), 'item')}; counted again they give "
            f"{_number(evidence['recounted'])} ({evidence['definition']})"
        ),
        *_hidden(evidence["items_suppressed"]),
    )


def _listed(title: str, entries: Iterable[str]) -> Iterator[RenderableType]:
    if entries:
        yield Text(f"{title}: {'; '.join(entries)}", style="dim")


def _items(items: Iterable[Json], *, facts: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    for item in items:
        counted = "[c]" if item["counted"] is None else _number(item["counted"])
        of = f" of {_number(item['of'])}" if item.get("of") is not None else ""
        table.add_row(counted + of, Text(printable(name_of(item)), style="bold"))
        beneath = [*_touches(item), *(_facts(item) if facts else ())]
        for line in beneath:
            table.add_row("", Text(printable(line), style="dim"))
    return table


def name_of(item: Json) -> str:
    """Return what an item is: a city, an occurrence or a resource."""
    if "city" in item:
        city = item["city"]
        if not city["named"]:
            return "a city that is not named"
        if city["name"] is None:
            return f"{city['city_id']} (not registered)"
        place = (city["name"], city.get("subdivision"), city["country"])
        return f"{', '.join(filter(None, place))} ({city['city_id']})"
    title = item.get("title") or item.get("name")
    id_ = item.get("activity_id") or item.get("resource_id") or item.get("country")
    named = f"{title} ({id_})" if title and id_ else str(title or id_ or "")
    return f"{item['on']}  {named}" if item.get("on") else named


def _touches(item: Json) -> Iterator[str]:
    """Yield where a city was reached, each place once, with the ways in which it was."""
    ways: dict[tuple[str, str], list[str]] = {}
    for touch in item.get("touches", ()):
        place = touch.get("title") or touch.get("activity_id") or touch.get("resource_id") or ""
        ways.setdefault((touch["on"], place), []).append(touch["way"])
    for (on, place), how in ways.items():
        yield f"{on}  {', '.join(how)}: {place}".removesuffix(": ")


def _facts(item: Json) -> Iterator[str]:
    for fact in item["facts"]:
        name = fact["type"].split(".")[-2]
        yield (
            f"{fact['ledger']}/{fact['stream']}/{fact['version']}  {name}, from {fact['source']}, "
            f"recorded {fact['recorded_at'][:19]}Z"
        )
    if item.get("facts_of_people_withheld"):
        yield "and facts about people"


def _hidden(count: int) -> Iterator[RenderableType]:
    if count:
        yield Text(f"[c] on {_times(count, 'item')}: counts of so few people are not printed")


def _number(value: float | None) -> str:
    return "-" if value is None else number(value, Language.EN)


def _times(count: int, noun: str) -> str:
    return f"{number(count, Language.EN)} {noun}{'' if count == 1 else 's'}"
