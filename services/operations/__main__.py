"""Starts operations, or migrates its tables: `python -m services.operations [migrate]`."""

from services.operations.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("operations", running, MIGRATIONS)
