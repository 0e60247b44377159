"""The rules of Prometheus are ones that it takes, and each is seen to fire and to end."""

import re

import pytest
import yaml

from shared.embedded.catalogue import SERVICES
from tests.support.promtool import promtool
from tests.support.watching import (
    PROMETHEUS,
    ROOT,
    RULES,
    TESTS_OF_RULES,
    alerts,
    grouped_by,
    labels_of,
    metrics_of,
    recorded,
    rules,
)

CONFIGURATION = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SEVERITIES = {"critical", "warning"}


def test_prometheus_takes_its_configuration_and_every_rule() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")
    promtool("check", "rules", *RULES)


def test_the_rules_fire_when_they_should_and_end() -> None:
    promtool("test", "rules", *TESTS_OF_RULES)


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_how_bad_it_is_what_is_wrong_and_where_to_read_on(name: str) -> None:
    alert = alerts()[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert {"summary", "description"} <= set(alert["annotations"])
    assert not alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["description"].endswith(".")


@pytest.mark.parametrize("name", alerts())
def test_an_alert_is_seen_to_fire(name: str) -> None:
    expected = [
        sample.get("labels", "")
        for file in TESTS_OF_RULES
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for asked in test.get("promql_expr_test", [])
        for sample in asked.get("exp_samples", [])
    ]
    fired = {
        asked["alertname"]
        for file in TESTS_OF_RULES
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for asked in test.get("alert_rule_test", [])
        if asked.get("exp_alerts")
    }
    assert name in fired or any(f'alertname="{name}"' in labels for labels in expected)


def test_no_two_rules_have_one_name() -> None:
    names = [str(rule.get("alert") or rule["record"]) for rule in rules()]
    assert len(names) == len(set(names))


def test_what_a_rule_reads_of_another_is_recorded() -> None:
    read = {metric for rule in rules() for metric in metrics_of(str(rule["expr"]))}
    assert {metric for metric in read if ":" in metric} <= set(recorded())


def test_a_label_that_an_alert_tells_is_one_that_it_has() -> None:
    for name, alert in alerts().items():
        told = set(re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values())))
        groups = grouped_by(alert["expr"])
        if groups:
            assert told <= groups, name


def test_every_service_is_asked_for_its_metrics_at_its_container() -> None:
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"]
        for job in CONFIGURATION["scrape_configs"]
    }
    assert {f"{service.name}:8080" for service in SERVICES} <= set(targets.pop("tandem"))
    hosts = {target.partition(":")[0] for those in targets.values() for target in those}
    assert hosts - {"localhost"} <= set(COMPOSE["services"])


def test_questions_are_taken_apart_rightly() -> None:
    asked = (
        'sum by (le, instance) (rate(a_bucket{instance="x", route=~"/r{1}.*", le="1.0"}[5m]))'
        " / on (instance) (b:rate5m offset 15m or vector(0)) > 14.4 * 0.01"
    )
    assert metrics_of(asked) == {"a_bucket", "b:rate5m"}
    assert labels_of(asked) == {"a_bucket": {"instance", "route", "le"}}
    assert grouped_by(asked) == {"le", "instance"}
