"""What looks alike is one, or is not, as people say; and whatever they say they may take back."""

import pytest
from pydantic import ValidationError

from services.events.domain import activity, duplicate, person
from shared.contracts.events import (
    ActivityMerged,
    ActivityUnmerged,
    DuplicateDismissed,
    DuplicateReopened,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
)
from shared.contracts.messages.events import (
    DismissDuplicate,
    ErasePerson,
    GiveHelp,
    MergeActivity,
    MergePerson,
    ReopenDuplicate,
    UnmergeActivity,
    UnmergePerson,
)
from shared.contracts.values import CityReference
from shared.errors import Refused
from tests.support.deciding import given

MERGED = ActivityMerged(activity_id="w9", into="w1")
ONE_PERSON = PersonMerged(person="k2", into="k1")
DISMISSED = DuplicateDismissed(kind="activities", first="w1", second="w9", reason="two audiences")


def test_an_activity_counts_as_another_one_and_saying_it_twice_changes_nothing() -> None:
    merge = MergeActivity(activity_id="w9", into="w1")

    assert given(activity.DECIDER).when(merge) == [MERGED]
    assert given(activity.DECIDER, MERGED).when(merge) == []


def test_an_activity_is_merged_into_one_other_only() -> None:
    with pytest.raises(Refused, match="w9 is merged into w1: unmerge it first"):
        given(activity.DECIDER, MERGED).when(MergeActivity(activity_id="w9", into="w2"))


def test_a_merge_is_taken_back_with_what_it_was_merged_into_and_may_be_said_again() -> None:
    unmerge = UnmergeActivity(activity_id="w9", reason="two audiences")
    unmerged = ActivityUnmerged(activity_id="w9", into="w1", reason="two audiences")

    assert given(activity.DECIDER, MERGED).when(unmerge) == [unmerged]
    assert given(activity.DECIDER, MERGED, unmerged).when(unmerge) == []
    again = MergeActivity(activity_id="w9", into="w1")
    assert given(activity.DECIDER, MERGED, unmerged).when(again) == [MERGED]


def test_a_key_counts_as_another_until_that_is_taken_back() -> None:
    merge, unmerge = MergePerson(person="k2", into="k1"), UnmergePerson(person="k2")
    unmerged = PersonUnmerged(person="k2", into="k1")

    assert given(person.DECIDER).when(merge) == [ONE_PERSON]
    assert given(person.DECIDER, ONE_PERSON).when(merge) == []
    assert given(person.DECIDER, ONE_PERSON).when(unmerge) == [unmerged]
    assert given(person.DECIDER).when(unmerge) == []
    with pytest.raises(Refused, match="k2 is merged into k1"):
        given(person.DECIDER, ONE_PERSON).when(MergePerson(person="k2", into="k3"))


def test_somebody_who_counts_as_another_is_erased_like_everybody() -> None:
    erased = PersonErased(person="k2")

    assert given(person.DECIDER, ONE_PERSON).when(ErasePerson(person="k2")) == [erased]
    assert given(person.DECIDER, ONE_PERSON, erased).when(ErasePerson(person="k2")) == []


@pytest.mark.parametrize(("first", "second"), [("w1", "w9"), ("w9", "w1")])
def test_two_are_not_one_whoever_is_named_first(first: str, second: str) -> None:
    said = DismissDuplicate(kind="activities", first=first, second=second, reason="two audiences")

    assert given(duplicate.DECIDER).when(said) == [DISMISSED]
    assert given(duplicate.DECIDER, DISMISSED).when(said) == []


def test_a_dismissal_is_taken_back() -> None:
    reopen = ReopenDuplicate(kind="activities", first="w9", second="w1")
    reopened = DuplicateReopened(kind="activities", first="w1", second="w9")

    assert given(duplicate.DECIDER, DISMISSED).when(reopen) == [reopened]
    assert given(duplicate.DECIDER, DISMISSED, reopened).when(reopen) == []
    assert given(duplicate.DECIDER).when(reopen) == []


def test_a_duplicate_does_not_take_what_is_said_to_others() -> None:
    said = GiveHelp(city=CityReference(city_id="gent"), network="SCN", on="2024")
    with pytest.raises(TypeError, match="GiveHelp is not a command for a duplicate"):
        given(duplicate.DECIDER).when(said)


@pytest.mark.parametrize("kind", [MergeActivity, MergePerson, DismissDuplicate, ReopenDuplicate])
def test_nothing_is_a_duplicate_of_itself(kind: type) -> None:
    merges: dict[type, dict[str, str]] = {
        MergeActivity: {"activity_id": "w1", "into": "w1"},
        MergePerson: {"person": "k1", "into": "k1"},
    }
    pair = {"kind": "people", "first": "k1", "second": "k1", "reason": "no"}
    with pytest.raises(ValidationError, match=r"itself|themselves|the same as first"):
        kind(**merges.get(kind, pair))
