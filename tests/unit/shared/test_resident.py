"""What a process no longer needs goes back to the system."""

import subprocess
import sys

import pytest

HELD = """
import sys
from shared.resident import give_back_large, resident_megabytes
if sys.argv[1] == "large apart":
    give_back_large()
bytes(4_000_000)  # freed at once
kept, large, before = [], [], resident_megabytes()
for number in range(100):
    large.append(bytes(500_000))
    kept.append(bytes(2_000))
del large
print(resident_megabytes() - before)
"""
"""What is large comes and goes, and between it something small is made that stays."""


def held_megabytes(how: str) -> float:
    ran = subprocess.run(
        [sys.executable, "-c", HELD, how], capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="of the usual allocator of Linux")
def test_large_blocks_leave_no_holes_among_small_ones() -> None:
    assert held_megabytes("large apart") < 5 < held_megabytes("as it comes")
