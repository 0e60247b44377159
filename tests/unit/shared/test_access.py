"""Who may do what, and how the list of principals is read."""

import json
import os
from pathlib import Path

import pytest

from shared.access import Access, Action, Principal, Role, digest_of, may, may_say, scope_lacking

DEMO = Principal(name="demo", role="publisher")


class Hands:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def write(file: Path, **principals: Principal) -> None:
    file.write_text(
        json.dumps({digest_of(token): who.model_dump() for token, who in principals.items()})
    )
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def test_a_token_in_the_file_names_its_principal(tmp_path: Path) -> None:
    write(tmp_path / "tokens", secret=DEMO)
    assert Access(tmp_path / "tokens").authenticate("secret") == DEMO


@pytest.mark.parametrize("token", [None, "", "wrong", "s" * 10_000, digest_of("secret")])
def test_anything_else_names_nobody(tmp_path: Path, token: str | None) -> None:
    write(tmp_path / "tokens", secret=DEMO)
    assert Access(tmp_path / "tokens").authenticate(token) is None


def test_a_revoked_token_is_refused_a_second_later(tmp_path: Path) -> None:
    hands = Hands()
    write(tmp_path / "tokens", secret=DEMO)
    access = Access(tmp_path / "tokens", hands)
    write(tmp_path / "tokens", other=DEMO)
    assert access.authenticate("secret") == DEMO  # not looked at again within the second
    hands.now += 1.1
    assert access.authenticate("secret") is None
    assert access.authenticate("other") == DEMO


def test_a_new_token_works_at_once(tmp_path: Path) -> None:
    write(tmp_path / "tokens", secret=DEMO)
    access = Access(tmp_path / "tokens", Hands())
    assert access.authenticate("new") is None
    write(tmp_path / "tokens", secret=DEMO, new=DEMO)
    assert access.authenticate("new") == DEMO


def test_an_unreadable_file_keeps_its_principals_for_a_minute_and_no_longer(tmp_path: Path) -> None:
    hands, file = Hands(), tmp_path / "tokens"
    write(file, secret=DEMO)
    access = Access(file, hands)
    file.write_text("{half a fi")
    hands.now += 30
    assert access.authenticate("secret") == DEMO
    hands.now += 31
    assert access.authenticate("secret") is None
    write(file, secret=DEMO)
    hands.now += 2
    assert access.authenticate("secret") == DEMO


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"secret-in-plain-text": {"name": "demo", "role": "publisher"}}',
        f'{{"{digest_of("a")}": {{"name": "Not A Source", "role": "viewer"}}}}',
        f'{{"{digest_of("a")}": {{"name": "demo", "role": "root"}}}}',
    ],
)
def test_a_service_does_not_start_on_a_wrong_file_and_quotes_none_of_it(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "tokens").write_text(text)
    with pytest.raises(ValueError, match="not a list of principals") as caught:
        Access(tmp_path / "tokens")
    assert "secret-in-plain-text" not in str(caught.value)


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.COMMAND, {"publisher", "staff", "service"}),
        (Action.DECIDE, {"staff", "operator"}),
        (Action.READ, {"publisher", "viewer", "staff", "operator", "service"}),
        (Action.INSPECT, {"staff", "operator", "service"}),
        (Action.READ_LEDGER, {"operator", "service"}),
        (Action.RESOLVE_CITIES, {"operator", "service"}),
    ],
)
def test_each_role_may_do_what_the_table_says(action: Action, roles: set[str]) -> None:
    everybody = [
        Principal(name="somebody", role=role)
        for role in ("publisher", "viewer", "staff", "operator", "service")
    ]
    assert {who.role for who in everybody if may(who, action)} == roles


HELD = "tandem.events.activity_held.v1"


@pytest.mark.parametrize(
    ("services", "types", "type_", "lacking"),
    [
        (None, None, HELD, None),
        (("events",), None, HELD, None),
        (("membership",), None, HELD, "the service events"),
        (None, (HELD,), HELD, None),
        (None, (HELD,), "tandem.events.activity_held.v2", None),
        (None, (HELD,), "tandem.events.activity_held_again.v1", "the type tandem.events.activity"),
        (None, (HELD,), "tandem.events.activity_cancelled.v1", "the type tandem.events.activity_c"),
        (("events",), (HELD,), "tandem.membership.city_described.v1", "the service membership"),
        (("events",), None, "nonsense", "the service nonsense"),
        (None, (HELD,), "", "the type "),
    ],
)
def test_a_type_is_said_within_the_scope_and_else_what_lacks_is_named(
    services: tuple[str, ...] | None,
    types: tuple[str, ...] | None,
    type_: str,
    lacking: str | None,
) -> None:
    who = Principal(name="crm", role="publisher", services=services, types=types)
    assert may_say(who, type_) is (lacking is None)
    assert (scope_lacking(who, type_) or "").startswith(lacking or "")


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_whoever_may_not_command_says_nothing_whatever_the_scope(role: Role) -> None:
    assert not may_say(Principal(name="somebody", role=role, types=(HELD,)), HELD)


def test_files_of_older_and_newer_versions_are_read(tmp_path: Path) -> None:
    older = {"name": "demo", "role": "publisher"}
    newer = {"name": "crm", "role": "publisher", "services": ["events"], "quota": 5}
    tokens = {digest_of("a"): older, digest_of("b"): newer}
    (tmp_path / "tokens").write_text(json.dumps(tokens))
    access = Access(tmp_path / "tokens")
    assert access.authenticate("a") == DEMO
    scoped = Principal(name="crm", role="publisher", services=("events",))
    assert access.authenticate("b") == scoped
