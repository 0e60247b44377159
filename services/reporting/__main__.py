"""Starts reporting, or does an errand: `python -m services.reporting [migrate | rebuild]`."""

from services.reporting.app import APART, MIGRATIONS, running
from services.reporting.rebuilding import rebuild
from shared.running import main

if __name__ == "__main__":
    main("reporting", running, MIGRATIONS, {"rebuild": rebuild}, APART)
