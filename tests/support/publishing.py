"""What a publisher may rely on at each door alike."""

import pytest

from shared.client import Event, Publisher, Rejected
from tests.support.telling import registered


async def assert_a_used_id_is_told_from_the_first(publisher: Publisher) -> None:
    """Say something under an id, another thing under the same, and the first once more."""
    first = Event.parse(registered("gent", "one"))
    assert (await (await publisher.publish(first)).recorded(seconds=20)).facts
    other = Event.parse(registered("gent", "one", name="Gand"))
    with pytest.raises(Rejected, match="id_reused"):
        await (await publisher.publish(other)).recorded(seconds=20)
    assert (await (await publisher.publish(first)).recorded(seconds=20)).facts
