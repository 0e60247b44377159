"""A sender is told what to do about a message that was rejected."""

import re
from pathlib import Path

import pytest

from shared.remedies import REMEDIES, remedy

ROOT = Path(__file__).parents[3]
SIFTED = re.findall(
    r"""(?:Rejection\(raw, |reject\(\s*|rejected\(\s*\S+, )"([a-z_]+)\"""",
    "".join((ROOT / "shared" / name).read_text("utf-8") for name in ("sift.py", "execute.py")),
)
"""The codes that the way in gives, as its source has them."""


def test_every_reason_that_is_given_has_a_remedy() -> None:
    assert len(set(SIFTED)) > 5
    assert set(SIFTED) <= REMEDIES.keys()


@pytest.mark.parametrize("reason", REMEDIES)
def test_a_remedy_is_a_sentence(reason: str) -> None:
    assert remedy(reason)[0].isupper()
    assert remedy(reason).endswith(".")


def test_a_reason_of_another_release_has_none() -> None:
    assert remedy("out_of_fashion") == ""
