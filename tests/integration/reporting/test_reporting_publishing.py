"""Publishing on a real database: versions, what changed between them, and that nothing is lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from reporting_book import Book, golden_quarter, somebody, span
from reporting_desk import Desk

from services.reporting import publishing as module
from services.reporting.domain.period import parse_period
from services.reporting.publishing import Publishing, request_to_publish
from services.reporting.reading import report
from services.reporting.signing import Signer
from shared.census import Head, Heads, Stream
from shared.contracts.messages.reporting import PublishReport
from shared.draft import Receipt
from shared.errors import NotFound, Unavailable
from shared.recorded import Recorded
from shared.sealing import canonical

QUARTER = parse_period("2024-Q1")
FIRST = datetime(2024, 4, 10, 12, tzinfo=UTC)
SECOND = datetime(2024, 4, 21, 12, tzinfo=UTC)
WHY = {"reason": "R1", "note": "The attendance of the webinar of 31 March came in"}


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are projected here before anything is published."""
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.0)


async def publish(
    publishing: Publishing,
    id_: str = "once",
    period: str = "2024-Q1",
    by: str = "staff",
    **why: Any,
) -> Receipt:
    now = publishing._clock()
    return await publishing.publish(
        request_to_publish(PublishReport(period=period, **why), by, id_, now)
    )


def version_of(receipt: Receipt) -> int:
    assert receipt.rejection is None, receipt.rejection
    [fact] = receipt.facts
    return fact.version


