"""Writes the dashboards into deploy/grafana/dashboards, as Grafana reads them.

python -m deploy.grafana.build
"""

import json
from pathlib import Path

from deploy.grafana.ledgers import LEDGERS
from deploy.grafana.objectives import OBJECTIVES
from deploy.grafana.panels import Dashboard, document
from deploy.grafana.pipeline import PIPELINE
from deploy.grafana.reports import REPORTS

FOLDER = Path(__file__).parent / "dashboards"
DASHBOARDS = (PIPELINE, LEDGERS, REPORTS, OBJECTIVES)


def written(dashboard: Dashboard) -> str:
    """Return the file of a dashboard."""
    return json.dumps(document(dashboard), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all of them."""
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.name}.json").write_text(written(dashboard), "utf-8")


if __name__ == "__main__":
    main()
