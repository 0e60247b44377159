"""Starts events, or runs its migrations: `python -m services.events [migrate]`."""

from services.events.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("events", running, MIGRATIONS)
