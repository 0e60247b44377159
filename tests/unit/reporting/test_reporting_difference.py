"""What differs between two documents, and what is hidden because it would tell of a few people."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.difference import cells, differences
from services.reporting.domain.edition import edition, hide_small_changes, hide_what_moved
from services.reporting.domain.suppression import suppressed

SHOWN_MIN = 5
COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40), min_size=2)


def document(**kinds: int | None) -> dict[str, Any]:
    """A report of one figure, one breakdown of people and one list."""
    return {
        "period": {"id": "2024-Q1"},
        "status": "final",
        "known_at": "2024-06-01T00:00:00Z",
        "notes": [],
        "figures": {
            "attendance": {
                "value": sum(each or 0 for each in kinds.values()),
                "unit": "attendances",
                "status": "A",
                "previous": 7,
                "change": None,
                "detail": {"count_only": 0},
                "titles": {"en": "Attendance"},
            }
        },
        "breakdowns": {"attendance": {"kind": dict(kinds)}},
        "suppressed": {},
        "data_quality": {"held": 2},
        "lists": {
            "cities": [{"city_id": "athens-oh", "name": "Athens"}],
            "occurrences": [],
            "theme_by_phase": {"hate": {"prevention": 1}},
        },
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        (each.path, each.to_json()["from"], each.to_json()["to"])
        for each in differences(before, after)
    ]


def test_nothing_differs_from_itself() -> None:
    assert differences(document(webinar=9), document(webinar=9)) == []


def test_a_cell_that_changed_is_named_with_both_values() -> None:
    assert changed(document(webinar=9), document(webinar=19)) == [
        ("figures.attendance.value", 9, 19),
        ("breakdowns.attendance.kind.webinar", 9, 19),
    ]


def test_a_status_that_changed_is_a_change() -> None:
    before, after = document(webinar=9), document(webinar=9)
    after["figures"]["attendance"]["status"] = "P"

    [found] = differences(before, after)
    assert (found.path, found.to_json()["status_from"], found.to_json()["status_to"]) == (
        "figures.attendance.value",
        "A",
        "P",
    )


def test_a_city_that_is_listed_now_is_one_change_and_not_one_for_each_of_its_cells() -> None:
    before, after = document(), document()
    after["lists"]["cities"].append({"city_id": "gent", "name": "Gent"})

    assert changed(before, after) == [("lists.cities.gent", None, "listed")]


def test_another_name_of_a_listed_city_is_told_in_its_cell() -> None:
    before, after = document(), document()
    after["lists"]["cities"][0]["name"] = "Athens (Ohio)"

    assert changed(before, after) == [("lists.cities.athens-oh.name", "Athens", "Athens (Ohio)")]


def test_words_around_the_numbers_are_no_cells() -> None:
    before, after = document(), document()
    after["notes"].append("Mind this.")
    after["figures"]["attendance"]["titles"]["en"] = "Attendances"

    assert differences(before, after) == []


def test_a_figure_whose_number_before_moved_is_not_revised_itself() -> None:
    first, new = published(document(webinar=9)), document(webinar=9)
    new["figures"]["attendance"]["previous"] = 8

    second, cells_changed = edition(new, [first], SHOWN_MIN, "staff", "R1", "So")

    assert [each.path for each in cells_changed] == ["figures.attendance.previous"]
    assert "revised" not in second["figures"]["attendance"]


def test_a_version_numbers_itself_tells_its_history_and_marks_what_it_revises() -> None:
    first = published(document(webinar=9))
    second, _ = edition(document(webinar=19), [first], SHOWN_MIN, "staff", "R1", "A file came")

    assert (first["version"], first["status"], second["version"], second["status"]) == (
        1,
        "final",
        2,
        "revised",
    )
    assert second["figures"]["attendance"]["revised"] is True
    assert [each["sha256"] for each in second["revisions"]] == ["hash of 1", None]
    assert second["revisions"][1] == {
        "version": 2,
        "published_on": "2024-06-01",
        "sha256": None,
        "published_by": "staff",
        "reason": "R1",
        "note": "A file came",
        "changed": ["figures.attendance.value", "breakdowns.attendance.kind.webinar"],
    }


def published(new: dict[str, Any]) -> dict[str, Any]:
    """A document as version 1, with as much of a seal as the next one looks at."""
    first, _ = edition(new, [], SHOWN_MIN, "staff", None, None)
    return {**first, "seal": {"sha256": "hash of 1"}}


def test_an_edition_leaves_the_document_it_is_made_of_as_it_was() -> None:
    first, new = published(document(webinar=9, summit=30)), document(webinar=11, summit=30)
    kept = deepcopy(new)

    edition(new, [first], SHOWN_MIN, "staff", "R1", "So")

    assert new == kept


def test_a_count_that_moved_by_one_to_four_is_hidden_with_another_of_its_sum() -> None:
    first = published(document(webinar=20, summit=30, training=40))
    new = document(webinar=22, summit=30, training=40)

    hide_small_changes(new, [first], SHOWN_MIN)

    assert new["breakdowns"]["attendance"]["kind"] == {
        "webinar": None,
        "summit": None,
        "training": 40,
    }
    assert new["suppressed"] == {"attendance": {"kind": ["webinar", "summit"]}}
    assert "moved by less than 5" in new["notes"][-1]


def test_a_count_is_held_against_every_version_that_printed_it() -> None:
    first = published(document(webinar=20, summit=30))
    hidden, _ = edition(document(webinar=22, summit=30), [first], SHOWN_MIN, "staff", "R1", "So")
    third = document(webinar=22, summit=40)

    hide_small_changes(third, [first, hidden], SHOWN_MIN)

    assert third["breakdowns"]["attendance"]["kind"] == {"webinar": None, "summit": None}


def test_a_move_of_five_or_of_none_is_printed() -> None:
    first = published(document(webinar=20, summit=30))
    new = document(webinar=25, summit=30)

    hide_small_changes(new, [first], SHOWN_MIN)

    assert new["breakdowns"]["attendance"]["kind"] == {"webinar": 25, "summit": 30}
    assert new["notes"] == []


@given(COUNTS, COUNTS)
def test_no_two_versions_together_tell_of_one_to_four_people(
    old: dict[str, int], new: dict[str, int]
) -> None:
    first, second = (
        document(
            **{
                kind: None if kind in suppressed(counts, SHOWN_MIN) else count
                for kind, count in counts.items()
            }
        )
        for counts in (old, new)
    )
    before, _ = edition(first, [], SHOWN_MIN, "staff", None, None)
    before["seal"] = {"sha256": "hash of 1"}
    hide_small_changes(second, [before], SHOWN_MIN)

    printed = first["breakdowns"]["attendance"]["kind"]
    shown = second["breakdowns"]["attendance"]["kind"]
    hidden = [kind for kind, count in shown.items() if count is None]
    for kind, count in shown.items():
        earlier = printed.get(kind, 0)
        if count is not None and earlier is not None:
            assert not 0 < abs(count - earlier) < SHOWN_MIN
    assert len(hidden) != 1 or len(shown) == 1


@given(COUNTS)
def test_every_count_of_a_breakdown_is_a_cell(counts: dict[str, int]) -> None:
    found = cells(document(**counts))

    for kind, count in counts.items():
        assert found[f"breakdowns.attendance.kind.{kind}"].value == count


@given(COUNTS, COUNTS, COUNTS)
def test_two_moments_of_choice_leave_nothing_to_subtract(
    one: dict[str, int], two: dict[str, int], now: dict[str, int]
) -> None:
    today = document(**now)
    printed = []
    for counts in (one, two):
        then = document(**counts)
        hide_what_moved(then, today, SHOWN_MIN)
        rows = then["breakdowns"]["attendance"]["kind"]
        hidden = [row for row in rows if rows[row] is None]
        assert len(hidden) != 1 or len(rows) == 1, "the sum would give it back"
        assert then["suppressed"].get("attendance", {}).get("kind", []) == hidden
        printed.append(rows)
    for row in one.keys() & two.keys():
        first, second = (rows[row] for rows in printed)
        if first and second:
            assert first == second == now[row]


def test_an_occurrence_that_moved_since_is_listed_without_its_counts() -> None:
    def listed(attendance: int) -> dict[str, Any]:
        report = document(webinar=40)
        report["lists"]["occurrences"] = [
            {
                "activity_id": activity,
                "occurrence": "1",
                "state": "held",
                "kind": "webinar",
                "organisers": "joint",
                "attendance": count,
                "attendance_status": "A",
                "registrations": None,
                "registrations_status": None,
            }
            for activity, count in (("w1", attendance), ("w2", 20), ("w3", 30))
        ]
        return report

    then = listed(12)
    hide_what_moved(then, listed(14), SHOWN_MIN)
    rows = then["lists"]["occurrences"]
    assert [row["attendance"] for row in rows] == [None, None, 30]
    assert [row["attendance_status"] for row in rows] == ["Q", "Q", "A"]

    same = listed(14)
    hide_what_moved(same, listed(14), SHOWN_MIN)
    assert same == listed(14)
