"""Starts membership, or does an errand: `python -m services.membership [migrate | erase]`."""

from services.membership.migrations import MIGRATIONS
from shared.starting import main

ERRANDS = {"erase": "shared.erasing.errand:erase"}

if __name__ == "__main__":
    main("membership", MIGRATIONS, ERRANDS)
