"""Starts the gateway, which owns no table: `python -m services.gateway`."""

from shared.starting import main

if __name__ == "__main__":
    main("gateway")
