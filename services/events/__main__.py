"""Starts events, or does an errand: `python -m services.events [migrate | erase | reapply]`."""

from services.events.migrations import MIGRATIONS
from shared.starting import main

ERRANDS = {"erase": "services.events.erasing:erase", "reapply": "services.events.erasing:reapply"}

if __name__ == "__main__":
    main("events", MIGRATIONS, ERRANDS)