async def published(publishing: Publishing, version: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(await publishing.published(QUARTER, version))
    return document


async def both_versions(desk: Desk) -> Publishing:
    """Version 1 of 10 April; the file of the second webinar on 20 April; version 2."""
    facts = golden_quarter().facts
    publishing = desk.publishing()
    await publishing.keep_keys()
    await desk.take(*facts[:-1])
    desk.now = FIRST
    assert version_of(await publish(publishing, "first")) == 1
    desk.now = SECOND
    await desk.take(facts[-1])
    assert version_of(await publish(publishing, "second", **WHY)) == 2
    return publishing


async def test_the_golden_quarter_is_published_and_revised(desk: Desk) -> None:
    publishing = await both_versions(desk)

    first, second = await published(publishing, 1), await published(publishing, 2)

    assert (first["version"], first["status"], first["known_at"]) == (
        1,
        "provisional",
        "2024-04-10T12:00:00Z",
    )
    assert (first["figures"]["cities_engaged"]["value"], first["revisions"][0]["changed"]) == (
        4,
        [],
    )
    assert second["figures"]["cities_engaged"]["value"] == 5
    assert second["figures"]["cities_engaged"]["revised"] is True
    assert "revised" not in second["figures"]["webinars_held"]
    [told_first, told_second] = second["revisions"]
    assert told_first == {**first["revisions"][0], "sha256": first["seal"]["sha256"]}
    assert told_second["published_by"] == "staff"
    assert (told_second["reason"], told_second["note"]) == ("R1", WHY["note"])
    assert "figures.cities_engaged.value" in told_second["changed"]
    assert not [cell for cell in told_second["changed"] if "webinars_held.value" in cell]


async def test_the_bytes_of_a_version_never_change_and_carry_their_hash(desk: Desk) -> None:
    publishing = desk.publishing()
    facts = golden_quarter().facts
    await desk.take(*facts[:-1])
    desk.now = FIRST
    await publish(publishing)
    before = await publishing.published(QUARTER, 1)
    desk.now = SECOND
    await desk.take(facts[-1])
    await publish(publishing, "second", **WHY)

    assert await publishing.published(QUARTER, 1) == before
    assert canonical(json.loads(before)) == before
    assert (await publishing.version(QUARTER, 1)).sha256 == json.loads(before)["seal"]["sha256"]


async def test_both_versions_are_genuine_and_one_with_another_digit_is_not(desk: Desk) -> None:
    publishing = await both_versions(desk)

    for version in (1, 2):
        content = await publishing.published(QUARTER, version)
        assert (await publishing.verify(content)).genuine
        forged = content.replace(b'"value":2040000', b'"value":2050000').replace(
            b'"value":2435000', b'"value":2445000'
        )
        assert forged != content
        assert (await publishing.verify(forged)).finding == "changed"


async def test_both_versions_are_reproduced_with_the_same_hash(desk: Desk) -> None:
    publishing = await both_versions(desk)
    desk.now = datetime(2026, 1, 1, tzinfo=UTC)

    for version in (1, 2):
        again = await publishing.reproduce(QUARTER, version)
        assert (again.equal, again.made_by, again.cells) == (True, (), ())


async def test_other_code_that_makes_the_same_of_the_facts_is_told_and_has_the_same_hash(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = await both_versions(desk)
    monkeypatch.setattr(report, "code_version", lambda: "0.2.0+of-tomorrow")

    again = await publishing.reproduce(QUARTER, 2)

    assert (again.equal, again.made_by, again.cells) == (True, ("code",), ())


async def test_a_reproduction_that_differs_names_the_cells(desk: Desk) -> None:
    publishing = await both_versions(desk)
    late = golden_quarter().on("2024-04-09T10:00").named("w1", "golden-valley-mn").facts[-1]
    await desk.take(late)

    again = await publishing.reproduce(QUARTER, 1)

    assert not again.equal
    assert "figures.cities_engaged.value" in [cell.path for cell in again.cells]


async def test_the_difference_names_each_cell_and_the_facts_that_caused_it(desk: Desk) -> None:
    publishing = await both_versions(desk)

    change = (await publishing.change(QUARTER, 1, 2)).to_json()

    cells = {each["cell"]: each for each in change["cells"]}
    assert cells["figures.cities_engaged.value"] == {
        "cell": "figures.cities_engaged.value",
        "section": "figures",
        "metric": "cities_engaged",
        "from": 4,
        "to": 5,
        "status_from": "P",
        "status_to": "A",
    }
    assert cells["figures.population_represented.value"]["to"] == 2_435_000
    assert (change["reason"], change["from"]["version"], change["to"]["version"]) == ("R1", 1, 2)
    for metric in ("cities_engaged", "attendance", "population_represented"):
        [fact] = change["causes"][metric]["arrived"]
        assert fact["type"] == "events.attendance_recorded.v1"
        assert fact["recorded_at"] == "2024-04-20T09:00:00Z"
        assert fact["stream"] == "activity-w2"
    assert "webinars_held" not in change["causes"]


async def test_the_difference_to_what_is_known_now_needs_no_second_version(desk: Desk) -> None:
    facts = golden_quarter().facts
    publishing = desk.publishing()
    await desk.take(*facts[:-1])
    desk.now = FIRST
    await publish(publishing)
    desk.now = SECOND
    await desk.take(facts[-1])

    change = (await publishing.change(QUARTER, 1, None)).to_json()

    assert change["to"] is None
    assert "figures.cities_engaged.value" in [each["cell"] for each in change["cells"]]
    assert [fact["stream"] for fact in change["causes"]["cities_engaged"]["arrived"]] == [
        "activity-w2"
    ]


async def test_a_request_that_comes_again_gets_the_version_of_then(desk: Desk) -> None:
    await desk.take(*golden_quarter().facts)
    desk.now = SECOND
    publishing = desk.publishing()

    receipts = [await publish(publishing, "once"), await publish(desk.publishing(), "once")]

    assert [receipt.outcome for receipt in receipts] == ["recorded", "duplicate"]
    assert [version_of(receipt) for receipt in receipts] == [1, 1]
    assert len(await publishing.versions(QUARTER)) == 1


async def test_an_id_used_for_another_request_is_refused(desk: Desk) -> None:
    await desk.take(*golden_quarter().facts)
    desk.now = SECOND
    publishing = desk.publishing()
    await publish(publishing, "once")

    receipt = await publish(publishing, "once", **WHY)

    assert receipt.rejection is not None
    assert receipt.rejection.reason == "id_reused"


@pytest.mark.parametrize(
    ("moment", "why", "words"),
    [
        (datetime(2024, 4, 9, 12, tzinfo=UTC), {}, "open still"),
        (FIRST, {"reason": "R1"}, "revises nothing"),
    ],
)
async def test_a_first_version_is_refused(
    desk: Desk, moment: datetime, why: dict[str, str], words: str
) -> None:
    await desk.take(*golden_quarter().facts[:-1])
    desk.now = moment

    receipt = await publish(desk.publishing(), **why)

    assert receipt.rejection is not None
    assert words in receipt.rejection.detail
    assert await desk.publishing().versions(QUARTER) == []


@pytest.mark.parametrize(
    ("why", "words"),
    [({}, "say why"), ({"reason": "R2"}, "say why"), (WHY, "nothing else than version 2")],
)
async def test_a_further_version_is_refused(desk: Desk, why: dict[str, str], words: str) -> None:
    publishing = await both_versions(desk)
    desk.now = datetime(2024, 4, 22, tzinfo=UTC)

    receipt = await publish(publishing, "third", **why)

    assert receipt.rejection is not None
    assert words in receipt.rejection.detail
    assert len(await publishing.versions(QUARTER)) == 2


async def test_what_becomes_final_is_worth_a_version_with_the_same_numbers(desk: Desk) -> None:
    publishing = await both_versions(desk)
    desk.now = datetime(2024, 5, 15, tzinfo=UTC)

    assert version_of(await publish(publishing, "third", reason="R2", note="It is final")) == 3

    third = await published(publishing, 3)
    assert (third["status"], third["revisions"][-1]["changed"]) == ("revised", [])


async def test_two_publishers_at_once_make_one_version(desk: Desk) -> None:
    await desk.take(*golden_quarter().facts)
    desk.now = SECOND

    receipts = await asyncio.gather(
        *(publish(desk.publishing(), f"of-{name}", by=name) for name in ("nlc", "scn"))
    )

    recorded = [receipt for receipt in receipts if receipt.outcome == "recorded"]
    refused = [receipt.rejection for receipt in receipts if receipt.rejection is not None]
    assert (len(recorded), len(refused)) == (1, 1)
    assert refused[0] is not None
    assert "published meanwhile" in refused[0].detail
    [version] = await desk.publishing().versions(QUARTER)
    assert version.sha256 == (await published(desk.publishing(), 1))["seal"]["sha256"]


async def test_reports_sealed_by_a_key_that_was_replaced_stay_genuine(desk: Desk) -> None:
    await both_versions(desk)
    desk.signer = Signer(bytes(32))
    publishing = desk.publishing()
    await publishing.keep_keys()

    for version in (1, 2):
        content = await publishing.published(QUARTER, version)
        assert (await publishing.verify(content)).genuine
    assert len((await publishing.keys()).documents) == 2


async def test_there_is_nothing_under_a_number_that_was_not_published(desk: Desk) -> None:
    publishing = await both_versions(desk)

    for asked in (publishing.published, publishing.version, publishing.reproduce):
        with pytest.raises(NotFound, match="no version 3 of 2024-Q1"):
            await asked(QUARTER, 3)


class Elsewhere:
    """A ledger that holds some facts, or does not answer."""

    def __init__(self, facts: Sequence[Recorded] | None) -> None:
        self.facts = facts

    async def heads(self, after_position: int) -> AsyncIterator[Heads]:
        if self.facts is None:
            raise Unavailable("events does not answer")
        last = {fact.stream: fact for fact in self.facts}
        yield Heads([Head(each.stream, each.version, each.position) for each in last.values()], 0)

    def streams(self, after: Any) -> AsyncIterator[list[Recorded]]:
        raise AssertionError("publishing reads no facts")

    def census(self, after_stream: str = "") -> AsyncIterator[Sequence[Stream]]:
        raise AssertionError("publishing compares nothing")

    async def total(self) -> int:
        raise AssertionError("publishing counts nothing")


async def test_what_the_ledger_holds_is_projected_before_anything_is_published(desk: Desk) -> None:
    facts = golden_quarter().facts
    await desk.take(*facts[:-1])
    desk.now = SECOND
    events = Elsewhere([fact for fact in facts if fact.ledger == "events"])

    publishing = asyncio.create_task(publish(desk.publishing({"events": events})))
    done, _ = await asyncio.wait([publishing], timeout=0.3)
    assert not done
    await desk.take(facts[-1])

    assert version_of(await publishing) == 1
    assert (await published(desk.publishing(), 1))["figures"]["cities_engaged"]["value"] == 5


async def test_nothing_is_published_behind_a_ledger_that_cannot_be_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = golden_quarter().facts
    await desk.take(*facts[:-1])
    desk.now = SECOND
    monkeypatch.setattr(module, "LEVEL_SECONDS_MAX", 0.1)

    with pytest.raises(Unavailable, match="does not answer"):
        await publish(desk.publishing({"events": Elsewhere(None)}))
    with pytest.raises(Unavailable, match="on their way into reporting"):
        await publish(desk.publishing({"events": Elsewhere(facts[-1:])}))

    assert await desk.publishing().versions(QUARTER) == []


def of_people(*counts: tuple[str, int]) -> Book:
    """A quarter with webinars of these organisers and so many people each."""
    book = Book().on("2024-02-01T09:00")
    for number, (organiser, people) in enumerate(counts):
        name = f"w{number}"
        day = f"2024-03-{number + 1:02}"
        book.webinar(name, f"{day}T14:00", organisers=[organiser]).held(name, f"{day}T14:00")
        book.roll(name, *_people(name, day, people))
    return book


def _people(name: str, day: str, count: int) -> list[Any]:
    whole = span(day, "14:00", "15:00")
    return [somebody(f"{name}-p{each}", None, whole) for each in range(count)]


async def test_a_count_that_moved_by_two_people_is_not_printed_nor_told_by_its_sum(
    desk: Desk,
) -> None:
    book = of_people(("NLC", 20), ("SCN", 30), ("other:x", 40))
    before = len(book.facts)
    book.on("2024-04-12T09:00").roll("w0", *_people("w0", "2024-03-01", 22), file_hash="sha256:two")
    publishing = desk.publishing()
    await desk.take(*book.facts[:before])
    desk.now = FIRST
    await publish(publishing, "first")
    await desk.take(*book.facts[before:])
    desk.now = SECOND
    await publish(publishing, "second", **WHY)

    first, second = await published(publishing, 1), await published(publishing, 2)

    shown = first["breakdowns"]["attendance"]["organisers"]
    assert shown == {"NLC": 20, "SCN": 30, "other": 40, "joint": 0}
    assert second["figures"]["attendance"]["value"] == 92
    hidden = second["breakdowns"]["attendance"]["organisers"]
    assert hidden == {"NLC": None, "SCN": None, "other": 40, "joint": 0}
    assert second["suppressed"]["attendance"]["organisers"] == ["NLC", "SCN"]
    rows = {row["activity_id"]: row for row in second["lists"]["occurrences"]}
    assert [rows[name]["attendance"] for name in ("w0", "w1", "w2")] == [None, None, 40]
    assert [rows[name]["attendance_status"] for name in ("w0", "w1", "w2")] == ["Q", "Q", "A"]
    assert (await publishing.reproduce(QUARTER, 2)).equal
