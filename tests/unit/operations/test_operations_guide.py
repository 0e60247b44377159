"""The guide of the dashboard tells every address there is, and who may ask for it."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from starlette.routing import Route

from services.operations.web import Parts, routes
from services.operations.web.answering import door_of
from shared.site.sessions import Sessions
from tests.support.spans import NOON

GUIDE = Path(__file__).parents[3] / "docs" / "dashboard.md"


def test_every_address_of_operations_is_told_in_the_guide() -> None:
    nothing: Any = object()
    door = door_of(nothing, Sessions(b"secret", lambda: NOON))
    parts = Parts(**{field.name: nothing for field in fields(Parts)} | {"door": door})
    served = {
        (method, route.path)
        for route in routes(parts)
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    told = {
        (method, address.partition("?")[0])
        for method, cell in re.findall(
            r"^\| ([A-Z]+) \| (`.+?`) \|", GUIDE.read_text("utf-8"), re.MULTILINE
        )
        for address in re.findall(r"`(.+?)`", cell)
    }
    assert told == served
