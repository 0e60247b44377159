"""What a batch writes beside its facts: what is remembered, waits, is settled or rejected."""

import json

import pytest

from shared.contracts.envelope import STRUCTURED
from shared.contracts.events import OccurrenceHeld, PersonErased
from shared.contracts.messages.events import HoldActivity
from shared.decider import Command
from shared.draft import Draft, FactReference, Receipt, Task, bookkeeping
from shared.queries import Statement
from shared.sift import Raw, Rejection, own, rejected
from tests.support.recording import FACT_ID, recorded
from tests.support.speaking import TUESDAY


def task(id_: str) -> Task:
    message = HoldActivity(activity_id="w1", on="2024")
    received = own(message, "crm", id_, TUESDAY)
    return Task(received, Command(message, "crm", id_, TUESDAY, TUESDAY))


def written(draft: Draft, query: str) -> list[tuple[object, ...]]:
    writes = bookkeeping(draft, lambda fact: None)
    return [values for name, values in writes if name == query]


def draft() -> Draft:
    """Return the draft of a batch in which m-1 of crm waited until now."""
    return Draft(streams={}, provided=set(), waited=frozenset({("crm", "m-1")}))


def test_what_was_done_is_remembered_with_its_facts_and_waits_no_longer() -> None:
    done = draft()
    one = FactReference("activity-w1", 3, "events.occurrence_held.v1", FACT_ID)
    done.tasks_done = [(task("m-1"), (one,)), (task("m-2"), ())]
    digest = task("m-1").received.envelope.digest
    assert written(done, "inbox") == [
        ("crm", "m-1", digest, TUESDAY, ["activity-w1"], [3]),
        ("crm", "m-2", digest, TUESDAY, [], []),
    ]
    assert written(done, "wait_no_longer") == [(["crm"], ["m-1"])]


def test_what_a_rule_forbids_waits_no_longer() -> None:
    refused = draft()
    refused.rejections = [rejected(task("m-1").received, "refused", "by a rule")]
    assert written(refused, "wait_no_longer") == [(["crm"], ["m-1"])]
    assert len(written(refused, "reject")) == 1


@pytest.mark.parametrize("reason", ["id_reused", "invalid_data", "source_mismatch"])
def test_a_bad_message_does_not_push_out_one_that_waits_under_its_id(reason: str) -> None:
    bad = draft()
    bad.rejections = [rejected(task("m-1").received, reason, "bad")]
    assert written(bad, "wait_no_longer") == []


def test_what_waits_is_kept_as_it_came() -> None:
    waiting = draft()
    waiting.waits = [(task("m-1"), "activity-w1")]
    [(source, id_, type_, needs, _, subject, headers, body, at)] = written(waiting, "wait")
    assert (source, id_, needs) == ("crm", "m-1", "activity-w1")
    assert type_ == HoldActivity.TYPE
    assert subject == "intake.crm.events.activity_held"
    assert json.loads(str(headers)) == {"content-type": STRUCTURED}
    assert (body, at) == (task("m-1").received.raw.body, TUESDAY)


def test_a_rejection_is_kept_with_its_bytes_reason_and_paths() -> None:
    kept = draft()
    came = Raw("intake.crm.events.activity_held", {"a": "b"}, b"\0\xff", TUESDAY)
    kept.rejections = [Rejection(came, "malformed", "no event", traceparent="t")]
    [row] = written(kept, "reject")
    assert row[1:6] == ("crm", None, None, "malformed", "no event")
    assert row[6:] == ("[]", came.subject, '{"a": "b"}', b"\0\xff", "t", TUESDAY)


def test_what_a_fact_brings_into_being_is_written_down() -> None:
    held, erased = OccurrenceHeld(activity_id="w1", occurrence="1"), PersonErased(person="k1")
    made = draft()
    made.entries = [recorded(held), recorded(erased)]
    statements = bookkeeping(made, lambda fact: "key" if fact is held else None)
    assert list(statements) == [Statement("provide", (["key"],))]


def test_a_repeat_of_what_is_recorded_waits_no_longer_whichever_came_first() -> None:
    repeated = draft()
    repeated.receipts = [Receipt("crm", "m-1", "duplicate")]
    assert written(repeated, "wait_no_longer") == [(["crm"], ["m-1"])]
