"""Starts resources, or runs its migrations: `python -m services.resources [migrate]`."""

from services.resources.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("resources", running, MIGRATIONS)
