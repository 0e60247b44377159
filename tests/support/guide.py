"""A guide whose commands are run, and whose printed output is what they print.

A step is a block of shell with one command, and the block of text behind it. Written anew, after a
change of what commands print, by `python -m tests.support.guide docs/importing.md`.
"""

import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.real_processes import real_processes

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"(```sh\n(?P<command>[^`]+?)\n```\n\n```text\n)(?P<output>.*?)(\n?```\n)", re.DOTALL
)
MOMENT = re.compile(r"\d\d \w{3} \d{4}, \d\d:\d\d UTC")
COMMAND_SECONDS_MAX = 120


@dataclass(frozen=True)
class Step:
    """A command of the guide, and what it prints there."""

    command: str
    output: str


def steps(text: str) -> list[Step]:
    """Return the steps of a guide."""
    return [Step(found["command"], found["output"]) for found in STEP.finditer(text)]


def plain(output: str) -> str:
    """Return output without the moments in it, and without space at the ends of lines."""
    lines = [line.rstrip() for line in MOMENT.sub("01 Apr 2024, 09:00 UTC", output).splitlines()]
    return "\n".join(lines).strip()


async def printed(command: str, data: Path) -> str:
    """Return what a command prints, run in the repository against the system of a directory."""
    _, *arguments = shlex.split(command.replace("\\\n", " "))
    program = Path(sys.executable).parent / "tandem"
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        "--data",
        data,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS_MAX)
    return plain(said.decode())


async def walked(text: str, data: Path) -> AsyncIterator[tuple[Step, str]]:
    """Yield each step of a guide with what its command prints now."""
    for step in steps(text):
        yield step, await printed(step.command, data)


async def rewritten(text: str) -> str:
    """Return a guide with the outputs of today, of a system of its own."""
    async with real_processes() as real:
        outputs = [said async for _, said in walked(text, real.system.servers.directory.root)]
    following = iter(outputs)
    return STEP.sub(lambda found: f"{found[1]}{next(following)}\n```\n", text)


if __name__ == "__main__":
    guide = Path(sys.argv[1])
    guide.write_text(asyncio.run(rewritten(guide.read_text("utf-8"))))
