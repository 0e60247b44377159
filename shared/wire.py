"""A recorded fact on the wire: a structured CloudEvent on `facts.<service>.<noun>.<id>.<name>`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.envelope import STRUCTURED
from shared.identifiers import id_of
from shared.publishing import Outgoing
from shared.recorded import Recorded, facts_by_type, name_of
from shared.upcasting import read

FACT_TYPE_PREFIX = "tandem.facts."
DATA = b',"data":'
"""What parts a fact's attributes from its data: within a JSON string it cannot stand like this."""


def subject_of(stream: str, fact_type: str) -> str:
    """Return the subject: `facts.membership.city.athens-oh.city_registered`."""
    noun, _, id_ = stream.partition("-")
    return f"facts.{fact_type.split('.')[0]}.{noun}.{id_}.{name_of(fact_type)}"


def to_wire(row: Mapping[str, Any]) -> Outgoing:
    """Return the message for a row of the ledger; its message id is the fact's id.

    The fact's own JSON is set in as it stands, at the end, so publishing never parses it.
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
    return Outgoing(
        subject=subject_of(row["stream"], row["type"]),
        headers={"Nats-Msg-Id": attributes["id"], "Content-Type": STRUCTURED},
        body=b"".join((orjson.dumps(attributes)[:-1], DATA, row["data"].encode(), b"}")),
    )


def from_wire(body: bytes, facts: Any) -> Recorded:
    """Return the fact in a message of the FACTS stream.

    Raises:
        UnknownType, KeyError, ValueError: it is none of these facts.
    """
    attributes, parted, rest = body.partition(DATA)
    event = orjson.loads(attributes + b"}" if parted else body)
    data = rest[:-1] if parted else orjson.dumps(event["data"])
    fact_type = event["type"].removeprefix(FACT_TYPE_PREFIX)
    return Recorded(
        ledger=fact_type.split(".")[0],
        stream=event["subject"],
        version=event["streamversion"],
        position=event["ledgerposition"],
        fact_id=id_of(event["id"]),
        fact=read(facts_by_type(facts), fact_type, data),
        occurred_at=datetime.fromisoformat(event["time"]),
        recorded_at=datetime.fromisoformat(event["recordedat"]),
        source=event["saidby"],
        source_id=event["saidas"],
        traceparent=event.get("traceparent"),
    )
