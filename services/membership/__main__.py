"""Starts membership, or runs its migrations: `python -m services.membership [migrate]`."""

from services.membership.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("membership", running, MIGRATIONS)
