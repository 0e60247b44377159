"""A code that logs a browser in works once, for some minutes, and is never written down."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.login_codes import VALID_FOR, make_code, spend_code

NOW = datetime.now(UTC)


def test_a_code_stands_for_its_token_once(tmp_path: Path) -> None:
    code = make_code(tmp_path, "secret", NOW)

    assert spend_code(tmp_path, code, NOW) == "secret"
    assert spend_code(tmp_path, code, NOW) is None


def test_of_many_who_spend_a_code_at_once_one_gets_the_token(tmp_path: Path) -> None:
    code = make_code(tmp_path, "secret", NOW)

    with ThreadPoolExecutor(8) as many:
        got = list(many.map(lambda _: spend_code(tmp_path, code, NOW), range(64)))

    assert [each for each in got if each is not None] == ["secret"]


def test_a_code_that_is_too_old_stands_for_nothing_and_its_file_goes(tmp_path: Path) -> None:
    code = make_code(tmp_path, "secret", NOW)

    assert spend_code(tmp_path, code, NOW + VALID_FOR) is None
    assert list(tmp_path.iterdir()) == []


def test_a_code_that_nobody_spends_goes_when_another_is_made(tmp_path: Path) -> None:
    make_code(tmp_path, "secret", NOW)
    [forgotten] = tmp_path.iterdir()

    make_code(tmp_path, "secret", NOW + VALID_FOR + timedelta(minutes=1))

    assert not forgotten.exists()


@pytest.mark.parametrize("code", ["", "wrong", "../secret", "/etc/passwd", "c" * 1_000, "\0"])
def test_anything_else_stands_for_nothing(tmp_path: Path, code: str) -> None:
    make_code(tmp_path, "secret", NOW)
    assert spend_code(tmp_path, code, NOW) is None


def test_the_file_of_a_code_is_private_and_does_not_hold_it(tmp_path: Path) -> None:
    code = make_code(tmp_path, "secret", NOW)

    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert code not in file.name + file.read_text()
