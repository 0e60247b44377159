"""Starts resources, or does an errand: `python -m services.resources [migrate | erase]`."""

from services.resources.app import MIGRATIONS, running
from shared.erasing.errand import erase
from shared.running import main

if __name__ == "__main__":
    main("resources", running, MIGRATIONS, {"erase": erase})
