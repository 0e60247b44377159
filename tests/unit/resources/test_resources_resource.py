"""A work comes out, has editions, is shared with a network, and may be withdrawn."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.resources.domain.resource import DECIDER
from shared.contracts.messages.resources import (
    DownloadResource,
    PublishEdition,
    PublishResource,
    ShareResource,
    WithdrawResource,
)
from shared.contracts.resources import (
    EditionPublished,
    ResourcePublished,
    ResourceShared,
    ResourceWithdrawn,
)
from shared.contracts.values import Network
from shared.errors import Refused
from tests.support.deciding import TUESDAY, assert_nothing_follows_twice, given

TOOLKIT: dict[str, Any] = {
    "resource_id": "toolkit",
    "title": "Toolkit",
    "kind": "toolkit",
    "publisher": "SCN",
    "on": "2024-03-01",
    "languages": ("en",),
}
PUBLISH = PublishResource(**TOOLKIT)
PUBLISHED = ResourcePublished(**TOOLKIT)
WITHDRAWN = ResourceWithdrawn(resource_id="toolkit", on="2025-01-01")


def share(on: str, network: Network = "NLC") -> ShareResource:
    return ShareResource.model_validate({"resource_id": "toolkit", "with": network, "on": on})


def shared(on: str, network: Network = "NLC") -> ResourceShared:
    return ResourceShared(resource_id="toolkit", shared_with=network, on=on)


def edition(**more: Any) -> PublishEdition:
    return PublishEdition(resource_id="toolkit", on="2024-06", **more)


def withdraw(on: str) -> WithdrawResource:
    return WithdrawResource(resource_id="toolkit", on=on)


def test_a_work_comes_out_with_all_that_was_said() -> None:
    more: dict[str, Any] = {"themes": ("hate",), "url": "https://strongcities.example/toolkit"}
    [fact] = given(DECIDER).when(PublishResource(**TOOLKIT, **more))
    assert fact == ResourcePublished(**TOOLKIT, **more)


def test_a_work_that_came_out_already_changes_nothing_by_coming_out() -> None:
    assert given(DECIDER, PUBLISHED).when(PUBLISH) == []


def test_its_publisher_may_describe_a_work_anew() -> None:
    retitled = PUBLISH.model_copy(update={"title": "Toolkit for mayors"})
    [fact] = given(DECIDER, PUBLISHED).when(retitled)
    assert fact == PUBLISHED.model_copy(update={"title": "Toolkit for mayors"})


def test_nobody_else_publishes_the_same_work() -> None:
    with pytest.raises(Refused, match="toolkit was published by SCN"):
        given(DECIDER, PUBLISHED).when(PUBLISH.model_copy(update={"publisher": "NLC"}))


def test_a_translation_and_a_revision_are_editions() -> None:
    facts = given(DECIDER, PUBLISHED).when(edition(language="fr"), edition(version="2"))
    assert facts == [
        EditionPublished(resource_id="toolkit", on="2024-06", language="fr"),
        EditionPublished(resource_id="toolkit", on="2024-06", version="2"),
    ]


def test_the_same_edition_told_twice_is_one_whatever_came_in_between() -> None:
    french, second = edition(language="fr"), edition(version="2")
    assert len(given(DECIDER, PUBLISHED).when(french, second, french)) == 2


def test_a_work_is_shared_with_each_network_by_itself() -> None:
    facts = given(DECIDER, PUBLISHED).when(share("2024-04-01"), share("2024-05-01", "SCN"))
    assert facts == [shared("2024-04-01"), shared("2024-05-01", "SCN")]


@pytest.mark.parametrize("on", ["2024-04-01", "2024-04-02", "2025"])
def test_a_work_shared_since_earlier_is_not_shared_again(on: str) -> None:
    assert given(DECIDER, PUBLISHED, shared("2024-04-01")).when(share(on)) == []


def test_a_work_that_was_shared_even_earlier_is_corrected() -> None:
    earlier = given(DECIDER, PUBLISHED, shared("2024-04-01")).and_then(share("2024-03-15"))
    assert earlier.state.shares == {"NLC": "2024-03-15"}
    assert earlier.when(share("2024-04-01")) == []


def test_a_work_is_withdrawn() -> None:
    assert given(DECIDER, PUBLISHED).when(withdraw("2025-01-01")) == [WITHDRAWN]


def test_a_work_withdrawn_twice_on_the_same_day_is_withdrawn_once() -> None:
    assert given(DECIDER, PUBLISHED, WITHDRAWN).when(withdraw("2025-01-01")) == []


def test_a_work_is_not_withdrawn_on_another_day() -> None:
    with pytest.raises(Refused, match="toolkit was withdrawn on 2025-01-01 already"):
        given(DECIDER, PUBLISHED, WITHDRAWN).when(withdraw("2025-02-01"))


def test_a_work_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="DownloadResource is not a command for a resource"):
        given(DECIDER).when(DownloadResource(resource_id="toolkit", at=TUESDAY))


DATES = st.sampled_from(["2024", "2024-03", "2024-03-15", "2025-01-01"])
SAID = st.one_of(
    st.builds(share, DATES, st.sampled_from(["NLC", "SCN"])),
    st.builds(withdraw, DATES),
    st.builds(
        edition, language=st.sampled_from([None, "fr"]), version=st.sampled_from([None, "2"])
    ),
    st.builds(
        lambda title, publisher: PUBLISH.model_copy(
            update={"title": title, "publisher": publisher}
        ),
        st.sampled_from(["Toolkit", "Toolkit for mayors"]),
        st.sampled_from(["SCN", "NLC"]),
    ),
)


@for_all(st.lists(SAID, max_size=12))
def test_whatever_is_said_of_a_work_nothing_follows_twice(said: list[object]) -> None:
    assert_nothing_follows_twice(DECIDER, [], said)
