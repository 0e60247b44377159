"""The checks of the machine: ports, disk, limits, versions."""

import os
import platform
import resource
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.embedded.catalogue import HOST, SERVICES, Ports
from shared.embedded.doctor.finding import Check, Said, fail, ok, warn
from shared.embedded.nats import CONNECTIONS_MAX

GIGABYTE = 1_000_000_000
FREE_BYTES_WARN, FREE_BYTES_FAIL = 5 * GIGABYTE, GIGABYTE
"""NATS keeps up to 3 GB of messages, and PostgreSQL 1 GB of its log."""
FREE_INODES_WARN, FREE_INODES_FAIL = 0.1, 0.02
OPEN_FILES_WARN, OPEN_FILES_FAIL = 2 * CONNECTIONS_MAX, 512
PYTHON_MIN = (3, 11)
GLIBC_MIN = (2, 28)
"""What the wheels of PostgreSQL and NATS are built for (manylinux_2_28)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen of the machine.

    Args:
        taken_ports: those that Tandem wants and somebody else has, with what they are for; empty
            while Tandem itself has them.
        free_bytes, disk_bytes: of the disk of the data directory.
        free_inodes, inodes: of its file system; none where it has no limit.
        open_files_max: how many files a process may hold open.
        python: its version.
        libc: its name and version; the name is not glibc on macOS and on musl.
    """

    taken_ports: Mapping[str, int]
    free_bytes: int
    disk_bytes: int
    free_inodes: int
    inodes: int
    open_files_max: int
    python: tuple[int, int, int]
    libc: tuple[str, tuple[int, ...]]


def look_at_machine(root: Path, ports: Ports, *, runs: bool) -> Machine:
    """Gather what the checks of the machine judge."""
    there = next(path for path in (root, *root.parents) if path.exists())
    disk, files = shutil.disk_usage(there), os.statvfs(there)
    name, version = platform.libc_ver()
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    major, minor, patch = platform.python_version_tuple()
    wanted = {} if runs else ports.named(SERVICES)
    return Machine(
        taken_ports={purpose: port for purpose, port in wanted.items() if _is_taken(port)},
        free_bytes=disk.free,
        disk_bytes=disk.total,
        free_inodes=files.f_favail,
        inodes=files.f_files,
        open_files_max=soft,
        python=(int(major), int(minor), int(patch.split("+")[0].split("rc")[0])),
        libc=(name, tuple(int(part) for part in version.split(".") if part.isdigit())),
    )


def ports_are_free(seen: Machine) -> Said:
    """Nobody else listens where Tandem is to."""
    if not seen.taken_ports:
        return ok("nobody else has them")
    taken = ", ".join(f"{port} ({purpose})" for purpose, port in seen.taken_ports.items())
    return fail(f"taken: {taken}", "free them, or choose others with --port-base")


def disk_has_room(seen: Machine) -> Said:
    """There is room for what comes in."""
    said = f"{_gigabytes(seen.free_bytes)} of {_gigabytes(seen.disk_bytes)} are free"
    advice = "make room: NATS and PostgreSQL refuse what they cannot write"
    if seen.free_bytes < FREE_BYTES_FAIL:
        return fail(said, advice)
    return warn(said, advice) if seen.free_bytes < FREE_BYTES_WARN else ok(said)


def disk_has_inodes(seen: Machine) -> Said:
    """More files can be made: a full table of inodes looks like a full disk with room on it."""
    if seen.inodes == 0:
        return ok("the file system has no limit")
    share = seen.free_inodes / seen.inodes
    said = f"{share:.0%} of {seen.inodes:,} are free"
    advice = "remove small files from this file system (`df -i`)"
    if share < FREE_INODES_FAIL:
        return fail(said, advice)
    return warn(said, advice) if share < FREE_INODES_WARN else ok(said)


def files_may_be_opened(seen: Machine) -> Said:
    """Every connection of a sender or a reader is an open file."""
    limit = seen.open_files_max
    if limit == resource.RLIM_INFINITY:
        return ok("without limit")
    said = f"{limit:,} at once in each process"
    advice = f"raise it for whoever starts Tandem: `ulimit -n {4 * CONNECTIONS_MAX}`"
    if limit < OPEN_FILES_FAIL:
        return fail(said, advice)
    return warn(said, advice) if limit < OPEN_FILES_WARN else ok(said)


def python_is_supported(seen: Machine) -> Said:
    """Tandem runs on this Python."""
    said = ".".join(map(str, seen.python))
    if seen.python[:2] < PYTHON_MIN:
        return fail(said, f"use Python {'.'.join(map(str, PYTHON_MIN))} or later: `make setup`")
    return ok(said)


def libc_is_supported(seen: Machine) -> Said:
    """The programs of PostgreSQL and NATS that came along start here."""
    name, version = seen.libc
    if name != "glibc":
        return ok(name or "not glibc: the programs for this system are used")
    said = f"glibc {'.'.join(map(str, version))}"
    if version < GLIBC_MIN:
        wanted = ".".join(map(str, GLIBC_MIN))
        return fail(said, f"PostgreSQL's wheel needs glibc {wanted}: use a newer system")
    return ok(said)


MACHINE_CHECKS: tuple[Check[Machine], ...] = (
    ports_are_free,
    disk_has_room,
    disk_has_inodes,
    files_may_be_opened,
    python_is_supported,
    libc_is_supported,
)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _gigabytes(count: int) -> str:
    return f"{count / GIGABYTE:,.1f} GB"
