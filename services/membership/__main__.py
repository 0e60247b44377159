"""Starts membership, or does an errand: `python -m services.membership [migrate | erase]`."""

from services.membership.app import MIGRATIONS, running
from shared.erasing.errand import erase
from shared.running import main

if __name__ == "__main__":
    main("membership", running, MIGRATIONS, {"erase": erase})
