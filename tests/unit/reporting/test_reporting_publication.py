"""The rules of publishing: numbers without a gap, a reason for each revision, nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.reporting.domain.publication import DECIDER, Publish, stream_of
from shared.contracts.messages.reporting import PublishReport
from shared.contracts.reporting import ReportPublished
from shared.errors import Refused

FIRST = datetime(2024, 4, 10, 12, tzinfo=UTC)
WHY = {"reason": "R1", "note": "The file came in"}


def publish(version: int = 1, why: dict[str, str] | None = None, **more: Any) -> Publish:
    now = FIRST + timedelta(days=version)
    return Publish(
        said=PublishReport.model_validate({"period": "2024-Q1", **(why or {})}),
        source="staff",
        id=f"request-{version}",
        occurred_at=now,
        now=now,
        version=version,
        status=more.pop("status", "provisional"),
        known_at=more.pop("known_at", now),
        sha256=f"{version:064x}",
        cells_changed=more.pop("cells_changed", 3 if version > 1 else 0),
    )


def decided(*commands: Publish) -> list[ReportPublished]:
    """What follows from these requests, one after the other."""
    facts: list[ReportPublished] = []
    for command in commands:
        facts += DECIDER.decide(command, DECIDER.state_after(facts))  # type: ignore[arg-type]
    return facts


def test_a_report_is_published_with_its_hash_its_moment_and_who_did_it() -> None:
    [fact] = decided(publish())

    assert fact == ReportPublished(
        period="2024-Q1",
        version=1,
        status="provisional",
        known_at=FIRST + timedelta(days=1),
        sha256=f"{1:064x}",
        cells_changed=0,
        published_by="staff",
    )


def test_a_revision_follows_on_the_version_before_and_says_why() -> None:
    first, second = decided(publish(), publish(2, WHY))

    assert (second.version, second.previous_sha256) == (2, first.sha256)
    assert (second.reason, second.note, second.cells_changed) == ("R1", "The file came in", 3)


@pytest.mark.parametrize("why", [{}, {"reason": "C"}, {"note": "The file came in"}])
def test_a_revision_without_reason_or_note_is_refused(why: dict[str, str]) -> None:
    with pytest.raises(Refused, match="version 2 of 2024-Q1 revises version 1: say why"):
        decided(publish(), publish(2, why))


def test_an_open_quarter_is_not_published() -> None:
    with pytest.raises(Refused, match="2024-Q1 is open still"):
        decided(publish(status="open"))


def test_a_first_version_takes_no_reason() -> None:
    with pytest.raises(Refused, match="revises nothing"):
        decided(publish(1, WHY))


@pytest.mark.parametrize("version", [1, 3])
def test_a_version_made_beside_another_one_is_refused(version: int) -> None:
    with pytest.raises(Refused, match="version 1 of 2024-Q1 was published meanwhile"):
        decided(publish(), publish(version, WHY))


def test_a_version_that_says_nothing_new_is_refused() -> None:
    with pytest.raises(Refused, match="nothing else than version 1"):
        decided(publish(), publish(2, WHY, cells_changed=0))


def test_what_is_revised_is_as_final_as_what_is_final() -> None:
    final, nothing_new = publish(status="final"), publish(2, WHY, status="revised", cells_changed=0)

    with pytest.raises(Refused, match="nothing else than version 1"):
        decided(final, nothing_new)
    assert len(decided(final, replace(nothing_new, cells_changed=1))) == 2


def test_that_a_report_is_final_now_is_new() -> None:
    [_, second] = decided(publish(), publish(2, WHY, status="revised", cells_changed=0))

    assert second.status == "revised"


def test_a_version_is_known_at_a_later_moment_than_the_one_before() -> None:
    with pytest.raises(Refused, match="known at a later moment"):
        decided(publish(), publish(2, WHY, known_at=FIRST))


def test_each_period_has_a_stream_of_its_own() -> None:
    assert stream_of("FY2024-Q2") == "publication-FY2024-Q2"
