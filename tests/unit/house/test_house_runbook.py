"""Every alert has its section in the runbook, and what somebody is told to do there can be done."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import typer
from starlette.routing import Route

from services.operations.web import Parts, routes
from services.operations.web.answering import door_of
from shared.cli.application import application
from shared.clock import system_clock
from shared.site.sessions import Sessions
from tests.support.watching import ROOT, alerts, metrics_of, questions, recorded

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
OBJECTIVES = (ROOT / "docs" / "slo.md").read_text("utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
PARTS = ["Means", "See", "Do", "Mended"]
COMMAND = re.compile(r"(?:`|bin/|^    )tandem ([a-z][^`\n]*)", re.MULTILINE)
TITLES = set(
    re.findall(
        r'"title": "(\w+)",\n  "description"',
        "".join(
            file.read_text("utf-8") for file in (ROOT / "deploy/grafana/dashboards").glob("*.json")
        ),
    )
)


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    assert sorted(SECTIONS) == sorted(alerts())
    for name, alert in alerts().items():
        assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_what_it_means_where_to_see_what_to_do_and_when_it_is_mended(
    name: str,
) -> None:
    assert re.findall(r"^\*\*(\w+)\.\*\* ", SECTIONS[name], re.MULTILINE) == PARTS


@pytest.mark.parametrize("document", [RUNBOOK, OBJECTIVES, OPERATING], ids=["runbook", "slo", "op"])
def test_every_command_that_an_operator_is_told_is_one(document: str) -> None:
    told = COMMAND.findall(document)
    assert told or document is OBJECTIVES
    known = typer.main.get_command(application())
    assert [said for said in told if list(unknown(known, said.split()))] == []


def unknown(command: Any, words: list[str]) -> Iterator[str]:
    """Yield the words that are neither a command, an option, nor what one is given."""
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and words and re.match(r"[a-z]+$", words[0]):
        yield words[0]
    options = {name for each in command.params for name in each.opts}
    for word in words:
        if word.startswith("-") and word.split("=")[0] not in options:
            yield word


def test_a_command_that_is_none_would_be_noticed() -> None:
    known = typer.main.get_command(application())
    assert list(unknown(known, ["rejected", "list", "--source", "NAME"])) == []
    assert list(unknown(known, ["rejected", "replace", "ID"])) == ["replace"]
    assert list(unknown(known, ["audit", "--whole"])) == ["--whole"]


def test_every_section_and_every_dashboard_that_the_runbook_names_is_there() -> None:
    anchors = {heading(title) for title in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)}
    named = set(re.findall(r"\]\(#([\w-]+)\)", RUNBOOK))
    assert named <= anchors
    shown = re.findall(r"Grafana's dashboards? \*(\w+)\*(?: and \*(\w+)\*)?", RUNBOOK + OPERATING)
    assert {title for those in shown for title in those if title} <= TITLES


def heading(title: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", ["runbook.md", "slo.md", "operating.md", "compose.md"])
def test_every_section_that_is_linked_to_is_there(document: str) -> None:
    text = (ROOT / "docs" / document).read_text("utf-8")
    for name, anchor in re.findall(r"\]\(([\w-]+\.md)?#([\w-]+)\)", text):
        other = (ROOT / "docs" / (name or document)).read_text("utf-8")
        anchors = {heading(title) for title in re.findall(r"^#+ (.+)$", other, re.MULTILINE)}
        assert anchor in anchors, f"{name or document}#{anchor}"


def test_the_objectives_name_what_is_recorded_and_the_alerts_on_it() -> None:
    words = set(re.findall(r"`([\w:]+)`", OBJECTIVES))
    assert set(recorded()) <= words
    assert {word for word in words if word.startswith("slo:")} <= set(recorded())
    assert {word for word in words if re.match(r"[A-Z]\w+[a-z][A-Z]\w+$", word)} <= set(alerts())
    burning = {name for name in alerts() if "BudgetBurns" in name}
    assert burning <= words


def test_a_metric_that_a_document_names_is_one_that_rules_or_dashboards_read() -> None:
    read: set[Any] = {metric for promql in questions().values() for metric in metrics_of(promql)}
    for document in (RUNBOOK, OBJECTIVES):
        named = set(re.findall(r"\b(?:tandem|otelcol|process|http_server)_\w+", document))
        assert named <= read | {"tandem_intake_delay_seconds"}, named - read


def test_every_procedure_of_an_operator_is_carried_out_by_a_test() -> None:
    tried = OPERATING[OPERATING.index("## Tried") : OPERATING.index("## Sizes")]
    rows = [row for row in tried.splitlines() if row.startswith("| ")][2:]
    assert len(rows) >= 10
    for row in rows:
        assert re.search(r"`test_\w+`", row.split("|")[2]), row


def test_every_page_of_the_dashboard_that_the_runbook_names_is_there() -> None:
    nothing: Any = object()
    door = door_of(nothing, Sessions(b"secret", system_clock))
    parts = Parts(**{field.name: nothing for field in fields(Parts)} | {"door": door})
    served = {route.path for route in routes(parts) if isinstance(route, Route)}
    assert set(re.findall(r"[Pp]age `(/[\w/]*)`", RUNBOOK)) <= served
