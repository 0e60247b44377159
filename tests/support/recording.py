"""Facts and messages as the samples hold them, and facts with a place in a ledger."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.contracts.values import Fact, Message
from shared.recorded import Recorded, members

SAMPLES = Path(__file__).parent.parent / "contract" / "samples"
TUESDAY = datetime(2024, 3, 26, 9, 0, tzinfo=UTC)
FACT_ID = UUID("0190163d-8694-7000-8000-000000000001")


def documents_of(type_: str) -> list[Any]:
    """Return the documents of a type's sample."""
    documents: list[Any] = json.loads((SAMPLES / f"{type_}.json").read_text("utf-8"))
    return documents


def facts_of(union: Any) -> list[Fact]:
    """Return a fact for every document in the samples of a union of facts."""
    return _loaded(union)


def messages_of(union: Any) -> list[Message]:
    """Return a message for every document in the samples of a union of messages."""
    return _loaded(union)


def _loaded(union: Any) -> list[Any]:
    return [
        member.model_validate_json(json.dumps(document))
        for member in members(union)
        for document in documents_of(member.TYPE)
    ]


def recorded(fact: Fact, stream: str = "city-gent", version: int = 1, **more: Any) -> Recorded:
    """Return a fact as an entry of its ledger; `more` stands in for what a test is about."""
    entry: dict[str, Any] = {
        "ledger": fact.TYPE.split(".")[0],
        "stream": stream,
        "version": version,
        "position": version,
        "fact_id": FACT_ID,
        "fact": fact,
        "occurred_at": TUESDAY,
        "recorded_at": TUESDAY,
        "source": "crm",
        "source_id": "m-1",
        **more,
    }
    return Recorded(**entry)
