"""The summary of an import: 80 columns, and nobody named."""

from typing import Any

from shared.cli.import_state import CityAnswer
from shared.cli.import_text import Outcome, Plan, outcome_text, plan_text
from shared.cli.report_text import WIDTH, plain
from shared.contracts.values import CityReference
from shared.importing.comparing import RollChange
from shared.importing.reading import Reading

SPRINGFIELD = CityReference(name="Springfield", country="US")
ATHENS = CityReference(name="Athens", country="US", subdivision="OH")


def report(status: str = "final", **values: float) -> dict[str, Any]:
    figures = {
        name: {"value": value, "title": name.title(), "unit": "people", "status": "A"}
        for name, value in values.items()
    }
    return {"period": {"id": "2024-Q1", "also": []}, "status": status, "figures": figures}


def test_a_plan_says_what_was_read_and_what_it_would_change() -> None:
    plan = Plan(
        what="Zoom report",
        title="Safe\x1b[31m elections",
        about=[("activity", "w1: webinar, NLC")],
        reading=Reading((), 3, {"registration denied": 1}, {"registered": 2}, {"a remark": 0}),
        rows="rows",
        cities=[SPRINGFIELD, SPRINGFIELD, ATHENS],
        answers={SPRINGFIELD: CityAnswer(None, 20), ATHENS: CityAnswer("athens-oh", 0)},
        reports={"2024-Q1": report()},
        events=["tandem.events.registration_received.v1"] * 2,
        replaces="the file of yesterday: the same 2 people, told alike",
    )
    said = plain(plan_text(plan))
    assert "\x1b" not in said
    assert "3 rows, 2 used, 1 not:" in said
    assert "1 registration denied" in said
    assert "2024-Q1 (final: what changes in it is a revision)" in said
    assert "2 named, 1 known" in said
    assert "Springfield, US (named 2 times): 20 places it may mean" in said
    assert "2 events.registration_received" in said
    assert "a remark" in said
    assert all(len(line) <= WIDTH for line in said.splitlines())


def test_an_open_quarter_is_not_called_revised_by_it() -> None:
    plan = Plan("CSV", None, [], Reading((), 0), "rows", [], {}, {"q": report("open")}, [])
    assert "2024-Q1 (open)" in plain(plan_text(plan))


def outcome(**more: Any) -> str:
    said: dict[str, Any] = {
        "published": 2,
        "credential": "demo",
        "before": {"2024-Q1": report(attendance=5, registrations=9)},
        "after": {"2024-Q1": report(attendance=6, registrations=9)},
        "rejected": [],
        "waiting": [],
        "people": None,
    }
    return plain(outcome_text(Outcome(**(said | more)), "tandem"))


def test_an_outcome_shows_the_figures_that_moved_and_no_others() -> None:
    said = outcome(people=RollChange(4, 1, 0, 0))
    assert "Published 2 events as demo." in said
    assert "4 people as before, 1 added" in said
    assert "Attendance" in said
    assert "Registrations" not in said
    unmoved = report(attendance=5)
    assert "No figure moved." in outcome(before={"q": unmoved}, after={"q": unmoved})


def test_an_outcome_tells_what_was_rejected_and_what_waits() -> None:
    said = outcome(rejected=["refused: it was held"], waiting=["activity w1", "activity w1"])
    assert "1 were rejected:" in said
    assert "refused: it was held" in said
    assert "2 wait for activity w1." in said
