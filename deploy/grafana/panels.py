"""A panel and a dashboard, and the JSON by which Grafana knows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
JAEGER = {"type": "jaeger", "uid": "jaeger"}
"""The data sources that provisioning/datasources makes."""

COLUMNS = 24
HEIGHT = 8
SCHEMA = 41
"""Of the dashboard's JSON, that Grafana 12 writes; older ones are brought forward by it."""


@dataclass(frozen=True)
class Query:
    """What is asked of Prometheus.

    Args:
        promql: the question.
        legend: how a line is called, with `{{label}}` for what tells lines apart.
    """

    promql: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """A picture of some queries.

    Args:
        title: what is seen.
        meaning: what it says, and from when on it is bad.
        unit: Grafana's name of the unit.
        queries: what is drawn.
        kind: of picture: `timeseries` or `stat`.
        bad_above: from where on a value is red.
        bad_below: below what it is.
        columns: its width, of 24.
    """

    title: str
    meaning: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    bad_above: float | None = None
    bad_below: float | None = None
    columns: int = 12


@dataclass(frozen=True)
class Traces:
    """The newest traces of a service, from Jaeger."""

    title: str
    meaning: str
    service: str
    columns: int = 24
    unit: str = "short"


@dataclass(frozen=True)
class Dashboard:
    """Panels, left to right and top to bottom.

    Args:
        name: of its file; `tandem-<name>` in its address.
    """

    name: str
    title: str
    meaning: str
    panels: Sequence[Panel | Traces]


def document(dashboard: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it."""
    return {
        "uid": f"tandem-{dashboard.name}",
        "title": dashboard.title,
        "description": dashboard.meaning,
        "tags": ["tandem"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,  # one cursor for all panels
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "title": "Tandem",
                "tags": ["tandem"],
                "asDropdown": False,
                "includeVars": False,
                "keepTime": True,
            }
        ],
        "panels": list(_placed(dashboard.panels)),
    }


def _placed(panels: Sequence[Panel | Traces]) -> Iterator[dict[str, Any]]:
    column = row = 0
    for number, panel in enumerate(panels, start=1):
        if column + panel.columns > COLUMNS:
            column, row = 0, row + HEIGHT
        place = {"x": column, "y": row, "w": panel.columns, "h": HEIGHT}
        yield {"id": number, "gridPos": place, **_drawn(panel)}
        column += panel.columns


def _drawn(panel: Panel | Traces) -> dict[str, Any]:
    common = {"title": panel.title, "description": panel.meaning}
    if isinstance(panel, Traces):
        search = {"refId": "A", "queryType": "search", "service": panel.service, "limit": 20}
        return {
            **common,
            "type": "table",
            "datasource": JAEGER,
            "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
            "options": {},
            "targets": [{**search, "datasource": JAEGER}],
        }
    return {
        **common,
        "type": panel.kind,
        "datasource": PROMETHEUS,
        "fieldConfig": {"defaults": _look(panel), "overrides": []},
        "options": OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": PROMETHEUS,
                "expr": query.promql,
                "legendFormat": query.legend,
                "instant": panel.kind == "stat",
                "range": panel.kind != "stat",
            }
            for place, query in enumerate(panel.queries)
        ],
    }


OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "value_and_name",
    },
}


def _look(panel: Panel) -> dict[str, Any]:
    """Return unit and colours: what is bad is red, and a line shows from where on."""
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_above is not None:
        steps.append({"color": "red", "value": panel.bad_above})
    if panel.bad_below is not None:
        steps = [{"color": "red", "value": None}, {"color": "green", "value": panel.bad_below}]
    look: dict[str, Any] = {
        "unit": panel.unit,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        look["min"] = 0
        look["color"] = {"mode": "palette-classic"}
        look["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 5,
            "showPoints": "never",
            "thresholdsStyle": {"mode": "line" if len(steps) > 1 else "off"},
        }
    return look
