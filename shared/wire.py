"""A recorded fact on the wire: a structured CloudEvent on `facts.<service>.<noun>.<id>.<name>`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.envelope import STRUCTURED
from shared.messaging import Outgoing
from shared.recorded import Recorded, facts_by_type, name_of
from shared.upcasting import read

FACT_TYPE_PREFIX = "tandem.facts."


def subject_of(stream: str, fact_type: str) -> str:
    """Return the subject: `facts.membership.city.athens-oh.city_registered`."""
    noun, _, id_ = stream.partition("-")
    return f"facts.{fact_type.split('.')[0]}.{noun}.{id_}.{name_of(fact_type)}"


def to_wire(row: Mapping[str, Any]) -> Outgoing:
    """Return the message for a row of the ledger; its message id is the fact's id.

    The fact's own JSON is set in as it stands, so publishing never parses it.
    """
    attributes = {
        "specversion": "1.0",
        "id": str(row["fact_id"]),
        "source": f"/services/{row['type'].split('.')[0]}",
        "type": FACT_TYPE_PREFIX + row["type"],
        "time": row["occurred_at"].isoformat(),
        "subject": row["stream"],
        "streamversion": row["version"],
        "ledgerposition": row["position"],
        "recordedat": row["recorded_at"].isoformat(),
        "saidby": row["source"],
        "saidas": row["source_id"],
    }
    if row["traceparent"]:
        attributes["traceparent"] = row["traceparent"]
    body = f'{json.dumps(attributes)[:-1]}, "data": {row["data"]}}}'
    return Outgoing(
        subject=subject_of(row["stream"], row["type"]),
        headers={"Nats-Msg-Id": attributes["id"], "Content-Type": STRUCTURED},
        body=body.encode(),
    )


def from_wire(body: bytes, facts: Any) -> Recorded:
    """Return the fact in a message of the FACTS stream.

    Raises:
        UnknownType, KeyError, ValueError: it is none of these facts.
    """
    event = json.loads(body)
    fact_type = event["type"].removeprefix(FACT_TYPE_PREFIX)
    return Recorded(
        ledger=fact_type.split(".")[0],
        stream=event["subject"],
        version=event["streamversion"],
        position=event["ledgerposition"],
        fact_id=UUID(event["id"]),
        fact=read(facts_by_type(facts), fact_type, json.dumps(event["data"])),
        occurred_at=datetime.fromisoformat(event["time"]),
        recorded_at=datetime.fromisoformat(event["recordedat"]),
        source=event["saidby"],
        source_id=event["saidas"],
        traceparent=event.get("traceparent"),
    )
