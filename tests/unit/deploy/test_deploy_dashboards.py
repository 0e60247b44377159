"""The dashboards are what their code says, and whoever looks at one is told what it shows."""

import json
from itertools import combinations
from typing import Any

import pytest
import yaml

from deploy.grafana.build import DASHBOARDS, FOLDER, written
from tests.support.promtool import promtool
from tests.support.watching import ROOT, dashboards, metrics_of, questions, recorded

SOURCES = yaml.safe_load(
    (ROOT / "deploy/grafana/provisioning/datasources/datasources.yml").read_text("utf-8")
)["datasources"]
PROVIDED = {source["uid"]: source["type"] for source in SOURCES}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
PANELS = [
    pytest.param(panel, id=f"{dashboard['title']}: {panel['title']}")
    for dashboard in dashboards()
    for panel in dashboard["panels"]
]


def test_every_dashboard_is_what_its_code_writes() -> None:
    files = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.json")}
    assert files == {f"{each.name}.json": written(each) for each in DASHBOARDS}, (
        "run `make dashboards`"
    )


def test_the_four_dashboards_have_names_of_their_own() -> None:
    uids = [dashboard["uid"] for dashboard in dashboards()]
    assert sorted(uids) == sorted(set(uids))
    assert {"tandem-pipeline", "tandem-ledgers", "tandem-reports", "tandem-objectives"} <= set(uids)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_and_asks_a_source_there_is(
    panel: dict[str, Any],
) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    for asked in [panel, *panel["targets"]]:
        assert PROVIDED[asked["datasource"]["uid"]] == asked["datasource"]["type"]


@pytest.mark.parametrize("dashboard", dashboards(), ids=lambda dashboard: dashboard["uid"])
def test_no_two_panels_lie_on_each_other(dashboard: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )


def test_what_a_dashboard_reads_of_the_rules_is_recorded() -> None:
    read = {metric for promql in questions().values() for metric in metrics_of(promql)}
    assert {metric for metric in read if ":" in metric} <= set(recorded())


def test_every_question_of_a_dashboard_is_promql(tmp_path: Any) -> None:
    records = [
        {"record": f"question:number:{number}", "expr": promql}
        for number, promql in enumerate(questions().values())
    ]
    file = tmp_path / "questions.yml"
    file.write_text(json.dumps({"groups": [{"name": "questions", "rules": records}]}))
    promtool("check", "rules", file)


def test_a_source_is_a_container_that_grafana_reaches() -> None:
    reached = set(COMPOSE["services"]["grafana"]["networks"])
    for source in SOURCES:
        host = source["url"].removeprefix("http://").partition(":")[0]
        assert reached & set(COMPOSE["services"][host]["networks"])
        assert source["editable"] is False
