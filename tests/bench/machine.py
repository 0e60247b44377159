"""On what it was measured: figures mean little without it, so it stands above every table."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from shared.embedded import nats, postgres


def describe() -> dict[str, str]:
    """Return cores, processor, memory, kernel and versions; nothing that names the machine."""
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "PostgreSQL": _said(str(postgres.binaries() / "postgres"), "--version"),
        "NATS": _said(nats.executable(), "--version"),
        "FastStream": version("faststream"),
    }


def _processor() -> str:
    """Return the processor's own name, where the system tells it."""
    file = Path("/proc/cpuinfo")
    found = (
        re.search(r"^model name\s*:\s*(.+)$", file.read_text(), re.MULTILINE)
        if file.exists()
        else None
    )
    return found[1].strip() if found else platform.processor() or platform.machine()


def _said(program: str, option: str) -> str:
    """Return the version in what a program says of itself."""
    told = subprocess.run((program, option), capture_output=True, text=True, check=True).stdout
    found = re.search(r"v?(\d+(?:\.\d+)+)", told)
    return found[1] if found else told.strip()
