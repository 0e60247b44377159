"""Starts events, or does an errand: `python -m services.events [migrate | erase | reapply]`."""

from services.events.app import MIGRATIONS, running
from services.events.erasing import erase, reapply
from shared.running import main

if __name__ == "__main__":
    main("events", running, MIGRATIONS, {"erase": erase, "reapply": reapply})
