"""Starts operations, or migrates its tables: `python -m services.operations [migrate]`."""

from services.operations.migrations import MIGRATIONS
from shared.starting import main

if __name__ == "__main__":
    main("operations", MIGRATIONS)
