"""A network gives a city direct technical help."""

import pytest

from services.events.domain.assistance import DECIDER
from shared.contracts.events import HelpGiven
from shared.contracts.messages.events import AttendAsCity, GiveHelp
from shared.contracts.values import CityPointer, CityReference
from tests.support.deciding import assert_nothing_follows_twice, given

GENT = CityReference(city_id="gent")
HELP = GiveHelp(city=GENT, network="SCN", on="2024-02", what="Reviewed the plan")
GIVEN = HelpGiven(
    city=CityPointer(city_id="gent"), network="SCN", on="2024-02", what="Reviewed the plan"
)


def test_a_network_helps_a_city() -> None:
    assert given(DECIDER).when(HELP) == [GIVEN]


def test_the_same_help_told_twice_is_one() -> None:
    assert given(DECIDER, GIVEN).when(HELP) == []


@pytest.mark.parametrize("change", [{"network": "NLC"}, {"on": "2024-03"}, {"what": None}])
def test_other_help_is_another_help(change: dict[str, str | None]) -> None:
    other = HELP.model_copy(update=change)
    [fact] = given(DECIDER, GIVEN).when(other)
    assert fact == GIVEN.model_copy(update=change)
    assert_nothing_follows_twice(DECIDER, [GIVEN], [other, HELP, other])


def test_help_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="AttendAsCity is not a command for help"):
        given(DECIDER).when(AttendAsCity(activity_id="w1", city=GENT))
