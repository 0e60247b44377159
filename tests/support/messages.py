"""The texts that people read, as the code asks for them: what the catalogues must hold.

Found in Python (`language.text("…")`, `counted("…", "…", n)`, titles of `Problem`), in templates
(`_("…")`, `counted("…", "…", n)`) and in the metric registry.
"""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
REPORTING = ROOT / "services" / "reporting"
SITE = ROOT / "shared" / "site"
"""What reporting's pages stand on, with texts of its own."""
TEMPLATES = REPORTING / "presentation" / "templates"
Message = str | tuple[str, str]
"""A text, or its forms for one and for many."""

SAID_ONCE = {"text", "_"}
SAID_OF_A_COUNT = {"counted"}
TITLED = {"Problem": 1}
"""Calls that carry a text in another place, and in which."""


def in_python(source: str) -> Iterator[Message]:
    """Yield the texts that Python code asks for."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            constants = [getattr(argument, "value", None) for argument in node.args]
            yield from _asked(name, constants)


def in_template(source: str) -> Iterator[Message]:
    """Yield the texts that a template asks for."""
    for node in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        name = getattr(node.node, "attr", getattr(node.node, "name", ""))
        constants = [getattr(argument, "value", None) for argument in node.args]
        yield from _asked(name, constants)


def _asked(name: str, arguments: list[object]) -> Iterator[Message]:
    said = [each for each in arguments[TITLED.get(name, 0) :][:2] if isinstance(each, str)]
    if name in SAID_OF_A_COUNT and len(said) == 2:
        yield said[0], said[1]
    elif (name in SAID_ONCE or name in TITLED) and said:
        yield said[0]


def in_registry(source: str) -> Iterator[Message]:
    """Yield how each figure is counted, with what it includes and what it excludes."""
    for metric in tomllib.loads(source)["metrics"].values():
        yield metric["formula"]
        yield from metric["includes"]
        yield from metric["excludes"]


@cache
def messages() -> dict[Message, str]:
    """Return every text that people read, and the first file that asks for it."""
    found: dict[Message, str] = {}
    for file in (*sorted(REPORTING.rglob("*")), *sorted(SITE.rglob("*"))):
        extract = {".py": in_python, ".html": in_template}.get(file.suffix)
        if file == REPORTING / "registry.toml":
            extract = in_registry
        if extract is not None:
            for message in extract(file.read_text("utf-8")):
                found.setdefault(message, str(file.relative_to(ROOT)))
    return found


@cache
def spoken() -> frozenset[str]:
    """Return every string of code and templates: a text may be chosen before it is asked for."""
    found: set[str] = set()
    for file in (*REPORTING.rglob("*.py"), *SITE.rglob("*.py")):
        code = ast.parse(file.read_text("utf-8"))
        found.update(_texts(ast.walk(code)))
    for file in REPORTING.rglob("*.html"):
        template = Environment(autoescape=True).parse(file.read_text("utf-8"))
        found.update(_texts(template.find_all(nodes.Const)))
    return frozenset(found)


def _texts(found: Iterable[object]) -> Iterator[str]:
    for node in found:
        if isinstance(node, ast.Constant | nodes.Const) and isinstance(node.value, str):
            yield node.value
