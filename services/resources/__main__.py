"""Starts resources, or does an errand: `python -m services.resources [migrate | erase]`."""

from services.resources.migrations import MIGRATIONS
from shared.starting import main

ERRANDS = {"erase": "shared.erasing.errand:erase"}

if __name__ == "__main__":
    main("resources", MIGRATIONS, ERRANDS)
