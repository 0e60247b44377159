"""What watches the system, as the tests read it: rules, dashboards, and the names they use.

A question of PromQL is taken apart by a few regular expressions: enough for ours, which promtool
has found to be well formed.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS_OF_RULES = sorted((PROMETHEUS / "tests").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)?\s*\{(?P<matchers>[^}]*)\}")
MATCHER = re.compile(r"(?P<label>\w+)\s*(?:=~|!~|!=|=)")
GROUPING = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\((?P<labels>[^)]*)\)"
)
RANGE = re.compile(r"\[[^\]]*\]")
WORD = re.compile(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()")
FUNCTION = re.compile(r"\b[a-zA-Z_]\w*\s*\(")
KEYWORDS = {"or", "and", "unless", "offset", "bool"}


def rules() -> Iterator[dict[str, Any]]:
    """Yield every rule: those that record and those that alert."""
    for file in RULES:
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, dict[str, Any]]:
    """Return every rule that alerts, by its name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> dict[str, str]:
    """Return every question that is recorded, by the name it is recorded under."""
    return {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def dashboards() -> list[dict[str, Any]]:
    """Return every dashboard."""
    return [json.loads(file.read_text("utf-8")) for file in DASHBOARDS]


def questions() -> dict[str, str]:
    """Return every question of PromQL by where it stands."""
    found = {str(rule.get("alert") or rule["record"]): str(rule["expr"]) for rule in rules()}
    for dashboard in dashboards():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                if "expr" in target:
                    place = f"{dashboard['uid']}/{panel['title']}/{target['refId']}"
                    found[place] = target["expr"]
    return found


def metrics_of(promql: str) -> set[str]:
    """Return the metrics that a question names."""
    bare = GROUPING.sub(" ", RANGE.sub(" ", SELECTOR.sub(r"\g<name> ", STRING.sub('""', promql))))
    bare = re.sub(r"\boffset\s+\w+", " ", bare)
    return {word for word in WORD.findall(FUNCTION.sub("(", bare)) if word not in KEYWORDS}


def labels_of(promql: str) -> dict[str, set[str]]:
    """Return the labels by which a question chooses among series, for each metric it names."""
    found: dict[str, set[str]] = {}
    for selector in SELECTOR.finditer(STRING.sub('""', promql)):
        labels = set(MATCHER.findall(selector["matchers"]))
        found.setdefault(selector["name"], set()).update(labels)
    return found


def grouped_by(promql: str) -> set[str]:
    """Return the labels by which a question groups."""
    groups = GROUPING.findall(STRING.sub('""', promql))
    return {label.strip() for group in groups for label in group.split(",") if label.strip()}
