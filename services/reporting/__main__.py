"""Starts reporting, or does an errand: `python -m services.reporting [migrate | rebuild]`."""

from services.reporting.migrations import APART, MIGRATIONS
from shared.starting import main

ERRANDS = {"rebuild": "services.reporting.rebuilding:rebuild"}

if __name__ == "__main__":
    main("reporting", MIGRATIONS, ERRANDS, APART)
