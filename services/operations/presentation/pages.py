"""Pages: templates filled in; the files they need, and the navigation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.operations.presentation import words
from shared.questions import asked
from shared.site.files import Files

HERE = Path(__file__).parent
FILES = Files(HERE / "static")


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: where it is, and its name there."""

    path: str
    name: str


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.globals |= {
    "static": FILES.address,
    "entries": (),
    "duration": words.duration,
    "moment": words.moment,
    "clock": words.clock,
    "counted": words.counted,
    "seconds": words.seconds,
    "ago": words.ago,
    "size": words.size,
    "figure": words.figure,
    "asked_of": asked,
}


def navigation(entries: Sequence[Entry]) -> None:
    """Set which pages there are, in their order."""
    _templates.globals["entries"] = tuple(entries)


def address(path: str, question: Mapping[str, object]) -> str:
    """Return a path with what is asked of it; a part of the question that is None is left out."""
    asked = {name: value for name, value in question.items() if value not in (None, "")}
    return f"{path}?{urlencode(asked)}" if asked else path


def page(
    template: str, path: str, /, question: Mapping[str, str] | None = None, **values: Any
) -> str:
    """Return a page.

    In templates `static("style.css")` is where a file is served, `address(path, question)` an
    address, `here(page=2)` the page itself with another question, `duration(microseconds)`,
    `moment(at)`, `clock(at)`, `counted(n, "trace")` and the others of words.py are values in words.
    """

    def here(**other: object) -> str:
        return address(path, {**(question or {}), **other})

    return _templates.get_template(template).render(
        {"principal": None, "path": path, "here": here, "address": address, **values}
    )
