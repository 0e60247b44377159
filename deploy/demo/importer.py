"""Publishes the demonstration over NATS, with the `demo` credential, like any outside system.

A repeat: every event keeps its id, so each owner knows it and records nothing twice.
A crash: what a committed batch holds is durable; publish again and the rest follows.
A bad event: its owner rejects that one by itself, with the reason.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.demo.events import demo_events
from shared.client import Event, Publisher

CREDENTIAL = "demo"
ENDPOINTS = "endpoints.json"


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was published.

    Args:
        by_type: type of event -> how many.
    """

    published: int
    by_type: Mapping[str, int]


async def publish_demo(endpoints: Mapping[str, Any], console: Console | None = None) -> DemoSummary:
    """Publish every event of the demonstration, durable when this returns.

    Args:
        endpoints: what endpoints.json holds; its credential `demo` is used.
        console: where to draw a progress bar; None draws none.

    Raises:
        KeyError: the system has no credential `demo`.
        shared.client.ClientError: the broker takes none of it, or does not answer.
    """
    events = demo_events(CREDENTIAL)
    seed_file = Path(endpoints["credentials"][CREDENTIAL]["nkey_seed_file"])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with Publisher.over_nats(endpoints["nats"], CREDENTIAL, seed_file) as publisher:
        with Progress(*columns, console=console, disable=console is None) as progress:
            task = progress.add_task("publishing the demonstration", total=len(events))
            summary = await publisher.publish_many(
                map(Event.parse, events), lambda count: progress.advance(task, count), checked=True
            )
    return DemoSummary(summary.published, Counter(event["type"] for event in events))


def main() -> None:
    """Publish the demonstration to the system running in a data directory."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path(".tandem"), help="its data directory")
    console = Console()
    file = parser.parse_args().data / ENDPOINTS
    try:
        endpoints = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit(f"{file} is missing: is the system up? Start it with tandem up") from None
    summary = asyncio.run(publish_demo(endpoints, console))
    for name, count in sorted(summary.by_type.items()):
        console.print(f"{count:>5}  {name}", highlight=False)
    console.print(f"{summary.published:>5}  published", highlight=False)


if __name__ == "__main__":
    main()
