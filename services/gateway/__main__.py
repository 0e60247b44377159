"""Starts the gateway: `python -m services.gateway`."""

from services.gateway.app import MIGRATIONS, running
from shared.running import main

if __name__ == "__main__":
    main("gateway", running, MIGRATIONS)
