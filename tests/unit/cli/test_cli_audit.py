"""What an audit and a rebuild say on the terminal."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from tandem.reporting.v1.reporting_pb2 import AuditFinding, AuditProjectionsResponse

from shared.cli.audit import finding_text, is_complete, verdict_of
from shared.cli.rebuild import FIGURES_SHOWN_MAX, _tell
from shared.embedded.catalogue import SERVICES, Ports
from shared.health import audited

OUTCOME: Mapping[str, Any] = {
    "resumed": False,
    "facts": 1_200_000,
    "seconds": 30.04,
    "locked_seconds": 0.71,
    "readers_seconds": 0.0042,
    "tables": [],
    "figures": [],
}
PASSAGE = {"table": "passage", "only_before": 2, "only_rebuilt": 1_001}


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({}, "complete"),
        ({"missing": 1}, "1 fact missing"),
        ({"missing": 2, "ahead": 1200}, "2 facts missing, 1,200 facts not in the ledger"),
        ({"different": 3}, "3 facts different"),
        ({"unavailable": "events does not answer"}, "not known: events does not answer"),
    ],
)
def test_a_verdict_counts_what_is_wrong(counts: dict[str, Any], verdict: str) -> None:
    said = AuditProjectionsResponse(ledger="events", **counts)
    assert verdict_of(said) == verdict
    assert is_complete(said) == (not counts)


def test_the_first_fact_is_named_and_cannot_drive_the_terminal() -> None:
    found = AuditFinding(
        kind="missing", stream="activity-w1", version=3, type="events.city_attended.v1",
        fact_id="f", recorded_at="2024-04-20T08:30:00+00:00", source="demo", source_id="a\x1b[2J",
    )  # fmt: skip
    assert finding_text("events", found).splitlines() == [
        "",
        "first missing in events: activity-w1 version 3",
        "  events.city_attended.v1, fact f",
        "  recorded 2024-04-20T08:30:00+00:00, said by demo as a\ufffd[2J",
    ]


@pytest.mark.parametrize(
    ("metrics", "well", "said"),
    [
        ("", True, "not compared with the ledgers yet"),
        ('tandem_audit_age_seconds{ledger="events"} 3.2', True, "complete, compared 3 s ago"),
        (
            'tandem_audit_missing{ledger="events"} 1\ntandem_audit_ahead{ledger="resources"} 2',
            False,
            "events: 1 fact missing; resources: 2 facts not in the ledger",
        ),
    ],
)
def test_status_says_what_the_auditor_knows(metrics: str, well: bool, said: str) -> None:
    assert audited(metrics)[0] == well
    assert audited(metrics)[1].startswith(said)


def test_an_honest_rebuild_says_so_in_a_sentence() -> None:
    assert told(OUTCOME).splitlines() == [
        "rebuilt from 1,200,000 facts in 30.0 s",
        "the new tables serve; the projector waited 0.7 s, readers at most 4 ms",
        "old and new tables hold the same rows, so every figure is the same",
    ]


def test_differences_are_told_by_table_and_by_figure_as_far_as_one_can_read() -> None:
    moved = {"period": "2024-Q1", "figure": "attendance", "before": 4, "rebuilt": None}
    figures = [moved] * (FIGURES_SHOWN_MAX + 2)
    text = told({**OUTCOME, "resumed": True, "tables": [PASSAGE], "figures": figures})

    assert "going on where one was broken off" in text
    assert ["passage", "2", "1,001"] in [line.split() for line in text.splitlines()]
    assert text.count("2024-Q1 attendance") == FIGURES_SHOWN_MAX
    assert text.endswith("and 2 figures more\n")


def test_rows_that_move_no_figure_are_told_as_such() -> None:
    text = told({**OUTCOME, "tables": [PASSAGE]})
    assert text.endswith("every figure of every quarter is the same\n")


@pytest.mark.parametrize("base", [None, 20_000, 4222])
def test_the_ports_of_a_running_system_are_known_from_its_endpoints(base: int | None) -> None:
    ports = Ports(base)
    grpc = {each.name: f"127.0.0.1:{ports.grpc(each)}" for each in SERVICES}
    assert Ports.of({"grpc": grpc}) == ports


def told(outcome: Mapping[str, Any]) -> str:
    said = StringIO()
    console = Console(file=said, width=80, soft_wrap=True, highlight=False, markup=False)
    _tell(console, outcome, switched=True)
    return said.getvalue()
