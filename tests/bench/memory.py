"""The most memory that each process held while anything was measured.

What a process has started for itself, such as the maker of files of reporting, counts with it
in a row of its own.
"""

import threading
from collections.abc import Iterator, Mapping

import psutil

EVERY_SECONDS = 0.25
MEGABYTE = 1_000_000


class MemoryWatch:
    """Looks at the resident memory of named processes, from a thread of its own."""

    def __init__(self) -> None:
        """Begin with nothing to look at."""
        self._peaks: dict[str, float] = {}
        self._processes: dict[str, psutil.Process] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)
        self._thread.start()

    def follow(self, pids: Mapping[str, int]) -> None:
        """Look at these from now on; a peak outlives its process."""
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}

    def peaks(self) -> dict[str, float]:
        """Return the highest resident memory of each so far, in MB."""
        return dict(self._peaks)

    def reset(self) -> None:
        """Forget the peaks, to see those of what follows."""
        self._peaks = {}

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for name, process in list(self._processes.items()):
                for whose, held in _resident(name, process):
                    self._peaks[whose] = max(self._peaks.get(whose, 0.0), held)


def _resident(name: str, process: psutil.Process) -> Iterator[tuple[str, float]]:
    """Yield what a process holds, and what it and its children hold together if it has any."""
    try:
        own = float(process.memory_info().rss) / MEGABYTE
        children = [child.memory_info().rss / MEGABYTE for child in process.children()]
    except psutil.NoSuchProcess:
        return  # between two starts
    yield name, own
    if children:
        yield f"{name} and its children", own + sum(children)
