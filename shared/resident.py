"""How much memory this process holds."""

import psutil

MEGABYTE = 1_000_000


def resident_megabytes() -> float:
    """Return what of this process is in memory now, in MB."""
    return float(psutil.Process().memory_info().rss) / MEGABYTE
