"""`tandem explain`: why a city is counted in a period, or is not, and what would change it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shared.cli.evidence_text import name_of
from shared.cli.report import Calendar, InCalendar, KnownAt, Period, Printed, print_json
from shared.cli.report_text import console
from shared.cli.system import DEFAULT_DATA, Data, System, find
from shared.cli.terminal import printable
from shared.embedded.data_directory import OperatorError

Json = Mapping[str, Any]
NAMED_MAX = 10
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
BENEATH = (0, 0, 0, 4)


def explain(
    period: Period,
    city: Annotated[str, typer.Argument(metavar="CITY", help="Its id, or some of its name.")],
    format_: Annotated[Printed, typer.Option("--format", help="How to print it.")] = Printed.TEXT,
    known_at: KnownAt = None,
    calendar: InCalendar = Calendar.CIVIL,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print why a city is counted as engaged, or is not, and what would change it."""
    system = find(data)
    document = system.get(
        f"/reports/{quote(period, safe='')}/cities/{city_of(system, city)}.json",
        {"calendar": calendar, "known_at": known_at},
    )
    if format_ is Printed.JSON:
        print_json(document)
    else:
        console().print(explanation_text(document))


def city_of(system: System, words: str) -> str:
    """Return the id of the city that is meant: the id itself, else the only city called so.

    Raises:
        OperatorError: several are, and which ones.
    """
    cities = system.get("/cities.json", {"q": words})["cities"]
    if any(city["city_id"] == words for city in cities):
        return words
    if len(cities) == 1:
        return str(cities[0]["city_id"])
    if cities:
        some = ", ".join(city["city_id"] for city in cities[:NAMED_MAX])
        more = " and others" if len(cities) > NAMED_MAX else ""
        raise OperatorError(f"{words!r} may be {some}{more}: say which.")
    if ID.fullmatch(words):
        return words  # perhaps a former id, or one that waits to be registered
    raise OperatorError(f"No city is called {words!r}.")


def explanation_text(document: Json) -> RenderableType:
    """Return an explanation for the terminal."""
    counts = "counts as engaged" if document["engaged"] else "does not count as engaged"
    if not document["engaged"] and document["engaged_broadly"]:
        counts += ", but as reached in any way"
    name = printable(name_of({"city": document["city"]}))
    return Group(
        Text(f"{name} {counts} in {document['period']['name']}.", style="bold"),
        *_lines(document["counted_by"], _touch, "It counts by:"),
        *_lines(
            document["reasons"],
            _reason,
            "What else is known, and does not count:" if document["engaged"] else "Because:",
        ),
    )


def _lines(entries: list[Json], say: Any, heading: str) -> Iterator[RenderableType]:
    if not entries:
        return
    yield Text(f"\n{heading}")
    for entry in entries:
        yield from say(entry)
        for fact in entry["facts"]:
            place = f"{fact['ledger']}/{fact['stream']}/{fact['version']}"
            yield Padding(Text(printable(f"{fact['part']}: {place}"), style="dim"), BENEATH)


def _touch(touch: Json) -> Iterator[RenderableType]:
    where = touch.get("title") or touch.get("activity_id") or ""
    yield Text(printable(f"- {touch['on']}  {touch['way']}: {where}".removesuffix(": ")))


def _reason(reason: Json) -> Iterator[RenderableType]:
    yield Text(printable(f"- {reason['because']}"))
    yield Padding(Text(printable(f"would change it: {reason['would_change']}")), BENEATH)
