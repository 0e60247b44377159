"""Identifiers are what the library would make, and what the driver would store."""

from itertools import islice
from uuid import UUID, uuid4

import pytest

from shared.identifiers import DRAWN_AT_ONCE, id_of, new_ids


def test_new_identifiers_are_random_uuids_and_never_the_same() -> None:
    made = list(islice(new_ids(), 2 * DRAWN_AT_ONCE + 1))
    assert len(set(made)) == len(made)
    for each in made:
        assert isinstance(each, UUID)
        assert UUID(str(each)).version == 4
        assert UUID(str(each)).variant == uuid4().variant


def test_an_identifier_is_read_back_from_its_text() -> None:
    made = uuid4()
    assert id_of(str(made)) == made
    with pytest.raises(ValueError, match="invalid UUID"):
        id_of("no identifier")
