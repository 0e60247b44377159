"""Python `eventsourcing` on PostgreSQL, by its own recorder; a process of its own.

Where the database is, the PG… variables say. Prints one JSON line: events a second of each round,
appended singly, in tens and in thousands, and read back.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

READ_EVENTS = 1_000


def rate(count: int, append: Callable[[int], object], seconds: float) -> float:
    """Return events a second when appended `count` at a time."""
    started = time.perf_counter()
    written = 0
    while time.perf_counter() - started < seconds:
        append(count)
        written += count
    return written / (time.perf_counter() - started)


def read_back(recorder: PostgresApplicationRecorder) -> float:
    """Return events a second, reading all there are in their order."""
    started = time.perf_counter()
    read = 0
    position = 1
    while found := recorder.select_notifications(start=position, limit=READ_EVENTS):
        read += len(found)
        position = int(found[-1].id) + 1
    return read / (time.perf_counter() - started)


def main(rounds: int, seconds: float, state: bytes) -> None:
    """Measure, and print."""
    environment = os.environ
    with PostgresDatastore(
        dbname=environment["PGDATABASE"],
        host=environment["PGHOST"],
        port=environment["PGPORT"],
        user=environment["PGUSER"],
        password=environment["PGPASSWORD"],
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
        recorder.create_table()

        def append(count: int) -> None:
            stream = uuid4()
            recorder.insert_events(
                [
                    StoredEvent(stream, version, "tandem:ParticipantJoined", state)
                    for version in range(1, count + 1)
                ]
            )

        found: dict[str, list[float]] = {"single": [], "tens": [], "bulk": [], "read": []}
        for _ in range(rounds):
            found["single"].append(rate(1, append, seconds))
            found["tens"].append(rate(10, append, seconds))
            found["bulk"].append(rate(1_000, append, seconds))
            found["read"].append(read_back(recorder))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3].encode())
