"""Where the processor's time goes: what each process of the system used while something ran."""

from collections import defaultdict
from collections.abc import Mapping

import psutil

DATABASES = ("membership", "events", "resources", "reporting")
MICROSECONDS = 1_000_000
POSTGRES = "postgres"


class ProcessorWatch:
    """What named processes have used since it was made; of PostgreSQL, by database."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        """Take what they have used so far."""
        self._pids = dict(pids)
        self._before = self._used()

    def microseconds_each(self, events: int) -> dict[str, float]:
        """Return the processor time of an event by process, the dearest first."""
        spent = {
            name: seconds - self._before.get(name, 0.0) for name, seconds in self._used().items()
        }
        return {
            name: MICROSECONDS * spent[name] / events
            for name in sorted(spent, key=spent.__getitem__, reverse=True)
            if spent[name] > 0
        }

    def _used(self) -> Mapping[str, float]:
        used: defaultdict[str, float] = defaultdict(float)
        for name, pid in self._pids.items():
            process = psutil.Process(pid)
            used[name] += _seconds(process)
            for child in process.children() if name == POSTGRES else ():
                used[_part_of(child)] += _seconds(child)
        return used


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # a connection that was closed just now
    return float(times.user + times.system)


def _part_of(child: psutil.Process) -> str:
    """Return what a child belongs to: it writes the database that it serves into its title."""
    try:
        words = " ".join(child.cmdline()).split()
    except psutil.NoSuchProcess:
        return POSTGRES
    served = next((database for database in DATABASES if database in words), None)
    return f"{POSTGRES} for {served}" if served else POSTGRES
