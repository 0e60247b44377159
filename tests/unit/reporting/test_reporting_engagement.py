"""Set arithmetic between periods: every flow adds up, for whatever sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain import engagement
from services.reporting.domain.engagement import BrokenIdentity, Flow, flow, lapsed

CITIES = st.frozensets(st.sampled_from("abcdefghij"))


@given(engaged=CITIES, before=CITIES, earlier=CITIES, gone=CITIES)
def test_what_came_less_what_went_is_the_difference_of_two_quarters(
    engaged: frozenset[str], before: frozenset[str], earlier: frozenset[str], gone: frozenset[str]
) -> None:
    flows = flow(engaged, before, earlier, gone.__contains__)

    came = len(flows.new) + len(flows.reactivated)
    went = len(flows.not_repeated) + len(flows.left)
    assert len(engaged) - len(before) == came - went
    assert sorted([*flows.new, *flows.returning, *flows.reactivated]) == sorted(engaged)
    assert sorted([*flows.returning, *flows.not_repeated, *flows.left]) == sorted(before)
    assert flows.retained <= flows.retention_base


def test_a_city_that_left_is_in_neither_side_of_retention() -> None:
    flows = flow(frozenset("ab"), frozenset("abc"), frozenset("abc"), frozenset("bc").__contains__)

    assert flows.retention_base == {"a"}
    assert flows.retained == {"a"}
    assert flows.returning == {"a", "b"}
    assert flows.left == {"c"}


def test_lapsed_cities_were_here_lately_and_neither_came_nor_left() -> None:
    assert lapsed(frozenset("a"), frozenset("abc"), frozenset("c").__contains__) == {"b"}


def test_a_report_whose_flows_do_not_add_up_is_not_made() -> None:
    nothing: frozenset[str] = frozenset()
    broken = Flow(frozenset("a"), nothing, nothing, nothing, nothing, nothing, nothing)

    with pytest.raises(BrokenIdentity, match="2 - 0 cities is not 1 came"):
        engagement._check(broken, frozenset("ab"), nothing)
