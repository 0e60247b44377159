"""Starts reporting, or runs its migrations: `python -m services.reporting [migrate]`."""

from services.reporting.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("reporting", running, MIGRATIONS)
