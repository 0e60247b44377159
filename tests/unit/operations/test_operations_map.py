"""The map of services: callers to the left, each neighbour once, no line without its call."""

from hypothesis import given
from hypothesis import strategies as st

from services.operations.domain.neighbours import BOX_HEIGHT, Call, Map, map_of


def call(caller: str, called: str, errors: int = 0, way: str = "call") -> Call:
    return Call(caller, called, way, count=3, errors=errors, duration=300)


def across(found: Map) -> dict[str, int]:
    return {node.name: node.x for node in found.nodes}


def test_who_calls_stands_left_of_who_is_called() -> None:
    found = map_of(
        [
            call("gateway", "events", way="messages"),
            call("events", "reporting", way="messages"),
            call("events", "membership"),
        ]
    )
    x = across(found)
    assert x["gateway"] < x["events"] < x["reporting"] == x["membership"]


def test_messages_say_which_way_is_forward_where_questions_go_back() -> None:
    there, back = call("events", "reporting", way="messages"), call("reporting", "events")
    x = across(map_of([back, there]))
    assert x["events"] < x["reporting"]


def test_two_that_call_each_other_have_a_line_for_each_way() -> None:
    found = map_of([call("events", "membership"), call("membership", "events")])
    assert len(found.edges) == 2
    assert found.edges[0].path != found.edges[1].path


def test_a_neighbour_whose_calls_failed_is_marked() -> None:
    found = map_of([call("events", "membership", errors=2), call("events", "reporting")])
    failed = {node.name: node.errors for node in found.nodes}
    assert failed == {"events": 0, "membership": 2, "reporting": 0}


def test_who_calls_nobody_is_on_the_map_too() -> None:
    assert [node.name for node in map_of([], ["gateway"]).nodes] == ["gateway"]


def test_nothing_makes_an_empty_map() -> None:
    assert map_of([]).nodes == ()


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=20))
def test_whoever_calls_whom_boxes_do_not_overlap_and_stand_on_the_map(
    pairs: list[tuple[str, str]],
) -> None:
    found = map_of([call(*pair) for pair in set(pairs)])
    places = [(node.x, node.y) for node in found.nodes]
    assert len(set(places)) == len(places)
    for node in found.nodes:
        assert 0 < node.x < found.width
        assert 0 < node.y < found.height
        for other in found.nodes:
            if other is not node and other.x == node.x:
                assert abs(other.y - node.y) >= BOX_HEIGHT
